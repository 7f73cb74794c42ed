"""Make a printed fix in the source: put it behind the queryset that stands on a line."""

import ast
from collections.abc import Iterator

# Methods that leave the queryset or cannot be followed by select_related(): the fix goes before.
ENDS = {
    "aaggregate", "acount", "aearliest", "aexists", "afirst", "aget", "aggregate", "aiterator",
    "alast", "alatest", "count", "delete", "earliest", "exists", "first", "get", "in_bulk",
    "iterator", "last", "latest", "values", "values_list",
}  # fmt: skip
ROOTS = {"objects", "_default_manager"}


def insert(source: str, line: int, fix: str) -> str:
    """Return ``source`` with ``fix`` behind the queryset whose expression begins on ``line``.

    Raises LookupError where no queryset begins there.
    """
    tree = ast.parse(source)
    chains = [chain for chain in _chains(tree) if chain[0].lineno == line]
    if not chains:
        msg = f"no queryset begins on line {line}"
        raise LookupError(msg)
    end = _end_of_queryset(max(chains, key=len))
    lines = source.splitlines(keepends=True)
    # Columns of ast count bytes; the pieces are ASCII.
    row, column = (end.end_lineno or 0) - 1, end.end_col_offset or 0
    lines[row] = lines[row][:column] + fix + lines[row][column:]
    return "".join(lines)


def _chains(tree: ast.AST) -> Iterator[list[ast.expr]]:
    """Yield each method chain that has a manager in it or begins with a call, inside out."""
    inner: set[int] = set()
    for node in ast.walk(tree):
        if id(node) in inner or not isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
            continue
        chain: list[ast.expr] = [node]
        while below := _below(chain[0]):
            chain.insert(0, below)
            inner.add(id(below))
        names = {each.attr for each in chain if isinstance(each, ast.Attribute)}
        if names & ROOTS or (len(chain) > 2 and names & {"all", "filter", "exclude", "order_by"}):
            yield chain


def _below(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Call):
        return node.func if isinstance(node.func, ast.Attribute | ast.Name) else None
    return node.value if isinstance(node, ast.Attribute | ast.Subscript) else None


def _end_of_queryset(chain: list[ast.expr]) -> ast.expr:
    """Return the last expression of ``chain`` that is a manager or a queryset to go on with."""
    end = chain[0]
    for node in chain[1:]:
        if isinstance(node, ast.Subscript):
            return end
        if isinstance(node, ast.Attribute):
            if node.attr in ENDS:
                return end
            if node.attr in ROOTS:
                end = node
        elif isinstance(node, ast.Call):
            end = node
    return end
