"""A relation loaded row by row, although its rows came together.

Rule: rows that one line of a queryset returned together (two or more) had a
relation loaded from one place for two or more of them. A relation below a relation
is followed to the queryset that began the path, since that is where the edit
belongs.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from queryaudit.findings.base import KINDS, Context, Finding, make_id
from queryaudit.findings.edits import Edit, longest
from queryaudit.findings.locations import (
    Location,
    identify_queryset,
    identify_use,
    locate_queryset,
    locate_use,
)
from queryaudit.recording.events import AnyPlace, Evaluation, RelationLoad, RowSet
from queryaudit.recording.recorder import Recorder

_PREFIX = KINDS["n_plus_one"].prefix
Steps = tuple[str, ...]


@dataclass(slots=True)
class _Path:
    """All that was loaded, joined or prefetched by one path of relations."""

    relation: str = ""
    loads: list[RelationLoad] = field(default_factory=list)
    evaluations: int = 0  # of the queryset, that loaded it row by row
    is_loop: bool = False
    is_joined: bool = False
    is_prefetched: bool = False

    @property
    def count(self) -> int:
        return sum(load.count for load in self.loads)


@dataclass(slots=True)
class _Queryset:
    """One line that makes a queryset, over all its evaluations in the request."""

    place: AnyPlace | None
    identity: Steps
    evaluation: Evaluation
    paths: defaultdict[Steps, _Path] = field(default_factory=lambda: defaultdict(_Path))

    def trees(self) -> dict[str, list[Steps]]:
        """Return the paths that loop, by their first step: one edit cures a tree."""
        trees: dict[str, list[Steps]] = defaultdict(list)
        for steps, path in self.paths.items():
            if path.is_loop:
                trees[steps[0]].append(steps)
        return trees


def find_n_plus_one(recorder: Recorder, context: Context) -> list[Finding]:
    """Return one finding for each relation that a loop loads row by row."""
    querysets: dict[tuple[str, ...], _Queryset] = {}
    for root in recorder.rowsets:
        if not root.children:
            continue
        place = root.origin.place if root.origin else None
        # One line may make querysets of several models, as a generic helper does.
        identity = (root.relation, *(() if place is None else identify_queryset(place)))
        queryset = querysets.setdefault(identity, _Queryset(place, identity, root.evaluation))
        for rowset in _below(root):
            _collect(queryset.paths[rowset.steps], rowset, context.limits.n_plus_one)
    return [
        finding
        for queryset in querysets.values()
        for tree in queryset.trees().values()
        for finding in _judge(queryset, tree)
    ]


def _below(root: RowSet) -> Iterator[RowSet]:
    stack = list(root.children.values())
    while stack:
        rowset = stack.pop()
        stack.extend(rowset.children.values())
        yield rowset


def _collect(path: _Path, rowset: RowSet, limit: int) -> None:
    path.relation = rowset.relation
    path.is_joined |= rowset.is_joined
    path.is_prefetched |= rowset.is_prefetched
    path.loads.extend(rowset.loads.values())
    path.evaluations += bool(rowset.loads)
    parent = rowset.parent
    if parent is not None and parent.rows > 1:
        path.is_loop |= any(load.instances >= limit for load in rowset.loads.values())


def _judge(queryset: _Queryset, tree: list[Steps]) -> Iterator[Finding]:
    """Yield the findings that one edit cures: ``tree`` are paths with one first step."""
    place = queryset.place
    location = None if place is None else locate_queryset(place)
    is_own = location is not None and location.own
    uses = {steps: _uses(queryset.paths[steps].loads) for steps in tree}
    where = queryset.identity
    if place is None:
        where = (*where, *identify_use(queryset.paths[tree[0]].loads[0].place))
    edit = _edit(queryset, tree, where, location if is_own else None)
    for steps in tree:
        path = queryset.paths[steps]
        yield Finding(
            kind="n_plus_one",
            id=make_id(_PREFIX, "n_plus_one", "__".join(steps), *where),
            relation=path.relation,
            uses=uses[steps],
            queryset_at=location,
            origin="" if is_own or location is None else "package",
            count=path.count,
            duration=sum(load.seconds for load in path.loads),
            edit=edit,
        )


def _edit(
    queryset: _Queryset, tree: list[Steps], where: tuple[str, ...], at: Location | None
) -> Edit:
    """Return the change that spares the loads of ``tree`` and the single loads on its way."""
    evaluation = queryset.evaluation
    ways = {steps[: depth + 1] for steps in tree for depth in range(len(steps))}
    passed = [queryset.paths[way] for way in ways if way in queryset.paths]
    paths = longest(tuple("__".join(steps) for steps in tree))
    before, can_promise = "", True
    crosses = any(load.alias != evaluation.alias for path in passed for load in path.loads)
    if evaluation.combinator:
        method = "prefetch_related_objects"
    elif evaluation.is_raw or crosses or any(path.is_prefetched for path in passed):
        method = "prefetch_related"
    else:
        method = "select_related"
        before, can_promise = _before_join(evaluation.deferred, tree)
        if evaluation.joins_all:
            # Names take the place of select_related() without names.
            joined = [steps for steps, path in queryset.paths.items() if path.is_joined]
            paths = longest((*paths, *("__".join(steps) for steps in joined)))
    saves = sum(path.count for path in passed)
    if method != "select_related":
        saves -= sum(path.evaluations for path in passed)  # one query a step instead
    return Edit(
        id=make_id("FX", method, tree[0][0], *where),
        method=method,
        paths=paths,
        before=before,
        at=at,
        saves=saves if at is not None and can_promise else None,
    )


def _before_join(deferred: tuple[frozenset[str], bool], tree: list[Steps]) -> tuple[str, bool]:
    """Return what must stand before ``select_related``, and whether a count can be promised.

    Django refuses to join by a key that only() or defer() leaves out. Reading such
    a key is a query of its own for each row, which the edit spares too and which is
    no load of a relation. only() hides the columns of further joined rows.
    """
    names, are_deferred = deferred
    first = tree[0][0]
    holds_key = first in names or f"{first}_id" in names
    if are_deferred:
        if not holds_key:
            return "", True
        others = ", ".join(f'"{n}"' for n in sorted(names - {first, f"{first}_id"}))
        return ".defer(None)" + (f".defer({others})" if others else ""), False
    has_one_step = all(len(steps) == 1 for steps in tree)
    if holds_key and has_one_step:
        return "", True
    kept = ", ".join(f'"{name}"' for name in sorted(names | {first}))
    return f".only({kept})", holds_key and has_one_step


def _uses(loads: list[RelationLoad]) -> tuple[Location, ...]:
    """Return the lines that asked, the busiest first."""
    counts: dict[Location, int] = defaultdict(int)
    for load in loads:
        counts[locate_use(load.place)] += load.count
    return tuple(sorted(counts, key=lambda location: -counts[location]))
