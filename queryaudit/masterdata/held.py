"""What one process holds of one source in one database: when it may be used, when it is read."""

import logging
from collections import deque
from threading import Lock
from time import monotonic
from typing import Any, Final

from django.db import connections

from queryaudit import conf
from queryaudit.errors import MasterDataLimitError
from queryaudit.masterdata import coherence
from queryaudit.masterdata.generations import generations
from queryaudit.masterdata.rows import Rows
from queryaudit.masterdata.sources.model import ModelSource
from queryaudit.masterdata.watch import is_moved, transaction_of

WAIT: Final = 10.0  # seconds that a thread waits for the one that reads the rows
WAIT_IN_TRANSACTION: Final = 1.0  # since it may hold a lock which that one waits for
BUSY_LOADS: Final = 20  # so many reads of all rows because of writes ...
BUSY_SECONDS: Final = 10.0  # ... in this time turn holding off ...
BUSY_PAUSE: Final = 60.0  # ... for this time

_logger = logging.getLogger("queryaudit")


class Held:
    """The rows of ``source`` in the database ``alias``.

    ``ready`` has them where a reader may take them without any look at its connection, at
    most until ``until``; it is None otherwise, and ``current()`` finds out.
    """

    def __init__(
        self, source: ModelSource, alias: str, *, read_only: bool, ttl: float | None
    ) -> None:
        self.source = source
        self.alias = alias
        self.tables = source.tables(alias)
        self.ready: Rows | None = None
        self.until: float | None = None  # monotonic seconds
        self.rows: Rows | None = None
        self.hits = self.misses = self.loads = self.drops = 0  # hits: about, where threads race
        self.dropped_at: float | None = None
        self.dropped_why = ""
        self.paused_until = 0.0
        self.refused: MasterDataLimitError | None = None
        self._read_only = read_only
        self._ttl = ttl
        self._expires: float | None = None
        self._is_open = False
        self._flight = Lock()
        self._busy: deque[float] = deque(maxlen=BUSY_LOADS)
        self._was_written = False
        generations.watch(self)

    def drop(self, why: str, *, is_write: bool) -> None:
        """Forget the rows; called under the lock of all generations."""
        if self.rows is not None:
            self.drops += 1
            self.dropped_at, self.dropped_why = monotonic(), why
        self._was_written |= is_write
        self.rows = self.ready = None

    def shade(self, *, is_open: bool) -> None:
        """Have readers look at their connection first while a transaction has written."""
        self._is_open = is_open
        self.ready = None if is_open else self.rows

    def current(self) -> tuple[Rows | None, bool]:
        """Return the rows that this thread may see and whether they were read for it.

        None where the database has to be asked. Raises MasterDataLimitError.
        """
        shared = coherence.of(self.alias)
        if not shared.is_live() or is_moved(self.alias):
            return None, False
        connection = connections[self.alias]
        transaction = transaction_of(connection)
        if transaction.wrote(self.tables):
            return None, False
        shared.verify()
        now = monotonic()
        if self._expires is not None and now >= self._expires:
            generations.bump(self.alias, self.tables, "its time was over", is_write=False)
        rows = self.rows
        if rows is not None:
            self.until = _earliest(self._expires, shared.verified_until())
            return rows, False
        if now < self.paused_until:
            return None, False
        if not self._flight.acquire(timeout=self.patience()):
            return None, False
        try:
            rows = self.rows
            return (rows, False) if rows is not None else (self._load(), True)
        finally:
            self._flight.release()

    def patience(self) -> float:
        """Return the seconds that this thread may wait for another one's answer."""
        connection = connections[self.alias]
        is_inside = transaction_of(connection).is_open(connection)
        return WAIT_IN_TRANSACTION if is_inside else WAIT

    def start(self) -> int:
        """Return ``generations.now`` of the oldest state that a SELECT may see from here on."""
        connection = connections[self.alias]
        transaction = transaction_of(connection)
        if not transaction.is_open(connection):
            return generations.now
        if transaction.began is None:
            transaction.began = generations.now
        return transaction.began

    def _load(self) -> Rows | None:
        if self._is_busy():
            return None
        start = self.start()
        rows = self._read()
        shared = coherence.of(self.alias)
        generations.keep_unless_changed(self, start, lambda: self._keep(rows, shared))
        return rows

    def _keep(self, rows: Rows, shared: Any) -> None:
        ttl = self._ttl or conf.get().masterdata.ttl
        self._expires = None if ttl is None else monotonic() + ttl
        self.until = _earliest(self._expires, shared.verified_until())
        self.rows = rows
        self.ready = None if self._is_open else rows

    def _read(self) -> Rows:
        limits = conf.get().masterdata
        source, alias = self.source, self.alias
        if self.refused is not None and source.count(alias) > limits.max_rows:
            raise self.refused
        found = source.read(alias, limits.max_rows)
        self.loads += 1
        if len(found) > limits.max_rows:
            came = f"there are more than {limits.max_rows:,} rows"
            self._refuse(MasterDataLimitError(source.label, "MAX_ROWS", limits.max_rows, came))
        queryset = source.queryset(alias)
        rows = Rows(source.model, alias, queryset, found, read_only=self._read_only)
        others = sum(one.size for one in _all_rows(self))
        if rows.size + others > limits.max_bytes:
            came = f"its rows take {rows.size:,} bytes beside {others:,} of others"
            self._refuse(MasterDataLimitError(source.label, "MAX_BYTES", limits.max_bytes, came))
        self.refused = None
        return rows

    def _refuse(self, error: MasterDataLimitError) -> None:
        if self.refused is None:
            _logger.warning("queryaudit: %s", error)
        self.refused = error
        raise error

    def _is_busy(self) -> bool:
        """Note a read that a write made necessary; turn holding off where there are too many."""
        if not self._was_written:
            return False
        now = monotonic()
        self._was_written = False
        self._busy.append(now)
        if len(self._busy) < BUSY_LOADS or now - self._busy[0] > BUSY_SECONDS:
            return False
        self._busy.clear()
        self.paused_until = now + BUSY_PAUSE
        _logger.warning(
            "queryaudit: %s in %r is written too often to be held: %d reads of all its rows in %d "
            "seconds. It is asked from the database for %d seconds.",
            self.source.label, self.alias, BUSY_LOADS, BUSY_SECONDS, BUSY_PAUSE,
        )  # fmt: skip
        return True


_lock = Lock()
_every: list[tuple[Held, dict[str, Held]]] = []


def make(
    source: ModelSource, alias: str, *, read_only: bool, ttl: float | None, home: dict[str, Held]
) -> Held:
    """Return a new place for rows, known to statistics and limits, and kept in ``home``."""
    with _lock:
        found = home.get(alias)
        if found is None:
            found = Held(source, alias, read_only=read_only, ttl=ttl)
            home[alias] = found
            _every.append((found, home))
        return found


def every() -> list[Held]:
    """Return all places for rows of this process."""
    return [held for held, _ in _every]


def renew_lock() -> None:
    """Have a lock that no thread of the parent process holds."""
    global _lock  # noqa: PLW0603
    _lock = Lock()


def forget() -> None:
    """Forget all of them: the settings changed, or this is a forked child."""
    for _, home in _every:
        home.clear()
    _every.clear()
    generations.forget()


def _all_rows(but: Held) -> list[Rows]:
    return [rows for one in every() if one is not but and (rows := one.rows) is not None]


def _earliest(*times: float | None) -> float | None:
    found = [time for time in times if time is not None]
    return min(found) if found else None
