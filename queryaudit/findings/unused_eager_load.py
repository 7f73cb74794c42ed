"""Rows that a join or a prefetch brought ahead and nobody read.

Said of one audit. A line that serves several pages is another matter: where any of
them reads the load, it is not unused, and ``read_loads`` tells which are read.
"""

from collections import Counter, defaultdict
from types import CodeType
from typing import Final

from queryaudit.findings.base import KINDS, Context, Finding, Found, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.facts import Facts
from queryaudit.findings.locations import Location, identify_queryset, locate_queryset
from queryaudit.findings.paths import Path, Queryset
from queryaudit.recording.events import AnyPlace, DeclaredPlace, Place
from queryaudit.recording.rowsets import Call, RowSet

_PREFIX = KINDS["unused_eager_load"].prefix


def find_unused_eager_loads(facts: Facts, context: Context) -> list[Found]:
    """Return one finding for each relation that a line loads ahead for nobody."""
    loads = _loads_of(facts)
    read = {load.called_at for load in loads if load.is_read and load.is_shared}
    unused = [load for load in loads if load.is_unused and load.id not in context.read_loads]
    # A method of a manager serves many: where one of its loads is read, it is of use here.
    unused = [load for load in unused if not (load.is_shared and load.called_at in read)]
    boxes: defaultdict[tuple[Location | None, str], list[Load]] = defaultdict(list)
    for load in unused:
        if not any(other.holds(load) for other in unused):
            boxes[load.location, load.method].append(load)
    return [
        _finding(load, edit) for box in boxes.values() for edit in (_edit(box),) for load in box
    ]


def read_loads(facts: Facts) -> set[str]:
    """Return the ids that findings would have for the eager loads which were read."""
    late = {_id_of(load) for load in facts.recorder.late_reads}
    return {load.id for load in _loads_of(facts) if load.is_read} | late


def _loads_of(facts: Facts) -> "list[Load]":
    return [
        Load(queryset, path)
        for queryset in facts.querysets
        for path in queryset.paths.values()
        if path.eager
    ]


class Load:
    """All that one line loaded ahead by one path, over its evaluations in the audit.

    ``is_shared`` tells that a method of a manager asks for it, for whoever calls it.
    """

    def __init__(self, queryset: Queryset, path: Path) -> None:
        self.queryset = queryset
        self.path = path
        call = _call_of(path.eager[0])
        self._is_packages = call is None and _is_asked(path.eager[0])
        self.called_at = call and call.place
        self.is_shared = call is not None and call.is_shared
        self.method = "prefetch_related" if path.is_prefetched else "select_related"
        calls = path.eager[0].eager_calls
        if path.is_prefetched and calls is not None and "" in calls.by_path:
            self.method = "prefetch_related_objects"

    @property
    def id(self) -> str:
        """The id of its finding, if it has one."""
        return _id_of(self.path.eager[0])

    @property
    def location(self) -> Location | None:
        """The line that asks for it, None where none is own code."""
        called_at = self.called_at
        return self.queryset.fix_at if called_at is None else locate_queryset(called_at)

    @property
    def is_read(self) -> bool:
        """Whether somebody read it, or went on from it."""
        return any(_is_read(load) for load in self.path.eager)

    @property
    def is_unused(self) -> bool:
        """Whether it came for nobody, and is the first such step of its path."""
        eager = self.path.eager
        # What a package joins to a queryset of the site is not asked for there.
        is_elsewhere = self._is_packages and not isinstance(self.queryset.place, DeclaredPlace)
        if (
            is_elsewhere
            or self.is_read
            or self.location is None
            or any(_is_escaped(load) for load in eager)
        ):
            return False
        if self.path.is_joined:
            if self.queryset.evaluation.joins_all and not self._is_all_unread:
                return False  # without names it joins all keys, for any of them
            if all(_joined_to(load).rows < 2 for load in eager):
                return False  # one row more or less costs nothing
        # Where a loop asks the same set in another way, that finding says what to read.
        asked = (path for path in self.queryset.paths.values() if path.is_loop)
        if any(path.name == self.path.name and path.form == "narrowed" for path in asked):
            return False
        if _reads_dictionaries(self.queryset.place) or _reads_dictionaries(self.called_at):
            return False
        return any(_is_reached(load) for load in eager)

    @property
    def _is_all_unread(self) -> bool:
        """Whether select_related() without names joined for nobody, on a line of the site."""
        paths = self.queryset.paths.values()
        first = next((path for path in paths if path.is_joined), None)
        is_own = isinstance(self.queryset.place, Place) and self.queryset.place.own
        return is_own and first is self.path and not any(map(_is_path_read, paths))

    @property
    def batches(self) -> int:
        """The queries that it took."""
        return sum(_batches(load) for load in self.path.eager)

    def holds(self, other: "Load") -> bool:
        """Return whether ``other`` is a further step of this one, and goes with it."""
        is_below = other.path.name.startswith(f"{self.path.name}__")
        return is_below and other.queryset is self.queryset


