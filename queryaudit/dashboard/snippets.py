"""A request as something to run again."""

import shlex

from queryaudit.findings.record import AuditRecord


def snippets_of(record: AuditRecord, site: str) -> dict[str, str]:
    """Return a curl line and a test for a request; nothing for a block or another method."""
    if not record.path or record.method not in {"GET", "HEAD"}:
        return {}
    path = repr(record.path)
    most = record.query_count if record.expected_count is None else record.expected_count
    return {
        "curl": f"curl -i {shlex.quote(site + record.path)}",
        "test": (
            "def test_it_asks_no_more_than_it_needs(client):\n"
            f"    with queryaudit.audit() as audit:\n"
            f"        client.get({path})\n"
            f"    assert audit.query_count <= {most}, str(audit)"
        ),
    }
