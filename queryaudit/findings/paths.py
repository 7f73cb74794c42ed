"""A line that makes a queryset, and the paths of relations that were loaded below its rows."""

from collections import defaultdict
from dataclasses import dataclass, field

from queryaudit.findings.declarations import describe, hook_of
from queryaudit.findings.locations import Location, locate_queryset
from queryaudit.recording.events import AnyPlace, DeclaredPlace
from queryaudit.recording.rowsets import Evaluation, Kind, RelationLoad, RowSet, Step

Steps = tuple[Step, ...]


@dataclass(slots=True)
class Path:
    """All that was loaded, joined or prefetched by one path of relations in one form."""

    steps: Steps
    form: str
    calls: str = ""  # the source of what is asked of a set beyond the relation
    detail: str = ""
    is_combined: bool = False  # with another queryset, by | and the like
    is_narrowed: bool = False
    loads: list[RelationLoad] = field(default_factory=list)
    roots: set[int] = field(default_factory=set)  # evaluations that loaded it row by row
    is_loop: bool = False
    is_climbed: bool = False  # with further levels by the same relation
    owners: int = 0  # rows that it was asked for, each as often as it came
    singles: int = 0  # rows that came one by one, each followed from the same line
    is_joined: bool = False
    is_prefetched: bool = False
    asks_more: bool = False
    targets: set[str] = field(default_factory=set)
    eager: list[RowSet] = field(default_factory=list)  # where it was joined or prefetched

    @property
    def count(self) -> int:
        """Queries."""
        return sum(load.count for load in self.loads)

    @property
    def evaluations(self) -> int:
        """Evaluations of the queryset that loaded it row by row."""
        return len(self.roots)

    @property
    def name(self) -> str:
        """The path as attributes are read and prefetches are named."""
        return "__".join(step.name for step in self.steps)

    @property
    def is_recursive(self) -> bool:
        """Whether it comes by one set twice: there may be more levels than were read."""
        sets = [step.relation for step in self.steps if step.kind is Kind.SET]
        return self.is_climbed or len(set(sets)) < len(sets)

    @property
    def query_name(self) -> str:
        """The path as look-ups, joins and annotations name it."""
        return "__".join(step.query_name for step in self.steps)


@dataclass(slots=True)
class Queryset:
    """One line that makes a queryset of one model, over all its evaluations in the audit."""

    place: AnyPlace | None
    identity: tuple[str, ...]
    evaluation: Evaluation
    evaluations: set[Evaluation] = field(default_factory=set)
    paths: dict[tuple[str, str, str], Path] = field(default_factory=dict)
    named: defaultdict[str, list[Path]] = field(default_factory=lambda: defaultdict(list))
    is_looped: bool = False  # it asks for one row after the other
    given: dict[str, int] = field(default_factory=dict)  # names that edits of it make

    @property
    def is_uniform(self) -> bool:
        """Whether one edit of the line suits all that is made of its queryset."""
        return len({(one.combinator, one.deferred) for one in self.evaluations}) == 1

    @property
    def location(self) -> Location | None:
        """The line; None for rows that no audit saw being read."""
        return None if self.place is None else locate_queryset(self.place)

    @property
    def fix_at(self) -> Location | None:
        """The line that the site can change: its own, or the declaration that a package reads."""
        if isinstance(self.place, DeclaredPlace):
            return hook_of(self.place)
        location = self.location
        return location if location is not None and location.own else None

    @property
    def origin(self) -> str:
        """What made the queryset where that is no own line."""
        if isinstance(self.place, DeclaredPlace):
            return describe(self.place)
        return "" if self.place is None or self.place.own else "package"

    def path(self, steps: Steps, form: str, calls: str = "") -> Path:
        """Return the record of a path, made when it is first asked for."""
        key = "__".join(step.name for step in steps), form, calls
        known = self.paths.get(key)
        if known is None:
            known = self.paths[key] = Path(steps, form, calls)
            self.named[known.name].append(known)
        return known

    def ways(self, paths: list[Path]) -> list[Path]:
        """Return ``paths`` and what was loaded, joined or prefetched on the way to them."""
        names = dict.fromkeys(
            "__".join(step.name for step in path.steps[: depth + 1])
            for path in paths
            for depth in range(len(path.steps))
        )
        return [path for name in names for path in self.named.get(name, ()) if path.form == "rows"]

    def has_prefetched(self, path: Path) -> bool:
        """Return whether the rows of ``path`` came ahead, and are asked for all the same."""
        rows = self.paths.get((path.name, "rows", ""))
        return rows is not None and rows.is_prefetched and bool(rows.eager)

    def served(self, tree: list[Path]) -> list[Path]:
        """Return the loops for counts and existence that a prefetch of ``tree`` answers as well."""
        names = dict.fromkeys(path.name for path in tree if path.steps[-1].kind is Kind.SET)
        return [
            path
            for name in names
            for path in self.named.get(name, ())
            if path.is_loop
            and path.form in {"count", "exists"}
            and not path.is_narrowed
            and path.calls in {"", ".count()", ".exists()", ".all().count()", ".all().exists()"}
        ]

    def key_column(self, tree: list[Path]) -> Path | None:
        """Return the loads of the key that ``tree`` begins with, where only() left it out."""
        return self.paths.get((tree[0].steps[0].name, "column", ""))

    def trees(self) -> list[list[Path]]:
        """Return the looped paths that one edit brings, by their first step."""
        trees: defaultdict[str, list[Path]] = defaultdict(list)
        for path in self.paths.values():
            if path.is_loop and path.form == "rows":
                trees[path.steps[0].name].append(path)
        return list(trees.values())
