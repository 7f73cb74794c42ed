"""A relation asked row by row, although its rows came together.

Rule: rows that one evaluation of a queryset returned together (two or more) were
asked for a relation from one place, two or more of them. A relation below a relation
is followed to the queryset that began the path, since that is where the edit
belongs; below a set that was asked once, to the set itself.
"""

from collections import defaultdict
from collections.abc import Iterator

from queryaudit.findings import repairs
from queryaudit.findings.base import KINDS, Context, Finding, Found, make_id, within
from queryaudit.findings.declarations import declare
from queryaudit.findings.edits import Edit
from queryaudit.findings.facts import Facts
from queryaudit.findings.locations import Location, identify_use, locate_use
from queryaudit.findings.origins import climbed, loops_of
from queryaudit.findings.paths import Path, Queryset
from queryaudit.recording.events import AnyPlace, DeclaredPlace
from queryaudit.recording.rowsets import RelationLoad

_PREFIX = KINDS["n_plus_one"].prefix


def find_n_plus_one(facts: Facts, context: Context) -> list[Found]:  # noqa: ARG001
    """Return one finding for each relation that a loop asks row by row."""
    return [found for queryset in facts.querysets for found in _judge(queryset, facts.written)]


def _judge(queryset: Queryset, written: set[AnyPlace]) -> Iterator[Found]:
    at = queryset.fix_at
    cured: list[Path] = []
    for tree in queryset.trees():
        where = _where(queryset, tree[0])
        edit = repairs.read_key(tree, where) or _at_home(
            queryset, repairs.bring(queryset, tree, where, at)
        )
        key = queryset.key_column(tree)
        if key is not None and edit.before:
            cured.append(key)
            tree = [*tree, key]  # noqa: PLW2901
        if edit.method == "prefetch_related":
            served = queryset.served(tree)
            cured += served
            tree = [*tree, *served]  # noqa: PLW2901
        for path in climbed(tree):
            yield _finding(path, queryset, edit, where)
    for path in loops_of(queryset):
        # What set() and its like read before they write belongs to the writing.
        if path not in cured and not all(load.place in written for load in path.loads):
            where = _where(queryset, path)
            edit = _at_home(queryset, repairs.answer(queryset, path, where, at))
            yield _finding(path, queryset, edit, where)


def _at_home(queryset: Queryset, edit: Edit) -> Edit:
    """Return the edit as it is written where the queryset is declared."""
    place = queryset.place
    if isinstance(place, DeclaredPlace):
        return declare(edit, place, queryset.identity[0])
    return edit


def _where(queryset: Queryset, path: Path) -> tuple[str, ...]:
    if queryset.place is not None:
        return queryset.identity
    return (*queryset.identity, *identify_use(path.loads[0].place))


def candidate_ids(facts: Facts) -> set[str]:
    """Return the ids that findings of all relations which were asked would have."""
    return {
        _id(path, _where(queryset, path))
        for queryset in facts.querysets
        for path in queryset.paths.values()
        if path.loads
    }


def _id(path: Path, where: tuple[str, ...]) -> str:
    form = () if path.form == "rows" else (path.form, path.detail, path.calls)
    return make_id(_PREFIX, "n_plus_one", path.name, *form, *where)


def _finding(path: Path, queryset: Queryset, edit: Edit, where: tuple[str, ...]) -> Found:
    finding = Finding(
        kind="n_plus_one",
        id=_id(path, where),
        relation=path.steps[-1].relation,
        uses=_uses(path.loads),
        queryset_at=queryset.location,
        origin=queryset.origin,
        count=path.count,
        duration=sum(load.seconds for load in path.loads),
        edit=edit,
    )
    return Found(finding, within(path.loads))


def _uses(loads: list[RelationLoad]) -> tuple[Location, ...]:
    """Return the lines that asked, the busiest first."""
    counts: dict[Location, int] = defaultdict(int)
    for load in loads:
        counts[locate_use(load.place)] += load.count
    return tuple(sorted(counts, key=lambda location: -counts[location]))
