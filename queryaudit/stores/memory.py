"""Audits of this process, gone with it."""

from itertools import islice
from threading import Lock

from queryaudit.findings.record import AuditRecord


class MemoryStore:
    """The last ``keep`` audits in a dict, which remembers its order."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._records: dict[str, AuditRecord] = {}
        self._lock = Lock()

    def write(self, record: AuditRecord) -> None:
        """Keep ``record`` and let the oldest go."""
        with self._lock:
            self._records.pop(record.id, None)
            self._records[record.id] = record
            while len(self._records) > self._keep:
                del self._records[next(iter(self._records))]

    def read(self, audit_id: str) -> AuditRecord | None:
        """Return the record of that id, None where it is not or no longer kept."""
        return self._records.get(audit_id)

    def recent(self, limit: int = 50) -> list[AuditRecord]:
        """Return up to ``limit`` records, the newest first."""
        with self._lock:
            return list(islice(reversed(self._records.values()), limit))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._records.clear()
