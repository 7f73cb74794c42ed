"""An audit as JSON, for programs and for stores."""

import json

from queryaudit.findings.record import AuditRecord


def render(record: AuditRecord) -> str:
    """Return ``record`` as one line of JSON; ``schema`` tells its version."""
    return json.dumps(record.to_dict(), separators=(",", ":"), ensure_ascii=False)


def parse(text: str) -> AuditRecord:
    """Return the record of a line that ``render`` wrote.

    Raises ValueError for what is no JSON or of another schema, KeyError where a
    part is missing.
    """
    return AuditRecord.from_dict(json.loads(text))
