"""Recording and judging: statements that reach the hook, for which no database does anything."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import django
from django.db import connection

import queryaudit
from benchmarks.works.base import Prepare, Run
from queryaudit.auditing import Audit
from queryaudit.capture import install
from queryaudit.capture.scope import threads
from queryaudit.capture.sql import record_statement
from queryaudit.recording import fingerprint
from queryaudit.recording.events import Origin
from queryaudit.recording.recorder import CURRENT, Recorder
from queryaudit.recording.rowsets import Evaluation, Kind, RowSet, Step
from queryaudit.reports import console, html, json

ASKED_BY_DEPTH: Final = 200  # statements, each of a text of its own, from one depth
# Django's code, as far as a walk can tell: it goes on to who called it.
PACKAGE: Final = str(Path(django.__file__).parent / "shortcuts.py")


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


def ask_queries(count: int) -> None:
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
        audit = asked(ask, size)
        fingerprint._shape_of.cache_clear()  # noqa: SLF001  # texts that this process has not seen before
        yield audit.to_record

    return prepare


def asked(ask: Callable[[int], None], size: int) -> Audit:
    with queryaudit.audit(raise_=False) as audit:
        ask(size)
    audit.describe(method="GET", path="/", status=200)
    return audit


recording, judging = _recording_of(ask_queries), _judging_of(ask_queries)
recording_shapes, judging_shapes = _recording_of(_ask_shapes), _judging_of(_ask_shapes)


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
recording_deep = _recording_of(_ask_from)


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

judging_findings = _judging_of(_ask_findings)


@contextmanager
def reporting_findings(size: int) -> Iterator[Run]:
    audit = asked(_ask_findings, size)
    if len(audit.findings) != size:
        msg = f"{len(audit.findings)} findings, not {size}"
        raise RuntimeError(msg)
    record = audit.to_record()
    yield lambda: (console.render(record), html.render(record), json.render(record))
