"""Audits as JUnit's XML: a test case for each audit, failed where it has errors."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from queryaudit.findings.record import AuditRecord
from queryaudit.reports import console

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def render(records: Sequence[AuditRecord]) -> str:
    """Return a suite with a case for each audit, its report as the text of its failure."""
    failed = sum(_fails(record) for record in records)
    seconds = sum(record.duration for record in records)
    head = f'tests="{len(records)}" failures="{failed}" errors="0" time="{seconds:.3f}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="queryaudit" {head}>',
        f'  <testsuite name="queryaudit" {head}>',
    ]
    for record in records:
        lines += _case(record)
    return "\n".join([*lines, "  </testsuite>", "</testsuites>"])


def _fails(record: AuditRecord) -> bool:
    return any(finding.severity == "error" for finding in record.findings)


def _case(record: AuditRecord) -> list[str]:
    name = _attribute(record.label or "audit")
    view = _attribute(record.view or "queryaudit")
    head = f"    <testcase classname={view} name={name} time={_attribute(f'{record.duration:.3f}')}"
    if not record.findings:
        return [f"{head}/>"]
    text = _plain(console.render(record))
    if not _fails(record):
        return [f"{head}>", f"      <system-out>{text}</system-out>", "    </testcase>"]
    calls = f", {record.dynamodb.calls} DynamoDB calls" if record.dynamodb.calls else ""
    told = f"{record.query_count} queries{calls}, {len(record.findings)} findings"
    return [
        f"{head}>",
        f'      <failure type="queryaudit" message={_attribute(told)}>{text}</failure>',
        "    </testcase>",
    ]


def _attribute(text: str) -> str:
    return quoteattr(_without_control(text))


def _plain(text: str) -> str:
    return escape(_without_control(text))


def _without_control(text: str) -> str:
    """Return ``text`` without the characters that XML has no way to write."""
    return "".join(one if one >= " " or one in "\t\n" else _UNKNOWN for one in text)
