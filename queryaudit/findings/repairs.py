"""The code that repairs a relation loaded row by row, by what is asked of it."""

import re
from dataclasses import replace

from queryaudit._compat import HAS_FETCH_MODES
from queryaudit.findings.base import make_id
from queryaudit.findings.calls import loop_names
from queryaudit.findings.edits import Edit, longest
from queryaudit.findings.locations import Location, locate_use
from queryaudit.findings.models import key_columns, model_of, related_label
from queryaudit.findings.narrowing import Narrowing, narrowing_of
from queryaudit.findings.paths import Path, Queryset
from queryaudit.recording.events import DeclaredPlace
from queryaudit.recording.rowsets import Kind

# An attribute and what is read of it: of ``a.b.c`` both ``a.b`` and ``b.c``. Not ``\w`` alone:
# names may have marks that combine with a letter, as in Devanagari.
_READ = re.compile(r"([\w\x80-\U0010ffff]+)\.(?=([\w\x80-\U0010ffff]+))")


def bring(
    queryset: Queryset, tree: list[Path], where: tuple[str, ...], at: Location | None
) -> Edit:
    """Return the change that joins or prefetches the paths of ``tree``."""
    evaluation = queryset.evaluation
    ways = queryset.ways(tree)
    crosses = any(load.alias != evaluation.alias for path in ways for load in path.loads)
    joins = all(step.kind is Kind.ONE for path in tree for step in path.steps)
    before, can_promise = "", True
    if evaluation.combinator or evaluation.is_list:
        method = "prefetch_related_objects"
    elif not joins or evaluation.is_raw or crosses or any(path.is_prefetched for path in ways):
        method = "prefetch_related"
    else:
        method = "select_related"
        before, can_promise = _before_join(evaluation.deferred, tree)
    if method == "select_related":
        paths = longest(tuple(path.query_name for path in tree))
        if evaluation.joins_all or isinstance(queryset.place, DeclaredPlace):
            # Names take the place of select_related() without names, and of what the admin joins.
            joined = [path.query_name for path in queryset.paths.values() if path.is_joined]
            paths = longest((*paths, *joined))
    else:
        paths = longest(tuple(path.name for path in tree))
    asks_more = any(path.asks_more for path in ways)
    key = queryset.key_column(tree)
    has_modes = HAS_FETCH_MODES and key is None
    if has_modes and method == "select_related" and not queryset.is_uniform:
        # Django refuses the join beside union(); a fetch mode suits all that the line serves.
        method, paths, before, can_promise = "", (), ".fetch_mode(models.FETCH_PEERS)", True
    else:
        can_promise &= queryset.is_uniform
    can_promise &= not asks_more and not any(path.is_recursive for path in ways)
    # A prefetch for one row is a query as well: it helps where the rows are read together.
    can_promise &= method == "select_related" or not (evaluation.is_chunked or queryset.is_looped)
    generic = _below_generic(tree)
    if generic and any(len(path.targets) > 1 for path in ways):
        method, paths, before, can_promise = "", (), generic, False
    saves = sum(path.count for path in ways)
    if method == "prefetch_related":  # counts of rows that are there are made in Python
        saves += sum(path.count for path in queryset.served(tree))
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


def read_key(tree: list[Path], where: tuple[str, ...]) -> Edit | None:
    """Return the change that reads the key which the row has already; None where more is read."""
    path = tree[0]
    name, key = path.steps[0].name, path.steps[0].key
    lines = [locate_use(load.place) for load in path.loads]
    if len(tree) > 1 or len(path.steps) > 1 or not key:
        return None
    # Of a key of several columns, "id" may be one.
    names = {"id", "pk"} if key.isidentifier() else {"pk"}
    for line in lines:
        read = {after for before, after in _READ.findall(line.text) if before == name}
        if not read or not read <= names:
            return None
    return Edit(
        id=make_id("FX", "key", name, *where),
        before=key,
        at=lines[0],
        saves=path.count,
    )


