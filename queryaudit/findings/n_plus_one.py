"""A relation loaded row by row, although its rows came together.

Rule: rows that one queryset returned together (two or more) had a relation loaded
from one place for two or more of them. A relation below a relation is followed to
the queryset that began the path, since that is where ``select_related`` belongs.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from queryaudit.findings.base import KINDS, Context, Finding, make_id
from queryaudit.findings.locations import (
    Location,
    identify_queryset,
    locate_queryset,
    locate_use,
)
from queryaudit.recording.events import AnyPlace, RelationLoad, RowSet
from queryaudit.recording.recorder import Recorder

_PREFIX = KINDS["n_plus_one"].prefix


@dataclass(slots=True)
class _Path:
    """All that was loaded by one path of relations from one queryset's line."""

    relation: str = ""
    loads: list[RelationLoad] = field(default_factory=list)
    is_loop: bool = False

    @property
    def count(self) -> int:
        return sum(load.count for load in self.loads)


@dataclass(slots=True)
class _Queryset:
    """One line that makes a queryset, over all its evaluations in the request."""

    place: AnyPlace | None
    identity: tuple[str, ...]
    paths: defaultdict[tuple[str, ...], _Path] = field(default_factory=lambda: defaultdict(_Path))

    def trees(self) -> dict[str, list[tuple[str, ...]]]:
        """Return the paths that loop, by their first step: one edit cures a tree."""
        trees: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for steps, path in self.paths.items():
            if path.is_loop:
                trees[steps[0]].append(steps)
        return trees


def find_n_plus_one(recorder: Recorder, context: Context) -> list[Finding]:
    """Return one finding for each relation that a loop loads row by row."""
    querysets: dict[tuple[str, ...], _Queryset] = {}
    for root in recorder.rowsets:
        loaded = list(_loaded(root))
        if loaded:
            place = root.origin.place if root.origin else None
            # One line may make querysets of several models, as a generic helper does.
            identity = (root.relation, *(() if place is None else identify_queryset(place)))
            queryset = querysets.setdefault(identity, _Queryset(place, identity))
            for rowset in loaded:
                _collect(queryset.paths[rowset.steps], rowset, context.limits.n_plus_one)
    return [
        finding
        for queryset in querysets.values()
        for tree in queryset.trees().values()
        for finding in _judge(queryset, tree)
    ]


def _loaded(rowset: RowSet) -> Iterator[RowSet]:
    """Yield what was loaded row by row below ``rowset``."""
    stack = [rowset]
    while stack:
        rowset = stack.pop()
        stack.extend(rowset.children.values())
        if rowset.loads:
            yield rowset


def _collect(path: _Path, rowset: RowSet, limit: int) -> None:
    path.relation = rowset.relation
    path.loads.extend(rowset.loads.values())
    parent = rowset.parent
    if parent is not None and parent.rows > 1:
        path.is_loop |= any(load.instances >= limit for load in rowset.loads.values())


def _judge(queryset: _Queryset, tree: list[tuple[str, ...]]) -> Iterator[Finding]:
    """Yield the findings that one edit cures: ``tree`` are paths with one first step."""
    longest = [
        steps
        for steps in tree
        if not any(other != steps and other[: len(steps)] == steps for other in tree)
    ]
    names = ", ".join(f'"{"__".join(steps)}"' for steps in sorted(longest))
    # The edit also spares single loads on its way: every step of a joined path is joined.
    on_the_way = {steps[: depth + 1] for steps in longest for depth in range(len(steps))}
    place = queryset.place
    location = None if place is None else locate_queryset(place)
    is_own = location is not None and location.own
    saves = sum(queryset.paths[steps].count for steps in on_the_way if steps in queryset.paths)
    for steps in tree:
        path = queryset.paths[steps]
        uses = _uses(path.loads)
        where = queryset.identity if place is not None else (*queryset.identity, str(uses[0]))
        yield Finding(
            kind="n_plus_one",
            id=make_id(_PREFIX, "n_plus_one", "__".join(steps), *where),
            relation=path.relation,
            uses=uses,
            queryset_at=location,
            origin="" if is_own or location is None else "package",
            count=path.count,
            duration=sum(load.seconds for load in path.loads),
            fix=f".select_related({names})",
            fix_id=make_id("FX", "select_related", steps[0], *where),
            fix_at=location if is_own else None,
            saves=saves if is_own else None,
        )


def _uses(loads: list[RelationLoad]) -> tuple[Location, ...]:
    """Return the lines that asked, the busiest first."""
    counts: dict[Location, int] = defaultdict(int)
    for load in loads:
        counts[locate_use(load.place)] += load.count
    return tuple(sorted(counts, key=lambda location: -counts[location]))
