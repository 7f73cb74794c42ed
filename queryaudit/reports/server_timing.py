"""An audit as response headers: counts and times, never SQL or paths."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

from queryaudit.findings.base import Finding
from queryaudit.findings.figures import DynamoFigures

_MAX_LENGTH: Final = 190  # so that both headers stay below 300 bytes, names included


class Audited(Protocol):
    """What the headers tell of: an audit that has ended, or its audited."""

    @property
    def id(self) -> str:
        """Url-safe."""

    @property
    def query_count(self) -> int:
        """Queries."""

    @property
    def db_time(self) -> float:
        """Seconds in statements."""

    @property
    def dynamodb(self) -> DynamoFigures:
        """What calls of DynamoDB brought and took."""

    @property
    def duration(self) -> float:
        """Seconds in all."""

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings."""


def server_timing(audited: Audited) -> str:
    """Return the value of ``Server-Timing``: durations in milliseconds, counts as texts."""
    total, database = audited.duration * 1000, audited.db_time * 1000
    calls = audited.dynamodb
    entries = [
        f'db;dur={database:.1f};desc="{audited.query_count} queries"',
        f"app;dur={max(0.0, total - database - calls.seconds * 1000):.1f}",
        f"total;dur={total:.1f}",
    ]
    if calls.calls:
        entries.insert(1, f'dynamodb;dur={calls.seconds * 1000:.1f};desc="{calls.calls} calls"')
    # Findings name themselves by the prefix of their ids, which is a token.
    kinds = Counter((f.id.partition("-")[0].lower(), f.title) for f in audited.findings)
    for (prefix, title), count in kinds.items():
        entry = f'{prefix};desc="{count} {title}"'
        if sum(map(len, entries)) + len(entry) > _MAX_LENGTH:
            break  # proxies refuse long headers; X-Queryaudit counts them all
        entries.append(entry)
    return ", ".join(entries)


def audit_header(audited: Audited) -> str:
    """Return the value of ``X-Queryaudit``: id, number of queries, calls, if any, and findings."""
    calls = f" d={audited.dynamodb.calls};" if audited.dynamodb.calls else ""
    return f"id={audited.id}; q={audited.query_count};{calls} f={len(audited.findings)}"
