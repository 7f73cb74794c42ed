"""Write budgets into the source of tests, and leave every other character as it stands."""

import ast
import inspect
import io
import tokenize
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Budget(NamedTuple):
    """A test's function: file, line of its first decorator or its ``def``, and name."""

    path: str
    line: int
    name: str


class Written(NamedTuple):
    """How many budgets were written, by file, and why some were not."""

    counts: dict[str, int]
    left_out: list[str]


def budget_of(item: Any) -> Budget | None:
    """Return where the marker of a test belongs; None where its file does not define it."""
    function = inspect.unwrap(getattr(item, "function", None))  # type: ignore[arg-type]
    code = getattr(function, "__code__", None)
    if code is None or Path(code.co_filename) != item.path:
        return None  # made by a library, or inherited from another file
    name = getattr(item, "originalname", None) or item.name
    # A decorator that does not say what it wraps shows its own function.
    if code.co_name != name or not item.path.is_relative_to(item.config.rootpath):
        return None
    return Budget(str(item.path), code.co_firstlineno, name)


def write_budgets(budgets: Mapping[Budget, int]) -> Written:
    """Write a marker above each function."""
    by_file: defaultdict[str, dict[Budget, int]] = defaultdict(dict)
    for budget, count in budgets.items():
        by_file[budget.path][budget] = count
    written = Written({}, [])
    for path, wanted in by_file.items():
        try:
            counts = _write(Path(path), wanted, written.left_out)
        except (OSError, SyntaxError, UnicodeError) as error:
            written.left_out.append(f"{path}: {error}")
        else:
            if counts:
                written.counts[path] = counts
    return written


def _write(file: Path, wanted: Mapping[Budget, int], left_out: list[str]) -> int:
    raw = file.read_bytes()
    # The cookie of a source, and its mark of order, are for Python to read.
    encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    source = raw.decode(encoding)
    begins = set(_definitions(ast.parse(source)))
    counts = {}
    for budget, count in wanted.items():
        if (budget.line, budget.name) in begins:
            counts[budget.line] = count
        else:
            left_out.append(f"{file}: no function {budget.name} begins at line {budget.line}")
    if counts:
        # write_text() would turn the ends of lines into those of the machine.
        file.write_bytes(with_markers(source, counts).encode(encoding))
    return len(counts)


def _definitions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield where each function begins, and its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.decorator_list[0] if node.decorator_list else node
            yield first.lineno, node.name


def with_markers(source: str, counts: Mapping[int, int]) -> str:
    """Return ``source`` with a marker above each line of ``counts``, and the import it needs."""
    # Lines as Python counts them: str.splitlines() breaks at form feeds as well.
    lines = io.StringIO(source, newline="").readlines()
    end = _end_of(lines[0]) if lines else "\n"
    for number in sorted(counts, reverse=True):
        line = lines[number - 1]
        indent = line[: len(line) - len(line.lstrip())]
        marker = f"{indent}@pytest.mark.queryaudit(max_queries={counts[number]})"
        lines.insert(number - 1, marker + _end_of(line, end))
    tree = ast.parse(source)
    if not _binds_pytest(tree):
        _import_pytest(tree, lines, end)
    return "".join(lines)


def _end_of(line: str, otherwise: str = "\n") -> str:
    return line[len(line.rstrip("\r\n")) :] or otherwise


def _binds_pytest(tree: ast.Module) -> bool:
    names = [
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    return "pytest" in names


def _import_pytest(tree: ast.Module, lines: list[str], end: str) -> None:
    """Insert the import: after the first imports, else after the text of the module."""
    place, is_text = 0, False
    for node in tree.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not (is_text or isinstance(node, ast.Import | ast.ImportFrom)):
            break
        place = node.end_lineno or 0
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    has_imports = bool(imports) and (imports[0].end_lineno or 0) <= place
    if not place:  # a shebang, the cookie, a licence
        while place < len(lines) and lines[place].startswith("#"):
            place += 1
    text = f"import pytest{end}"
    if not has_imports:
        before = end if place else ""
        is_followed = place < len(lines) and lines[place].strip()
        text = before + text + (end * 2 if is_followed else "")
    lines.insert(place, text)
