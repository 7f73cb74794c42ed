"""An audit as response headers: counts and times, never SQL or paths."""

from collections import Counter
from typing import Final

from queryaudit.findings.record import AuditRecord

_MAX_LENGTH: Final = 190  # so that both headers stay below 300 bytes, names included


def server_timing(record: AuditRecord) -> str:
    """Return the value of ``Server-Timing``: durations in milliseconds, counts as texts."""
    total, database = record.duration * 1000, record.db_time * 1000
    entries = [
        f'db;dur={database:.1f};desc="{record.query_count} queries"',
        f"app;dur={max(0.0, total - database):.1f}",
        f"total;dur={total:.1f}",
    ]
    # Findings name themselves by the prefix of their ids, which is a token.
    kinds = Counter((f.id.partition("-")[0].lower(), f.title) for f in record.findings)
    for (prefix, title), count in kinds.items():
        entry = f'{prefix};desc="{count} {title}"'
        if sum(map(len, entries)) + len(entry) > _MAX_LENGTH:
            break  # proxies refuse long headers; X-Queryaudit counts them all
        entries.append(entry)
    return ", ".join(entries)


def audit_header(record: AuditRecord) -> str:
    """Return the value of ``X-Queryaudit``: id, number of queries and of findings."""
    return f"id={record.id}; q={record.query_count}; f={len(record.findings)}"
