"""Audits in a SQLite file of their own, shared by the processes of one machine."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from queryaudit.findings.record import SCHEMA, AuditRecord

_BUSY_SECONDS: Final = 5.0  # the writer waits so long for another process, never a visitor
_TABLE = """
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL
)
"""


class SQLiteStore:
    """The last ``keep`` audits in the file ``path``.

    The file is made at the first write. It is opened for each call: a file that
    was removed, or a process that forked, does no harm. Records that another
    version wrote are not read, and dropped at the next write. Raises OSError
    where the file cannot be read or written.
    """

    def __init__(self, path: Path, keep: int) -> None:
        self.path = path.expanduser()
        self._keep = keep

    def write(self, record: AuditRecord) -> None:
        """Keep ``record`` and let the oldest go."""
        text = json.dumps(record.to_dict(), separators=(",", ":"))
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Paths and lines of a site are nobody else's business.
        self.path.touch(mode=0o600)
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            _prepare(database)
            database.execute("DELETE FROM audit WHERE id = ?", (record.id,))
            database.execute("INSERT INTO audit (id, record) VALUES (?, ?)", (record.id, text))
            database.execute(
                "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?",
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
            with self._open() as database:
                database.execute("DROP TABLE IF EXISTS audit")
                database.execute("PRAGMA user_version = 0")

    def _select(self, sql: str, value: object) -> list[AuditRecord]:
        if not self.path.exists():
            return []
        with self._open() as database:
            if _schema(database) != SCHEMA:
                return []
            rows = database.execute(sql, (value,)).fetchall()
        return [AuditRecord.from_dict(json.loads(text)) for (text,) in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file; other processes' writes are waited for."""
        try:
            # Transactions are written out above: the driver's own begin too late, after
            # two processes have both seen that the table is missing.
            database = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                # An audit that a power cut takes is no loss worth a wait for the disk.
                database.execute("PRAGMA synchronous = OFF")
                yield database
            finally:
                database.close()
        except sqlite3.Error as error:
            msg = f"the audit store {self.path} cannot be used: {error}"
            raise OSError(msg) from error


def _schema(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _prepare(database: sqlite3.Connection) -> None:
    if _schema(database) != SCHEMA:
        database.execute("DROP TABLE IF EXISTS audit")
        database.execute(_TABLE)
        database.execute(f"PRAGMA user_version = {SCHEMA:d}")
