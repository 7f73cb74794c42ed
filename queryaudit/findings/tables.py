"""How the tables of a site are used, request after request: what is read, and how often written."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from threading import Lock
from typing import Any, Final

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from queryaudit.recording.events import AnyPlace
from queryaudit.recording.ledger import READS, WRITES, Ledger
from queryaudit.recording.recorder import Recorder
from queryaudit.recording.rowsets import RowSet

MAX_TABLES: Final = 1_000
MAX_KEYS: Final = 2_000  # of one table, told apart


@dataclass(slots=True)
class TableUse:
    """What one request, or all of them, did with the table of one model, ``app.Model``.

    ``keys`` stand for the different questions that were asked for single rows, a sample of
    them, and ``samples`` counts that sample; ``largest`` is the largest whole number among
    their values. ``rows`` are the most that one statement brought, ``is_list`` tells that one
    asked without any values.
    """

    requests: int = 0
    reads: int = 0
    writes: int = 0
    seconds: float = 0.0
    keys: set[int] = field(default_factory=set)
    samples: int = 0
    largest: int = 0
    rows: int = 0
    is_list: bool = False
    places: dict[AnyPlace, int] = field(default_factory=dict)

    @property
    def different(self) -> int:
        """How many different rows were seen, at least."""
        return max(len(self.keys), self.rows if self.is_list else 0)

    def add(self, other: "TableUse") -> None:
        """Add what another request did; lines are those of one request alone."""
        self.requests += other.requests
        self.reads += other.reads
        self.writes += other.writes
        self.samples += other.samples
        self.largest = max(self.largest, other.largest)
        self.rows = max(self.rows, other.rows)
        self.is_list |= other.is_list
        if len(self.keys) < MAX_KEYS:
            self.keys |= other.keys

    def plus(self, other: "TableUse | None") -> "TableUse":
        """Return the sum of both."""
        total = TableUse()
        total.add(self)
        if other is not None:
            total.add(other)
        return total


class Tallies(Mapping[str, TableUse]):
    """The uses of this process by model; the table that was used longest ago goes first."""

    def __init__(self) -> None:
        self._uses: dict[str, TableUse] = {}
        self._lock = Lock()

    def add(self, uses: Mapping[str, TableUse]) -> None:
        """Add what a request did."""
        with self._lock:
            for label, use in uses.items():
                known = self._uses.pop(label, None) or TableUse()
                known.add(use)
                self._uses[label] = known
            while len(self._uses) > MAX_TABLES:
                del self._uses[next(iter(self._uses))]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._uses.clear()

    def __getitem__(self, label: str) -> TableUse:
        return self._uses[label]

    def __iter__(self) -> Any:
        return iter(list(self._uses))

    def __len__(self) -> int:
        return len(self._uses)


def uses_of(recorder: Recorder) -> dict[str, TableUse]:
    """Return what one recording did, by model."""
    uses: dict[str, TableUse] = {}
    for root in recorder.rowsets:
        _add_rows(root, uses)
    _add_questions(recorder.ledger, uses)
    _add_statements(recorder.ledger, uses)
    for use in uses.values():
        use.requests = 1 if use.reads else 0
    return uses


def _add_questions(ledger: Ledger, uses: dict[str, TableUse]) -> None:
    for values, asked in ledger.asked:
        for group, count in asked.places.items():
            if group.model is None or group.is_set:
                continue
            use = uses.setdefault(group.model, TableUse())
            use.samples += 1
            if group.first and "WHERE" in asked.query.sql:  # exists() sends a 1, of no row
                use.keys.add(hash((asked.query.sql, values)))
            else:
                use.is_list |= _is_whole(asked.query.sql)
            _count_read(use, group.place, count, 0.0)


@lru_cache(1_000)
def _is_whole(sql: str) -> bool:
    """Return whether a statement without values brings all rows of its table."""
    return re.search(r"\b(?:LIMIT|WHERE|JOIN|FETCH)\b|^SELECT (?:1|\w+\()", sql) is None


def _add_statements(ledger: Ledger, uses: dict[str, TableUse]) -> None:
    for group in ledger.groups.values():
        if group.query.word in WRITES:
            for label in _labels_in(group.query.sql) if group.model is None else (group.model,):
                uses.setdefault(label, TableUse()).writes += group.count
        elif group.query.word in READS and group.model is not None:
            use = uses.setdefault(group.model, TableUse())
            use.seconds += group.seconds
            # A loop beyond doubt is counted, and most of its values are not looked at.
            use.reads = max(use.reads, group.count)


def _add_rows(rowset: RowSet, uses: dict[str, TableUse]) -> None:
    if rowset.parent is None:
        use = uses.setdefault(rowset.model, TableUse())
        use.rows = max(use.rows, rowset.rows)
    for child in rowset.children.values():
        _add_rows(child, uses)
    if not rowset.loads or rowset.is_set or not rowset.steps:
        return
    label = _target(rowset.steps[-1].relation)
    if label is None:
        return
    use = uses.setdefault(label, TableUse())
    for load in rowset.loads.values():
        _count_read(use, load.place, load.count, load.seconds)
        for params in load.asked:
            values = tuple(params.values()) if isinstance(params, dict) else tuple(params or ())
            use.samples += 1
            use.keys.add(hash(values))
            numbers = [value for value in values if type(value) is int]
            use.largest = max(use.largest, *numbers, 0)


def _count_read(use: TableUse, place: AnyPlace, count: int, seconds: float) -> None:
    use.reads += count
    use.seconds += seconds
    use.places[place] = use.places.get(place, 0) + count


@cache
def _target(relation: str) -> str | None:
    """Return the model that ``app.Model.field`` leads to."""
    label, _, name = relation.rpartition(".")
    try:
        field = apps.get_model(label)._meta.get_field(name)  # noqa: SLF001
    except (LookupError, ValueError, FieldDoesNotExist):
        return None
    related = field.related_model
    return None if related is None or isinstance(related, str) else str(related._meta.label)  # noqa: SLF001


def _labels_in(sql: str) -> Iterable[str]:
    """Return the models whose tables SQL by hand names: it may write any of them."""
    words = set(sql.lower().replace('"', " ").replace("`", " ").split())
    return [label for table, label in _labels().items() if table in words]


@cache
def _labels() -> dict[str, str]:
    return {
        model._meta.db_table.lower(): str(model._meta.label)  # noqa: SLF001
        for model in apps.get_models(include_auto_created=True)
    }
