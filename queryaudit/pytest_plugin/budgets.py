"""Write budgets into the source of tests, and leave every other character as it stands."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Budget(NamedTuple):
    """Where a test's function begins, with its first decorator: file and line."""

    path: str
    line: int


def write_budgets(budgets: Mapping[Budget, int]) -> dict[str, int]:
    """Write a marker above each function; return how many were written in each file."""
    by_file: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for budget, count in budgets.items():
        by_file[budget.path][budget.line] = count
    for path, counts in by_file.items():
        file = Path(path)
        source = file.read_bytes().decode()
        # write_text() would turn the ends of lines into those of the machine.
        file.write_bytes(with_markers(source, counts).encode())
    return {path: len(counts) for path, counts in by_file.items()}


def with_markers(source: str, counts: Mapping[int, int]) -> str:
    """Return ``source`` with a marker above each line of ``counts``, and the import it needs."""
    lines = source.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    for number in sorted(counts, reverse=True):
        line = lines[number - 1]
        indent = line[: len(line) - len(line.lstrip())]
        marker = f"{indent}@pytest.mark.queryaudit(max_queries={counts[number]}){end}"
        lines.insert(number - 1, marker)
    tree = ast.parse(source)
    if not _binds_pytest(tree):
        lines.insert(_place_of_import(tree), f"import pytest{end}")
    return "".join(lines)


def _binds_pytest(tree: ast.Module) -> bool:
    names = [
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    return "pytest" in names


def _place_of_import(tree: ast.Module) -> int:
    """Return the index of the line before which an import may stand."""
    place = 0
    for node in tree.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (is_text or is_future):
            break
        place = node.end_lineno or 0
    return place
