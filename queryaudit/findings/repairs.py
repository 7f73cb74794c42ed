"""The code that repairs a relation loaded row by row, by what is asked of it."""

import ast
import linecache

from queryaudit.findings.base import make_id
from queryaudit.findings.edits import Edit, longest
from queryaudit.findings.locations import Location
from queryaudit.findings.origins import Path, Queryset
from queryaudit.recording.events import AnyPlace, Kind, Place


def bring(
    queryset: Queryset, tree: list[Path], where: tuple[str, ...], at: Location | None
) -> Edit:
    """Return the change that joins or prefetches the paths of ``tree``."""
    evaluation = queryset.evaluation
    ways = queryset.ways(tree)
    crosses = any(load.alias != evaluation.alias for path in ways for load in path.loads)
    joins = all(step.kind is Kind.ONE for path in tree for step in path.steps)
    before, can_promise = "", True
    if evaluation.combinator:
        method = "prefetch_related_objects"
    elif not joins or evaluation.is_raw or crosses or any(path.is_prefetched for path in ways):
        method = "prefetch_related"
    else:
        method = "select_related"
        before, can_promise = _before_join(evaluation.deferred, tree)
    if method == "select_related":
        paths = longest(tuple(path.query_name for path in tree))
        if evaluation.joins_all:
            # Names take the place of select_related() without names.
            joined = [path.query_name for path in queryset.paths.values() if path.is_joined]
            paths = longest((*paths, *joined))
    else:
        paths = longest(tuple(path.name for path in tree))
    saves = sum(path.count for path in ways)
    key = queryset.key_column(tree)
    if key is not None and before:
        saves += key.count  # the join reads the key along with its row
    if method != "select_related":
        # One query a step and evaluation instead, of a generic key one for each model.
        saves -= sum(path.evaluations * max(1, len(path.targets)) for path in ways)
    return Edit(
        id=make_id("FX", method, tree[0].steps[0].name, *where),
        method=method,
        paths=paths,
        before=before,
        at=at,
        saves=saves if at is not None and can_promise else None,
    )


def answer(queryset: Queryset, path: Path, where: tuple[str, ...], at: Location | None) -> Edit:
    """Return the change for a figure, a narrowed set or a column of ``path``."""
    step = path.steps[-1]
    left = 0
    if path.form == "count":
        code = f'.annotate({step.query_name}_count=Count("{path.query_name}"))'
    elif path.form == "exists":
        code = f".annotate(has_{step.query_name}=Exists({_subquery(path)}))"
    elif path.form == "figure":
        code = _annotate_figure(path)
    elif path.form == "column":
        code = _load_column(queryset.evaluation.deferred, path)
    else:
        code = _prefetch_narrowed(path)
        left = path.evaluations
    return Edit(
        id=make_id("FX", path.form, path.name, *where),
        before=code,
        at=at,
        saves=None if at is None else path.count - left,
    )


def _subquery(path: Path) -> str:
    step = path.steps[-1]
    outer = "__".join([*(s.query_name for s in path.steps[:-1]), "pk"])
    return f'{step.model}.objects.filter({step.back or "..."}=OuterRef("{outer}"))'


def _annotate_figure(path: Path) -> str:
    function, _, column = path.detail.partition(":")
    function = function or "Max"
    name = f"{column or path.steps[-1].query_name}_{function.lower()}"
    source = f"{path.query_name}__{column}" if column else path.query_name
    return f'.annotate({name}={function}("{source}"))'


def _load_column(deferred: tuple[frozenset[str], bool], path: Path) -> str:
    names, are_deferred = deferred
    column = path.query_name
    if are_deferred:
        others = ", ".join(f'"{name}"' for name in sorted(names - {column}))
        return ".defer(None)" + (f".defer({others})" if others else "")
    kept = ", ".join(f'"{name}"' for name in sorted(names | {column}))
    return f".only({kept})"


def _prefetch_narrowed(path: Path) -> str:
    """Return the prefetch of a narrowed set; the loop then reads its ``to_attr``."""
    step = path.steps[-1]
    narrowing = _calls_after(path.loads[0].place, step.name) or "..."
    rows = f"{step.model}.objects{narrowing if narrowing != '...' else '.filter(...)'}"
    return (
        f'.prefetch_related(Prefetch("{path.name}", queryset={rows}, to_attr="{step.name}_read"))'
    )


def _calls_after(place: AnyPlace, name: str) -> str:
    """Return the calls after the attribute ``name`` on the line of ``place``: ``.filter(…)``."""
    if not isinstance(place, Place):
        return ""
    lines = linecache.getlines(place.code.co_filename)
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return ""
    best = ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.lineno <= place.line <= (node.end_lineno or 0):
            inner: ast.expr = node
            while isinstance(inner, ast.Call | ast.Attribute):
                if isinstance(inner, ast.Attribute) and inner.attr == name:
                    whole, start = ast.unparse(node), ast.unparse(inner)
                    best = max(best, whole.removeprefix(start), key=len)
                    break
                inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return best


def _before_join(deferred: tuple[frozenset[str], bool], tree: list[Path]) -> tuple[str, bool]:
    """Return what must stand before ``select_related``, and whether a count can be promised.

    Django refuses to join by a key that only() or defer() leaves out. only() hides
    the columns of further joined rows, too, each a query again.
    """
    names, are_deferred = deferred
    first = tree[0].steps[0].query_name
    holds_key = first in names or f"{first}_id" in names
    if are_deferred:
        if not holds_key:
            return "", True
        others = ", ".join(f'"{n}"' for n in sorted(names - {first, f"{first}_id"}))
        return ".defer(None)" + (f".defer({others})" if others else ""), True
    has_one_step = all(len(path.steps) == 1 for path in tree)
    if holds_key and has_one_step:
        return "", True
    kept = ", ".join(f'"{name}"' for name in sorted(names | {first}))
    return f".only({kept})", has_one_step