def answer(queryset: Queryset, path: Path, where: tuple[str, ...], at: Location | None) -> Edit:
    """Return the change for a figure, a narrowed set or a column of ``path``."""
    left = 0
    narrowing = narrowing_of(path.calls)
    # A method of the site's own may narrow in ways that the line does not show.
    narrowing.is_known &= bool(narrowing.conditions) or not path.is_narrowed
    for load in path.loads:
        narrowing.forget(loop_names(load.place))
    can_promise = queryset.is_uniform and not path.is_combined and not path.is_recursive
    if path.form == "column":
        code = (
            f"{path.query_name} among the columns of the SELECT"
            if queryset.evaluation.is_raw
            else _load_column(queryset.evaluation.deferred, path)
        )
    elif path.count > path.owners and not narrowing.is_complete:
        # A row is asked more than once, for one value after the other.
        name = f"{path.steps[-1].name}.all()"
        code = f'.prefetch_related("{path.name}")  # and compare {name} in Python'
        left = path.evaluations
    elif path.form == "narrowed" and queryset.has_prefetched(path) and _asks_all(path, narrowing):
        # Other methods than all() ask anew, whatever was prefetched.
        code = f"{path.steps[-1].name}.all() instead: the prefetch has brought it"
        at = locate_use(path.loads[0].place)
    elif path.form == "narrowed":
        code = _prefetch_narrowed(queryset, path, narrowing)
        can_promise &= narrowing.is_complete
        left = path.evaluations
    elif path.form == "count" and not narrowing.code and not _can_count(queryset, path):
        code = f'.prefetch_related("{path.name}")'  # which answers count(), too
        left = path.evaluations
    elif any(step.kind is Kind.SET for step in path.steps[:-1]):
        # It is a figure of the rows of a set, not of the queryset's own.
        inner, outer = replace(path, steps=path.steps[-1:]), path.steps[:-1]
        name = "__".join(step.name for step in outer)
        rows = f"{outer[-1].model}.objects.annotate({_figure(queryset, inner, narrowing)})"
        code = f'.prefetch_related(Prefetch("{name}", queryset={rows}))'
        can_promise = False
    else:
        can_promise &= narrowing.is_known and (path.form != "exists" or bool(path.steps[-1].back))
        code = f".annotate({_figure(queryset, path, narrowing)})"
    return Edit(
        id=make_id("FX", path.form, path.name, path.detail, path.calls, *where),
        before=code,
        at=at,
        saves=None if at is None or not can_promise else path.count - left,
    )


def _figure(queryset: Queryset, path: Path, narrowing: Narrowing) -> str:
    """Return the annotation that brings a count, an existence or another figure."""
    step = path.steps[-1]
    if path.form == "exists":
        name = free_name(queryset, path, f"has_{step.query_name}")
        return f"{name}=Exists({_subquery(path, narrowing)})"
    condition = narrowing.condition(path.query_name)
    if len(narrowing.aggregates) > 1:
        return ", ".join(
            f"{free_name(queryset, path, name)}="
            + _aggregate(queryset, path, function, column, condition)
            for name, function, column in narrowing.aggregates
        )
    function, _, column = path.detail.partition(":") if path.form == "figure" else ("Count", "", "")
    function = function or "Max"
    suffix = "count" if path.form == "count" else function.lower()
    is_distinct = narrowing.is_distinct and len(narrowing.values) == 1 and path.form == "count"
    column = narrowing.values[0] if is_distinct else column
    name = free_name(queryset, path, f"{column or step.query_name}_{suffix}")
    code = _aggregate(queryset, path, function, column, condition, is_distinct=is_distinct)
    return f"{name}={code}"


def _aggregate(
    queryset: Queryset,
    path: Path,
    function: str,
    column: str,
    condition: str,
    *,
    is_distinct: bool = False,
) -> str:
    source = f"{path.query_name}__{column}" if column else path.query_name
    arguments = f'"{source}"' + (f", filter={condition}" if condition else "")
    # Joins of two sets multiply their rows.
    if is_distinct or (function == "Count" and _counts_several(queryset)):
        arguments += ", distinct=True"
    return f"{function}({arguments})"


def _counts_several(queryset: Queryset) -> bool:
    figures = {"count", "figure"}
    sets = {path.name for path in queryset.paths.values() if path.is_loop and path.form in figures}
    return len(sets) > 1


def _can_count(queryset: Queryset, path: Path) -> bool:
    """Return whether SQL counts these rows: several sets need DISTINCT, which takes one column."""
    step = path.steps[-1]
    target = related_label(step.relation.rpartition(".")[0], step.query_name)
    return not _counts_several(queryset) or len(key_columns(target)) < 2


