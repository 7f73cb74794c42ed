"""What one process holds of one source in one database: when it may be used, when it is read."""

import logging
from collections import deque
from threading import Lock
from time import monotonic
from typing import Any, Final, NoReturn

from django.db import connections

from queryaudit import conf
from queryaudit.errors import MasterDataLimitError
from queryaudit.masterdata import coherence
from queryaudit.masterdata.generations import generations
from queryaudit.masterdata.places import bytes_held, kept
from queryaudit.masterdata.sources.base import Source
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

    def __init__(self, source: Source, alias: str, *, read_only: bool, ttl: float | None) -> None:
        self.source: Any = source  # a Source; those of models say more
        self.alias = alias
        self.tables = source.tables(alias)
        self.ready: Any = None
        self.until: float | None = None  # monotonic seconds
        self.rows: Any = None
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

    def current(self) -> tuple[Any, bool]:
        """Return the rows that this thread may see and whether they were read for it.

        None where the database has to be asked. Raises MasterDataLimitError.
        """
        shared = coherence.of(self.alias)
        transaction = transaction_of(connections[self.alias])
        if not shared.is_live() or is_moved(self.alias) or transaction.wrote(self.tables):
            return None, False
        shared.verify()
        now = monotonic()
        if self._expires is not None and now >= self._expires:
            generations.bump(self.alias, self.tables, "its time was over", is_write=False)
        rows = self.rows
        if rows is not None:
            self.until = _earliest(self._expires, shared.verified_until())
            return rows, False
        own, read_at = transaction.own.get(self, (None, 0))
        if own is not None and generations.unchanged(self, read_at):
            return own, False
        if now < self.paused_until:
            return None, False
        if not self._flight.acquire(timeout=self.patience()):
            return None, False
        try:
            rows = self.rows
            return (rows, False) if rows is not None else (self._load(), True)
        finally:
            self._flight.release()

    @property
    def bytes(self) -> int:
        """Bytes, about, of the rows and of what the database said to questions about them."""
        rows = self.rows
        return 0 if rows is None else rows.size + rows.answers_size

    def stats(self) -> dict[str, Any]:
        """Return what ``masterdata.stats()`` tells of it."""
        rows, shared = self.rows, coherence.of(self.alias)
        if self.refused is not None:
            state = "refused"
        elif rows is not None:
            state = "held"
        elif shared.problem or shared.name == "off":
            state = "off"
        else:
            state = "paused" if monotonic() < self.paused_until else "empty"
        ttl = self._ttl or conf.get().masterdata.ttl
        return {
            "model": self.source.label,
            "kind": self.source.kind,
            "database": self.alias,
            "coherence": shared.name,
            "promise": shared.promise + (f"; at most {ttl:g} s old" if ttl else ""),
            "state": state,
            "problem": str(self.refused or shared.problem),
            "rows": 0 if rows is None else len(rows),
            "bytes": self.bytes,
            "answers": 0 if rows is None else len(rows.answers),
            "hits": self.hits,
            "misses": self.misses,
            "loads": self.loads,
            "drops": self.drops,
            "dropped_ago": None if self.dropped_at is None else monotonic() - self.dropped_at,
            "dropped_why": self.dropped_why,
            "read_only": rows is not None and rows.is_shared,
        }

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

    def _load(self) -> Any:
        if self._is_busy():
            return None
        start, now = self.start(), generations.now
        rows = self._read()
        shared = coherence.of(self.alias)
        is_kept = generations.keep_unless_changed(self, start, lambda: self._keep(rows, shared))
        connection = connections[self.alias]
        transaction = transaction_of(connection)
        if not is_kept and transaction.is_open(connection):
            # What an old snapshot shows is not for others; this transaction goes on to see it.
            transaction.own[self] = rows, now
        return rows

    def _keep(self, rows: Any, shared: Any) -> None:
        ttl = self._ttl or conf.get().masterdata.ttl
        self._expires = None if ttl is None else monotonic() + ttl
        self.until = _earliest(self._expires, shared.verified_until())
        self.rows = rows
        self.ready = None if self._is_open else rows

    def _read(self) -> Any:
        limits = conf.get().masterdata
        source, alias = self.source, self.alias
        if self.refused is not None and source.count(alias) > limits.max_rows:
            raise self.refused
        found = source.read(alias, limits.max_rows)
        self.loads += not source.is_lazy
        if len(found) > limits.max_rows:
            came = f"there are more than {limits.max_rows:,} rows"
            self.refuse(MasterDataLimitError(source.label, "MAX_ROWS", limits.max_rows, came))
        rows = source.hold(alias, found, read_only=self._read_only)
        others = bytes_held(but=self)
        if rows.size + others > limits.max_bytes:
            came = f"its rows take {rows.size:,} bytes beside {others:,} of others"
            self.refuse(MasterDataLimitError(source.label, "MAX_BYTES", limits.max_bytes, came))
        self.refused = None
        return rows

    def refuse(self, error: MasterDataLimitError) -> NoReturn:
        """Raise ``error``, and tell it in the log the first time."""
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


def make(
    source: Source, alias: str, *, read_only: bool, ttl: float | None, home: dict[str, Held]
) -> Held:
    """Return a new place for rows, known to statistics and limits, and kept in ``home``."""
    return kept(home, alias, lambda: Held(source, alias, read_only=read_only, ttl=ttl))


def _earliest(*times: float | None) -> float | None:
    found = [time for time in times if time is not None]
    return min(found) if found else None
