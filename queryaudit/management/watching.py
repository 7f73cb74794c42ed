"""Tell audits as they come, until somebody interrupts."""

import time
from collections.abc import Callable, Iterator

from queryaudit.findings.record import AuditRecord
from queryaudit.reports.words import count_kinds

_SECONDS = 1.0
_HEAD = ("time", "request", "status", "queries", "db ms", "total", "findings")
_FORM = "{:<8}  {:<40.40}  {:>6}  {:>7}  {:>6}  {:>6}  {}"


def rows_of(
    recent: Callable[[], list[AuditRecord]], wait: Callable[[float], object] = time.sleep
) -> Iterator[str]:
    """Yield a row for each audit, the newest last, asking the store once a second."""
    yield _FORM.format(*_HEAD)
    seen: set[str] = set()
    while True:
        for record in reversed(recent()):
            if record.id not in seen:
                seen.add(record.id)
                yield _row(record)
        wait(_SECONDS)


def _row(record: AuditRecord) -> str:
    text = _FORM.format(
        time.strftime("%H:%M:%S", time.localtime(record.started_at)),
        record.label or "audit",
        record.status or "",
        record.query_count,
        f"{record.db_time * 1000:.0f}",
        f"{record.duration * 1000:.0f}",
        count_kinds(record.findings),
    )
    return "".join(one if one.isprintable() else "?" for one in text).rstrip()
