"""The kinds of work whose growth is measured: what is prepared is not timed, what is run is."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import django
from django.conf import settings
from django.db import connection, models
from django.test.utils import override_settings

import queryaudit
from queryaudit.auditing import Audit
from queryaudit.capture import install
from queryaudit.capture.scope import threads
from queryaudit.capture.sql import record_statement
from queryaudit.dashboard import summaries
from queryaudit.findings.record import AuditRecord
from queryaudit.masterdata import MasterDataManager
from queryaudit.recording import fingerprint
from queryaudit.recording.events import Origin
from queryaudit.recording.recorder import CURRENT, Recorder
from queryaudit.recording.rowsets import Evaluation, Kind, RowSet, Step
from queryaudit.reports import console, html, json
from queryaudit.stores.encoding import pack
from queryaudit.stores.history import History
from queryaudit.stores.memory import MemoryStore
from queryaudit.stores.sqlite import SQLiteStore

Run = Callable[[], object]
Prepare = Callable[[int], AbstractContextManager[Run]]

QUERIES: Final = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
SHAPES: Final = (1, 10, 100, 1_000, 10_000)
DEPTHS: Final = (10, 20, 50, 100, 200)
REQUESTS: Final = (10, 100, 1_000, 10_000, 100_000)
ROWS: Final = (100, 1_000, 10_000, 100_000, 1_000_000)
FINDINGS: Final = (1, 10, 100, 1_000)
ASKED_BY_DEPTH: Final = 200  # statements, each of a text of its own, from one depth
# Django's code, as far as a walk can tell: it goes on to who called it.
PACKAGE: Final = str(Path(django.__file__).parent / "shortcuts.py")


@dataclass(frozen=True)
class Work:
    """One kind of work: ``sizes`` are counted by ``unit``, the smaller ones for a quick run."""

    what: str
    unit: str
    sizes: tuple[int, ...]
    quick_sizes: tuple[int, ...]
    prepare: Prepare


def works() -> list[Work]:
    """Return them all."""
    return [
        Work("record queries", "queries", QUERIES, QUERIES[:4], _recording),
        Work("judge queries", "queries", QUERIES, QUERIES[:4], _judging),
        Work("record shapes", "shapes", SHAPES, SHAPES[:4], _recording_shapes),
        Work("judge shapes", "shapes", SHAPES, SHAPES[:4], _judging_shapes),
        Work("record from a stack", "frames", DEPTHS, DEPTHS, _recording_deep),
        Work("write one, memory", "requests", REQUESTS, REQUESTS[:3], _writing(_memory_store)),
        Work("write one, SQLite", "requests", REQUESTS, REQUESTS[:3], _writing(_sqlite_store)),
        Work("read all, memory", "requests", REQUESTS, REQUESTS[:3], _reading(_memory_store)),
        Work("read all, SQLite", "requests", REQUESTS, REQUESTS[:3], _reading(_sqlite_store)),
        Work("sum up for the dashboard", "requests", REQUESTS, REQUESTS[:3], _summing),
        Work("load master data", "rows", ROWS, ROWS[:3], _loading),
        Work("read master data by key", "rows", ROWS, ROWS[:3], _reading_rows),
        Work("filter master data", "rows", ROWS, ROWS[:3], _filtering_rows),
        Work("judge findings", "findings", FINDINGS, FINDINGS[:3], _judging_findings),
        Work("report findings", "findings", FINDINGS, FINDINGS[:3], _reporting_findings),
    ]


# Recording and judging: statements that reach the hook, for which no database does anything


def _nothing(*_: object) -> None:
    """Stand for the database."""


def _ask(sql: str, value: int) -> None:
    record_statement(_nothing, sql, (value,), many=False, context={"connection": connection})


def _recorder() -> Recorder:
    recorder = CURRENT.get()
    if recorder is None:
        raise RuntimeError("no audit is running")
    return recorder


def _relation(number: int = 0) -> RowSet:
    """Return what a relation of a queryset of its own leads to."""
    origin = Origin(None)
    rows = _recorder().begin_rows(origin, "shop.Album", Evaluation("default"))
    if rows is None:
        raise RuntimeError("the recording takes no further rows")
    rows.rows = 3
    name = f"artist_{number}"
    step = Step(name, f"shop.Album.{name}", Kind.ONE, name, key=f"{name}_id")
    return _recorder().follow(rows, step)


def _ask_queries(count: int) -> None:
    """Ask half of them for a relation, row by row, and half by hand."""
    relation, scope = _relation(), threads.scope
    for number in range(count // 2):
        scope.load = (relation, number, None)
        _ask('SELECT * FROM "shop_artist" WHERE "id" = %s', number)
        _ask('SELECT COUNT(*) FROM "shop_track" WHERE "album_id" = %s', number)


def _ask_shapes(count: int) -> None:
    for number in range(count):
        for value in range(2):
            _ask(f'SELECT "c{number}" FROM "shop_track" WHERE "id" = %s', value)  # noqa: S608


def _recording_of(ask: Callable[[int], None]) -> Prepare:
    @contextmanager
    def prepare(size: int) -> Iterator[Run]:
        install()
        with queryaudit.audit():
            yield lambda: ask(size)

    return prepare


def _judging_of(ask: Callable[[int], None]) -> Prepare:
    @contextmanager
    def prepare(size: int) -> Iterator[Run]:
        audit = _asked(ask, size)
        fingerprint._shape_of.cache_clear()  # noqa: SLF001  # texts that this process has not seen before
        yield audit.to_record

    return prepare


def _asked(ask: Callable[[int], None], size: int) -> Audit:
    with queryaudit.audit(raise_=False) as audit:
        ask(size)
    audit.describe(method="GET", path="/", status=200)
    return audit


_recording, _judging = _recording_of(_ask_queries), _judging_of(_ask_queries)
_recording_shapes, _judging_shapes = _recording_of(_ask_shapes), _judging_of(_ask_shapes)


def _ask_from(depth: int) -> None:
    """Ask from so many calls below: half of them a package's, half of them own."""
    if depth > 1:
        (_ask_from_package if depth % 2 else _ask_from_own)(depth - 1)
        return
    for number in range(ASKED_BY_DEPTH):
        _ask(f"SELECT {number}", number)


