"""What every store does."""

from typing import Protocol

from queryaudit.findings.record import AuditRecord


class Store(Protocol):
    """A ring of the last ``KEEP`` audits. Every method may be called from any thread.

    A record written again under its id replaces the older one and is the newest. What
    another version of the package wrote is passed over. All raise StoreError, an OSError,
    where the store is full, locked, read-only or gone.
    """

    def write(self, record: AuditRecord) -> None:
        """Keep ``record`` and let the oldest go."""
        ...

    def read(self, audit_id: str) -> AuditRecord | None:
        """Return the record of that id, None where it is not or no longer kept."""
        ...

    def recent(self, limit: int = 50) -> list[AuditRecord]:
        """Return up to ``limit`` records, the newest first."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...
