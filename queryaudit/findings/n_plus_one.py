"""A relation asked row by row, although its rows came together.

Rule: rows that one evaluation of a queryset returned together (two or more) were
asked for a relation from one place, two or more of them. A relation below a relation
is followed to the queryset that began the path, since that is where the edit
belongs; below a set that was asked once, to the set itself.
"""

from collections import defaultdict
from collections.abc import Iterator

from queryaudit.findings import repairs
from queryaudit.findings.base import KINDS, Context, Finding, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.locations import Location, identify_use, locate_use
from queryaudit.findings.origins import Path, Queryset, loops_of, querysets_of
from queryaudit.recording.events import RelationLoad
from queryaudit.recording.recorder import Recorder

_PREFIX = KINDS["n_plus_one"].prefix


def find_n_plus_one(recorder: Recorder, context: Context) -> list[Finding]:
    """Return one finding for each relation that a loop asks row by row."""
    return [
        finding
        for queryset in querysets_of(recorder, context.limits.n_plus_one)
        for finding in _judge(queryset)
    ]


def _judge(queryset: Queryset) -> Iterator[Finding]:
    location = queryset.location
    at = location if location is not None and location.own else None
    cured = []
    for tree in queryset.trees():
        where = _where(queryset, tree[0])
        edit = repairs.read_key(tree, where) or repairs.bring(queryset, tree, where, at)
        key = queryset.key_column(tree)
        if key is not None and edit.before:
            cured.append(key)
            tree = [*tree, key]  # noqa: PLW2901
        for path in tree:
            yield _finding(path, location, edit, where)
    for path in loops_of(queryset):
        if path not in cured:
            where = _where(queryset, path)
            yield _finding(path, location, repairs.answer(queryset, path, where, at), where)


def _where(queryset: Queryset, path: Path) -> tuple[str, ...]:
    if queryset.place is not None:
        return queryset.identity
    return (*queryset.identity, *identify_use(path.loads[0].place))


def _finding(path: Path, location: Location | None, edit: Edit, where: tuple[str, ...]) -> Finding:
    form = () if path.form == "rows" else (path.form, path.detail)
    return Finding(
        kind="n_plus_one",
        id=make_id(_PREFIX, "n_plus_one", path.name, *form, *where),
        relation=path.steps[-1].relation,
        uses=_uses(path.loads),
        queryset_at=location,
        origin="package" if location is not None and not location.own else "",
        count=path.count,
        duration=sum(load.seconds for load in path.loads),
        edit=edit,
    )


def _uses(loads: list[RelationLoad]) -> tuple[Location, ...]:
    """Return the lines that asked, the busiest first."""
    counts: dict[Location, int] = defaultdict(int)
    for load in loads:
        counts[locate_use(load.place)] += load.count
    return tuple(sorted(counts, key=lambda location: -counts[location]))
