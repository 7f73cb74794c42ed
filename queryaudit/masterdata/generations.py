"""When each table changed last, counted and not timed.

``now`` grows with each change that this process hears of. Rows that were read are kept only if
nothing changed their tables since ``now`` was looked at: before the SELECT or, within a
transaction, before its first statement, since its snapshot may be as old as that.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from threading import RLock
from typing import Protocol

ALL = "*"  # in the place of a table: every table of the database


class Watcher(Protocol):
    """What holds rows of ``tables``, and is told of what happens to them under the lock."""

    alias: str
    tables: frozenset[str]

    def drop(self, why: str, *, is_write: bool) -> None:
        """Forget the rows."""
        ...

    def shade(self, *, is_open: bool) -> None:
        """Note whether a transaction of this process has uncommitted writes to the tables."""
        ...


class Generations:
    """The changes of all tables that are watched, by alias and name in lower case."""

    def __init__(self) -> None:
        self.now = 0
        self._lock = RLock()
        self._changed: dict[str, dict[str, int]] = {}
        self._watchers: dict[str, list[Watcher]] = {}
        self._open: dict[str, Counter[str]] = {}

    def watch(self, watcher: Watcher) -> None:
        """Tell ``watcher`` from now on; what a transaction reads that has begun before is old."""
        with self._lock:
            self.now += 1
            known = self._changed.setdefault(watcher.alias, {})
            known.update(dict.fromkeys(watcher.tables, self.now))
            self._watchers.setdefault(watcher.alias, []).append(watcher)
            watcher.shade(is_open=self._is_open(watcher))

    def forget(self) -> None:
        """Forget all watchers: the settings have changed, or this is a forked child."""
        with self._lock:
            self.now += 1
            for watchers in self._watchers.values():
                for watcher in watchers:
                    watcher.drop("the settings changed", is_write=False)
            self._watchers.clear()
            self._changed.clear()

    def renew_lock(self) -> None:
        """Have a lock that no thread of the parent process holds."""
        self._lock = RLock()

    def bump(
        self, alias: str, tables: Collection[str] | None, why: str, *, is_write: bool = True
    ) -> None:
        """Drop what is held of ``tables``, of the whole database where they are None."""
        known = self._changed.get(alias)
        if known is None or (tables is not None and known.keys().isdisjoint(tables)):
            return
        with self._lock:
            self.now += 1
            hit = known.keys() if tables is None else known.keys() & frozenset(tables)
            known.update(dict.fromkeys(hit, self.now))
            for watcher in self._watchers.get(alias, ()):
                if not watcher.tables.isdisjoint(hit):
                    watcher.drop(why, is_write=is_write)

    def keep_unless_changed(self, watcher: Watcher, start: int, keep: Callable[[], object]) -> bool:
        """Call ``keep`` and return True if no table of ``watcher`` changed after ``start``."""
        with self._lock:
            if not self.unchanged(watcher, start):
                return False
            keep()
            return True

    def unchanged(self, watcher: Watcher, start: int) -> bool:
        """Return whether no table of ``watcher`` changed after ``start``."""
        known = self._changed.get(watcher.alias, {})
        return all(known.get(table, self.now + 1) <= start for table in watcher.tables)

    def open(self, alias: str, tables: Iterable[str]) -> None:
        """Note that a transaction has written ``tables`` and is not yet at its end."""
        with self._lock:
            self._open.setdefault(alias, Counter()).update(tables)
            self._shade(alias)

    def close(self, alias: str, tables: Iterable[str]) -> None:
        """Note that it is."""
        with self._lock:
            counted = self._open.get(alias, Counter())
            counted.subtract(tables)
            self._open[alias] = +counted
            self._shade(alias)

    def _shade(self, alias: str) -> None:
        for watcher in self._watchers.get(alias, ()):
            watcher.shade(is_open=self._is_open(watcher))

    def _is_open(self, watcher: Watcher) -> bool:
        counted = self._open.get(watcher.alias)
        if not counted:
            return False
        return ALL in counted or not watcher.tables.isdisjoint(counted)


generations = Generations()