def _is_path_read(path: Path) -> bool:
    return any(_is_read(load) for load in path.eager)


def _is_read(load: RowSet) -> bool:
    """Return whether somebody read it, or went on from it."""
    return (
        load.is_used
        or bool(load.loads)
        or any(_is_read(child) for child in load.children.values())
        or any(_is_read(child) for source in load.sources for child in source.children.values())
    )


def _is_escaped(load: RowSet) -> bool:
    rows: RowSet | None = load
    while rows is not None:
        if rows.is_escaped:
            return True
        rows = rows.parent or rows.via
    return False


def _is_reached(load: RowSet) -> bool:
    """Return whether what it hangs on was read, so that it is the first to be named."""
    parent = load.parent
    if parent is None:
        return False
    if not parent.steps:
        return parent.via is None or parent.via.is_used
    return parent.is_used or bool(parent.loads) or not parent.is_eager


def _joined_to(load: RowSet) -> RowSet:
    """Return the rows that the join of ``load`` began from: a queryset's, or a set's of its own."""
    return _joined_to(load.parent) if load.parent is not None and load.is_joined else load


def _batches(load: RowSet) -> int:
    """Return the queries of a prefetch and of all below it."""
    below = [*load.children.values()]
    below += [child for source in load.sources for child in source.children.values()]
    return load.batches + sum(_batches(child) for child in below if child.is_eager)


def _call_of(load: RowSet) -> Call | None:
    """Return what asked for ``load``; None where it is not known or no own code."""
    return next(iter(_calls_of(load)), None)


def _is_asked(load: RowSet) -> bool:
    """Return whether it is known that something asked for ``load``, if not what."""
    return bool(_calls_of(load))


def _calls_of(load: RowSet) -> list[Call | None]:
    rows: RowSet | None = load
    names: list[str] = []
    while rows is not None and rows.eager_calls is None and rows.parent is not None:
        names.insert(0, rows.steps[-1].name)
        rows = rows.parent
    asked = {} if rows is None or rows.eager_calls is None else rows.eager_calls.by_path
    name = "__".join(names)
    return [call for path, call in asked.items() if f"{path}__".startswith(f"{name}__")]


def _id_of(load: RowSet) -> str:
    root = load.root
    call = _call_of(load)
    place = call.place if call else (root.origin.place if root.origin else None)
    where = () if place is None else identify_queryset(place)
    name = "__".join(step.name for step in load.steps)
    return make_id(_PREFIX, "unused_eager_load", root.model, name, *where)


# Names by which code reads rows past their attributes, where nobody sees it.
_DICTIONARIES: Final = {"fields_cache", "get_cached_value", "vars", "__dict__"}


def _reads_dictionaries(place: AnyPlace | None) -> bool:
    """Return whether the function of ``place`` reads rows by their dictionaries."""
    codes = [place.code] if isinstance(place, Place) else []
    while codes:
        code = codes.pop()
        if not _DICTIONARIES.isdisjoint(code.co_names):
            return True
        codes += [const for const in code.co_consts if isinstance(const, CodeType)]
    return False


def _edit(loads: list[Load]) -> Edit:
    method = loads[0].method
    joins_all = method == "select_related" and loads[0].queryset.evaluation.joins_all
    paths = [load.path for load in loads]
    whole = [path.query_name if method == "select_related" else path.name for path in paths]
    kept = {name.rpartition("__")[0] for name in whole} - {""}
    names = ", ".join(f'"{name}"' for name in whole)
    keep = "".join(f', keep "{name}"' for name in sorted(kept))
    return Edit(
        id=make_id("FX", "unused", method, *sorted(load.id for load in loads)),
        before=f"remove {method}()" if joins_all else f"remove {names} from {method}(){keep}",
        at=loads[0].location,
        saves=sum(load.batches for load in loads),
    )


def _finding(load: Load, edit: Edit) -> Found:
    location = load.location
    assert location is not None  # noqa: S101  # what has no line is not unused
    finding = Finding(
        kind="unused_eager_load",
        id=load.id,
        relation=load.path.steps[-1].relation,
        uses=(location,),
        queryset_at=location,
        origin=load.queryset.origin if load.called_at is None else "",
        count=load.batches or len(load.path.eager),
        duration=sum(one.seconds for one in load.path.eager),
        edit=edit,
    )
    return Found(finding, Counter(one.root.within for one in load.path.eager))