def _in_package(function: FunctionType) -> Callable[[int], None]:
    code = function.__code__.replace(co_filename=PACKAGE)
    return FunctionType(code, function.__globals__, function.__name__)


_ask_from_own = _ask_from
_ask_from_package = _in_package(_ask_from)  # type: ignore[arg-type]
_recording_deep = _recording_of(_ask_from)


# Stores


def _memory_store(records: list[AuditRecord], _folder: Path) -> MemoryStore:
    store = MemoryStore(len(records) + 1)
    for record in records:
        store.write(record)
    return store


def _sqlite_store(records: list[AuditRecord], folder: Path) -> SQLiteStore:
    """Return a store that has them: the first written by it, the others in its table by hand."""
    path = folder / "audits.sqlite3"
    store = SQLiteStore(path, len(records) + 1)
    store.write(records[0])
    database = sqlite3.connect(path)
    with database:
        rows = ((record.id, pack(record)) for record in records[1:])
        database.executemany("INSERT INTO audit (id, record) VALUES (?, ?)", rows)
    database.close()
    return store


def _records(count: int) -> list[AuditRecord]:
    """Return records of 50 views with a finding each, from the judgement of one."""
    record = _asked(_ask_queries, 40).to_record()
    return [
        replace(
            record,
            id=f"{number:016x}",
            view=f"view-{number % 50}",
            started_at=record.started_at + number,
        )
        for number in range(count)
    ]


def _writing(make: Callable[[list[AuditRecord], Path], Any]) -> Prepare:
    @contextmanager
    def prepare(size: int) -> Iterator[Run]:
        *records, last = _records(size + 1)
        with tempfile.TemporaryDirectory(prefix="queryaudit-growth-") as folder:
            store = make(records, Path(folder))
            yield lambda: (store.write(last), store.read(last.id), store.recent(10))

    return prepare


