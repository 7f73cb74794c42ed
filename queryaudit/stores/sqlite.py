"""Audits in a SQLite file of their own, shared by the processes of one machine."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from queryaudit.errors import StoreError
from queryaudit.findings.record import AuditRecord
from queryaudit.stores.encoding import Unpacker, pack

# How long another process is waited for: by the writer's thread, and by a viewer's request.
_WRITE_SECONDS: Final = 5.0
_READ_SECONDS: Final = 1.0

_MARK: Final = 0x51415544  # PRAGMA application_id of our files: "QAUD"
_LAYOUT: Final = 2  # of the table; a file of another layout is begun anew
_TABLE = """
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    record BLOB NOT NULL
)
"""


class SQLiteStore:
    """The last ``keep`` audits in the file ``path``.

    The file is made at the first write. It is opened for each call: a file that
    was removed, or a process that forked, does no harm.
    """

    def __init__(self, path: Path, keep: int) -> None:
        self.path = path.expanduser()
        self._keep = keep
        self._unpack = Unpacker(keep)

    def write(self, record: AuditRecord) -> None:
        """Keep ``record`` and let the oldest go."""
        packed = pack(record)
        with self._open(_WRITE_SECONDS, make=True) as database:
            database.execute("BEGIN IMMEDIATE")
            if not _is_ours(database):
                database.execute(_TABLE)
                database.execute(f"PRAGMA application_id = {_MARK:d}")
            elif _layout(database) != _LAYOUT:
                database.execute("DROP TABLE IF EXISTS audit")
                database.execute(_TABLE)
            database.execute(f"PRAGMA user_version = {_LAYOUT:d}")
            # A record written again gets a new number, and with it the newest place.
            database.execute(
                "INSERT OR REPLACE INTO audit (id, record) VALUES (?, ?)", (record.id, packed)
            )
            database.execute(
                "DELETE FROM audit WHERE number <= "
                "(SELECT number FROM audit ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (self._keep,),
            )
            database.execute("COMMIT")

    def read(self, audit_id: str) -> AuditRecord | None:
        """Return the record of that id, None where it is not or no longer kept."""
        found = self._select("SELECT record FROM audit WHERE id = ?", audit_id)
        return found[0] if found else None

    def recent(self, limit: int = 50) -> list[AuditRecord]:
        """Return up to ``limit`` records, the newest first."""
        return self._select("SELECT record FROM audit ORDER BY number DESC LIMIT ?", limit)

    def clear(self) -> None:
        """Forget everything."""
        if self.path.exists():
            with self._open(_WRITE_SECONDS) as database:
                if _is_ours(database):
                    database.execute("DELETE FROM audit")

    def _select(self, sql: str, value: object) -> list[AuditRecord]:
        if not self.path.exists():
            return []
        with self._open(_READ_SECONDS) as database:
            if not _is_ours(database) or _layout(database) != _LAYOUT:
                return []
            rows = database.execute(sql, (value,)).fetchall()
        return self._unpack(packed for (packed,) in rows)

    @contextmanager
    def _open(self, seconds: float, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            if make:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                # Paths and lines of a site are nobody else's business.
                self.path.touch(mode=0o600)
            # Transactions are written out above: the driver's own begin too late, after
            # two processes have both seen that the table is missing.
            database = sqlite3.connect(self.path, timeout=seconds, isolation_level=None)
            try:
                # An audit that a power cut takes is no loss worth a wait for the disk.
                database.execute("PRAGMA synchronous = OFF")
                yield database
            finally:
                database.close()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(str(self.path), error) from error


def _is_ours(database: sqlite3.Connection) -> bool:
    """Return whether the file is marked as ours, False for an empty one.

    Raises sqlite3.DatabaseError for any other, such as the site's own database.
    """
    if database.execute("PRAGMA application_id").fetchone()[0] == _MARK:
        return True
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    if tables:
        names = ", ".join(sorted(name for (name,) in tables)[:3])
        msg = f"it is another program's ({names}); name a file that does not exist yet"
        raise sqlite3.DatabaseError(msg)
    return False


def _layout(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
