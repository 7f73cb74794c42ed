"""By ``PRAGMA data_version``, which moves with each commit of any other connection to the file.

One connection of its own asks it, at most every 50 ms. The commits of this process move it,
too; around each of them the version is read over the committing connection as well, which its
own commits do not move: if that stays, nobody else has committed in between.
"""

import os
from threading import Lock
from time import monotonic
from typing import Any, Final

from django.db import connections

from queryaudit.masterdata.coherence.base import Coherence
from queryaudit.masterdata.generations import generations

AWAITED: Final = 1.0  # seconds: a write that changed nothing commits nothing
SECONDS: Final = 0.05  # between two looks, since one costs more than a read


class SQLiteCoherence(Coherence):
    """Asked and not pushed: for the processes of one machine."""

    name = "sqlite"
    promise = "writes of this process at once, every other commit within 50 ms"
    announces = True

    def __init__(self, alias: str) -> None:
        super().__init__(alias)
        wrapper: Any = connections[alias]
        self._database = wrapper.Database
        self._params = {**wrapper.get_connection_params(), "check_same_thread": False}
        self._params["timeout"] = 1.0
        self._params["isolation_level"] = None
        self._connection: Any = None
        self._file: tuple[int, int] | None = None  # device and inode of what is open
        self._known: int | None = None
        self._until = 0.0
        self._awaited = 0.0  # until when a commit of this process is still to come
        self._lock = Lock()

    def is_live(self) -> bool:
        """Return whether the file can be asked."""
        return not self.problem or monotonic() - self.since > 1.0

    def verify(self) -> None:
        """Drop what is held of the database if the version has moved."""
        if monotonic() < self._until:
            return
        with self._lock:
            now = monotonic()
            if now >= self._until:
                self._look()
                self._until = now if now < self._awaited else now + SECONDS

    def verified_until(self) -> float | None:
        """Return when to look again."""
        return self._until

    def before(self, connection: Any, tables: frozenset[str], *, in_transaction: bool) -> Any:
        """Return the version as this connection sees it, if nothing has been missed until now."""
        if self._connection is None or connection.connection is None:
            return None
        with self._lock:
            own = self._version(connection.connection)
            self._look()
            return (own, self._known) if own is not None else None

    def after(
        self, connection: Any, tables: frozenset[str], token: Any, *, in_transaction: bool
    ) -> None:
        """Take the new version for known if this connection saw no commit but its own."""
        if token is None or connection.connection is None:
            return
        with self._lock:
            moved = self._version(self._connection)
            own = self._version(connection.connection)
            if moved is not None and moved == self._known:
                # INSERT ... RETURNING commits when its rows have been fetched: each read looks.
                self._until, self._awaited = 0.0, monotonic() + AWAITED
            elif moved is not None and (own, self._known) == token:
                self._known = moved

    def stop(self) -> None:
        """Close the connection."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def abandon(self) -> None:
        """Keep the parent's connection: to close it here would let go of the parent's locks."""
        _abandoned.append(self._connection)

    def _look(self) -> None:
        found = _file_of(self._params["database"])
        if self._connection is None or found != self._file:
            self._open()
            self._file = found
        version = self._version(self._connection)
        if version is None or version != self._known:
            self._known, self._awaited = version, 0.0
            why = "a commit of another process"
            generations.bump(self.alias, None, why, is_write=False)

    def _open(self) -> None:
        """Open the file, also anew where another one has taken its place."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._known = None
        try:
            self._connection = self._database.connect(**self._params)
        except self._database.Error as error:
            self.problem, self.since = str(error), monotonic()

    def _version(self, connection: Any) -> int | None:
        try:
            found: int = connection.execute("PRAGMA data_version").fetchone()[0]
        except (AttributeError, self._database.Error) as error:
            self.problem, self.since = str(error), monotonic()
            return None
        self.problem = ""
        return found


def _file_of(database: Any) -> tuple[int, int] | None:
    try:
        found = os.stat(database)  # noqa: PTH116  # asked 20 times a second
    except (OSError, ValueError):
        return None  # a URI, which has no place to look at
    return found.st_dev, found.st_ino


_abandoned: list[Any] = []
