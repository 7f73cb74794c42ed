"""Audits that are kept, read and summed up."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.works.base import Prepare, Run
from benchmarks.works.recording import ask_queries, asked
from queryaudit.dashboard import summaries
from queryaudit.findings.record import AuditRecord
from queryaudit.stores.encoding import pack
from queryaudit.stores.history import History
from queryaudit.stores.memory import MemoryStore
from queryaudit.stores.sqlite import SQLiteStore


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
    record = asked(ask_queries, 40).to_record()
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


writing_memory, writing_sqlite = _writing(_memory_store), _writing(_sqlite_store)
reading_memory, reading_sqlite = _reading(_memory_store), _reading(_sqlite_store)


@contextmanager
def summing(size: int) -> Iterator[Run]:
    records = _records(size)
    yield lambda: (summaries.by_view(records), summaries.causes_of(records))