def free_name(queryset: Queryset, path: Path, name: str) -> str:
    """Return ``name``, or another one where the model or another edit here has that name."""
    model = model_of(path.steps[0].relation.rpartition(".")[0])
    while model is not None and hasattr(model, name):
        name = f"{name}_figure"
    queryset.given[name] = queryset.given.get(name, 0) + 1
    number = queryset.given[name]
    return name if number == 1 else f"{name}_{number}"


def _subquery(path: Path, narrowing: Narrowing) -> str:
    step = path.steps[-1]
    outer = "__".join([*(s.query_name for s in path.steps[:-1]), "pk"])
    code = narrowing.code or ("" if narrowing.is_known else ".filter(...)")
    return f'{step.model}.objects.filter({step.back or "..."}=OuterRef("{outer}")){code}'


def _load_column(deferred: tuple[frozenset[str], bool], path: Path) -> str:
    names, are_deferred = deferred
    column = path.query_name
    if are_deferred:
        others = ", ".join(f'"{name}"' for name in sorted(names - {column}))
        return ".defer(None)" + (f".defer({others})" if others else "")
    kept = ", ".join(f'"{name}"' for name in sorted(names | {column}))
    return f".only({kept})"


def _prefetch_narrowed(queryset: Queryset, path: Path, narrowing: Narrowing) -> str:
    """Return the prefetch of a narrowed set; the loop then reads its ``to_attr``."""
    step = path.steps[-1]
    if path.is_combined:
        return (
            f'.prefetch_related("{path.name}")  # and what it is combined with; combine in Python'
        )
    if _asks_all(path, narrowing):
        return f'.prefetch_related("{path.name}")  # and {step.name}.all() in the loop'
    rows = f"{step.model}.objects{narrowing.code or '.filter(...)'}"
    name = free_name(queryset, path, f"{step.name}_read")
    return f'.prefetch_related(Prefetch("{path.name}", queryset={rows}, to_attr="{name}"))'


def _asks_all(path: Path, narrowing: Narrowing) -> bool:
    """Return whether the whole set is asked for, if by another method than all()."""
    return bool(path.calls) and narrowing.is_known and not narrowing.code


def _below_generic(tree: list[Path]) -> str:
    """Return the prefetch for what lies below a generic key with rows of several models.

    A plain path would be looked for on all of them; Django refuses it where one has
    no such relation.
    """
    below: dict[str, set[str]] = {}
    name = ""
    for path in tree:
        for depth, step in enumerate(path.steps[:-1]):
            if step.kind is Kind.GENERIC:
                name = "__".join(one.name for one in path.steps[: depth + 1])
                further = path.steps[depth + 1 :]
                model = further[0].relation.split(".")[1]
                below.setdefault(model, set()).add("__".join(one.query_name for one in further))
    if not below:
        return ""
    querysets = ", ".join(
        f"{model}.objects.select_related("
        + ", ".join(f'"{path}"' for path in longest(tuple(paths)))
        + ")"
        for model, paths in sorted(below.items())
    )
    return f'.prefetch_related(GenericPrefetch("{name}", [{querysets}]))'


def _before_join(deferred: tuple[frozenset[str], bool], tree: list[Path]) -> tuple[str, bool]:
    """Return what must stand before ``select_related``, and whether a count can be promised.

    Django refuses to join by a key that only() or defer() leaves out, at any step of
    a path. only() hides the columns of further joined rows, too, each a query again.
    """
    names, are_deferred = deferred
    if not names:
        return "", True
    keys = {
        "__".join(step.query_name for step in path.steps[: depth + 1])
        for path in tree
        for depth in range(len(path.steps))
    }
    first = tree[0].steps[0].query_name
    if are_deferred:
        refused = {name for name in names if name.removesuffix("_id") in keys}
        if not refused:
            return "", True
        others = ", ".join(f'"{name}"' for name in sorted(names - refused))
        code = ".defer(None)" + (f".defer({others})" if others else "")
        return code, refused <= {first, f"{first}_id"}
    has_one_step = all(len(path.steps) == 1 for path in tree)
    if has_one_step and (first in names or f"{first}_id" in names):
        return "", True
    # A key below a row of which only some columns are read has to be named, too.
    hidden = {
        key
        for key in keys
        if "__" in key and any(n.startswith(f"{key.rpartition('__')[0]}__") for n in names)
    }
    kept = ", ".join(f'"{name}"' for name in sorted(names | {first} | hidden))
    return f".only({kept})", has_one_step