def _reading(make: Callable[[list[AuditRecord], Path], Any]) -> Prepare:
    @contextmanager
    def prepare(size: int) -> Iterator[Run]:
        with tempfile.TemporaryDirectory(prefix="queryaudit-growth-") as folder:
            store = make(_records(size), Path(folder))
            yield lambda: History().begin(store.recent(size))

    return prepare


@contextmanager
def _summing(size: int) -> Iterator[Run]:
    records = _records(size)
    yield lambda: (summaries.by_view(records), summaries.causes_of(records))


# Master data


class Held(models.Model):
    """Rows in memory: a unique code, a region of which each hundred rows have one."""

    code = models.CharField(max_length=20, unique=True)
    region = models.IntegerField(db_index=True)
    name = models.CharField(max_length=50)

    objects: Any = models.Manager()
    cached = MasterDataManager()

    class Meta:
        app_label = "shop"
        db_table = "benchmark_held"

    def __str__(self) -> str:
        return self.code


_FILL = (
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %s) "
    "INSERT INTO benchmark_held (code, region, name) "
    "SELECT 'c' || i, i / 100, 'name ' || i FROM n"
)


@contextmanager
def _held(size: int) -> Iterator[None]:
    """Have so many rows in the database and none in memory, and no bound that refuses them."""
    limits = {"MAX_ROWS": 10_000_000, "MAX_BYTES": 2**36}
    with override_settings(QUERYAUDIT={**settings.QUERYAUDIT, "MASTERDATA": limits}):
        with connection.schema_editor() as editor:
            editor.create_model(Held)
        try:
            with connection.cursor() as cursor:
                cursor.execute(_FILL, (size,))
            Held.cached.clear()
            yield
        finally:
            Held.cached.clear()
            with connection.schema_editor() as editor:
                editor.delete_model(Held)


def _warm(size: int) -> None:
    held = Held.cached.warm()
    if held != size:
        msg = f"{held:,} rows are held, not {size:,}"
        raise RuntimeError(msg)


@contextmanager
def _loading(size: int) -> Iterator[Run]:
    with _held(size):
        yield lambda: _warm(size)


@contextmanager
def _reading_rows(size: int) -> Iterator[Run]:
    """Read a thousand rows by key and by code, of however many."""
    with _held(size):
        _warm(size)
        chosen = [number * size // 1_000 for number in range(1_000)]
        Held.cached.get(pk=1), Held.cached.get(code="c0")  # the first make the indexes
        yield lambda: [
            (Held.cached.get(pk=number + 1), Held.cached.get(code=f"c{number}"))
            for number in chosen
        ]


@contextmanager
def _filtering_rows(size: int) -> Iterator[Run]:
    """Read one region of a hundred rows and one condition that no index answers."""
    with _held(size):
        _warm(size)
        yield lambda: (list(Held.cached.filter(region=0)), Held.cached.filter(name="-").count())


# Findings


def _ask_findings(count: int) -> None:
    """Load one relation row by row from each of so many lines."""
    lines = "\n".join(f"    load(relations[{number}])" for number in range(count))
    code = compile(f"def run(load, relations):\n{lines}\n", __file__, "exec")
    namespace: dict[str, Any] = {}
    exec(code, namespace)  # noqa: S102  # as many lines as there are findings
    namespace["run"](_load_twice, [_relation(number) for number in range(count)])


def _load_twice(relation: RowSet) -> None:
    for number in range(3):
        threads.scope.load = (relation, number, None)
        _ask_outside(number)


def _ask_outside(number: int) -> None:
    _ask('SELECT * FROM "shop_artist" WHERE "id" = %s', number)


for _function in (_ask, _load_twice, _ask_outside):
    # Machinery, as the ORM is: who called is the line that asks.
    _function.__code__ = _function.__code__.replace(
        co_filename=str(Path(django.__file__).parent / "db/models/query.py")
    )

_judging_findings = _judging_of(_ask_findings)


@contextmanager
def _reporting_findings(size: int) -> Iterator[Run]:
    audit = _asked(_ask_findings, size)
    if len(audit.findings) != size:
        msg = f"{len(audit.findings)} findings, not {size}"
        raise RuntimeError(msg)
    record = audit.to_record()
    yield lambda: (console.render(record), html.render(record), json.render(record))
