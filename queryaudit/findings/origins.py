"""From rows to the queryset that should change: what was loaded below each line."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from queryaudit.findings.calls import calls_after
from queryaudit.findings.locations import Location, identify_queryset
from queryaudit.findings.paths import Path, Queryset
from queryaudit.recording.events import AnyPlace, TemplatePlace
from queryaudit.recording.recorder import Recorder
from queryaudit.recording.rowsets import Evaluation, Kind, RelationLoad, RowSet


def querysets_of(recorder: Recorder, limit: int, looped: Collection[Location]) -> list[Queryset]:
    """Return the querysets with what was loaded below their rows.

    ``limit`` is the number of different rows from which on loads are a loop, ``looped``
    are the lines that ask for one row after the other: theirs are a loop as well.
    """
    found = _Collection(limit)
    asked = {root.origin.place for root in recorder.rowsets if root.children and root.origin}
    for root in recorder.rowsets:
        # Rows of which nothing was asked count where others of their line were asked.
        if root.children or (root.origin and root.origin.place) in asked:
            found.add(root)
    for root in recorder.rowsets:
        found.widen(root)
    querysets = list(found.querysets.values())
    for queryset in querysets:
        if any(path.singles >= limit for path in queryset.paths.values()):
            queryset.is_looped = queryset.location in looped
            for path in queryset.paths.values():
                path.is_loop |= queryset.is_looped and path.singles >= limit
    return querysets


class _Collection:
    """Querysets by what identifies them."""

    def __init__(self, limit: int) -> None:
        self.querysets: dict[tuple[str, ...], Queryset] = {}
        self._limit = limit
        # A line is read and parsed once, however often it was evaluated.
        self._identities: dict[AnyPlace, tuple[str, ...]] = {}

    def add(self, root: RowSet) -> None:
        """Add all that was loaded below one evaluation."""
        place = root.origin.place if root.origin else None
        stack = [(root, self._at(place, root.model, root.evaluation), 0)]
        while stack:
            rowset, queryset, start = stack.pop()
            for child in rowset.children.values():
                for path, loads in _paths_of(queryset, child, start):
                    _collect(path, child, loads, self._limit)
                if child.children and _is_its_own(child, self._limit):
                    origin, evaluation = child.own  # type: ignore[misc]
                    own = self._at(origin.place, child.steps[-1].model, evaluation)
                    stack.append((child, own, len(child.steps)))
                else:
                    stack.append((child, queryset, start))

    def widen(self, root: RowSet) -> None:
        """Note that an edit of the line that made it reaches those who go on with the queryset."""
        maker = root.origin and root.origin.maker
        if maker in self._identities:
            made = self.querysets.get((root.model, *self._identities[maker]))
            if made is not None:
                made.evaluations.add(root.evaluation)

    def _at(self, place: AnyPlace | None, model: str, evaluation: Evaluation) -> Queryset:
        # One line may make querysets of several models, as a generic helper does.
        identity: tuple[str, ...] = (model,)
        if place is not None:
            if place not in self._identities:
                self._identities[place] = identify_queryset(place)
            identity += self._identities[place]
        queryset = self.querysets.setdefault(identity, Queryset(place, identity, evaluation))
        queryset.evaluations.add(evaluation)
        return queryset


def _paths_of(
    queryset: Queryset, child: RowSet, start: int
) -> Iterator[tuple[Path, list[RelationLoad]]]:
    """Yield the paths that ``child`` adds to: of figures one for each that the code asks."""
    steps = child.steps[start:]
    if child.form in {"rows", "column"}:
        yield queryset.path(steps, child.form), list(child.loads.values())
        return
    by_calls: defaultdict[str, list[RelationLoad]] = defaultdict(list)
    for load in child.loads.values():
        by_calls[calls_after(load.place, steps[-1].name)].append(load)
    for calls, loads in by_calls.items():
        yield queryset.path(steps, child.form, calls), loads
    if not by_calls:
        yield queryset.path(steps, child.form), []


def _is_loop(rowset: RowSet, loads: Collection[RelationLoad], limit: int) -> bool:
    parent = rowset.parent
    if parent is None or parent.rows < 2:
        return False
    # Rows below a relation may be one and the same, each in an instance of its own.
    is_below = bool(parent.steps) and parent.form == "rows"
    return any(load.instances >= limit or (is_below and load.count >= limit) for load in loads)


def _is_its_own(rowset: RowSet, limit: int) -> bool:
    """Return whether a set's own line is where an edit for what lies below belongs."""
    step = rowset.steps[-1]
    if step.kind is not Kind.SET or rowset.own is None or rowset.is_prefetched:
        return False
    if any(child.steps[-1].relation == step.relation for child in rowset.children.values()):
        return False  # a tree that is climbed down: its root is where all levels are brought
    if rowset.form == "narrowed":
        return True
    if isinstance(rowset.own[0].place, TemplatePlace):
        return False  # nothing can be joined there: who hands the row over can
    parent = rowset.parent
    asked = parent.children.get(step.name, rowset) if parent is not None else rowset
    return not _is_loop(asked, asked.loads.values(), limit)


def _collect(path: Path, rowset: RowSet, loads: list[RelationLoad], limit: int) -> None:
    path.detail = path.detail or rowset.detail
    path.is_combined |= rowset.is_combined
    path.is_narrowed |= rowset.is_narrowed
    path.is_joined |= rowset.is_joined
    path.is_prefetched |= rowset.is_prefetched
    path.loads.extend(loads)
    if loads:
        path.roots.add(id(_ancestor(rowset, len(path.steps))))
    path.targets |= rowset.targets
    if loads and rowset.parent is not None:
        path.owners += rowset.parent.rows
    if rowset.parent is not None and rowset.parent.rows == 1:
        path.singles += any(load.instances for load in loads)
    if rowset.is_eager:
        path.eager.append(rowset)
    path.is_loop |= _is_loop(rowset, loads, limit)
    path.asks_more |= rowset.asks_more


def _ancestor(rowset: RowSet, steps: int) -> RowSet:
    """Return what the last ``steps`` steps to ``rowset`` began from."""
    for _ in range(steps):
        if rowset.parent is not None:
            rowset = rowset.parent
    return rowset


def loops_of(queryset: Queryset) -> list[Path]:
    """Return the looped paths that are no rows of a relation: figures, narrowed sets, columns."""
    paths = queryset.paths.values()
    return climbed([path for path in paths if path.is_loop and path.form != "rows"])


def climbed(paths: list[Path]) -> list[Path]:
    """Return ``paths``, all levels of a tree that is climbed by one relation as one."""
    found: dict[tuple[str, ...], Path] = {}
    for path in paths:
        name = path.steps[0].name if path.is_recursive else path.name
        base = found.get((path.steps[0].name, path.steps[-1].relation, path.form, path.calls))
        if path.is_recursive and base is not None:
            base.loads += path.loads
            base.is_climbed = True
        else:
            found[name, path.steps[-1].relation, path.form, path.calls] = path
    return list(found.values())
