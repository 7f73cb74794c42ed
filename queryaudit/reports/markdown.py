"""Findings as Markdown, for a comment or the summary of a step."""

from collections.abc import Sequence

from queryaudit.findings.record import AuditRecord
from queryaudit.reports.causes import Cause, causes_of
from queryaudit.reports.words import count_of


def render(records: Sequence[AuditRecord]) -> str:
    """Return a line of sums and a table with a row for each cause."""
    causes = causes_of(records)
    queries = count_of(sum(record.query_count for record in records), "query")
    made = sum(record.dynamodb.calls for record in records)
    queries += f", {count_of(made, 'DynamoDB call')}" if made else ""
    head = f"**queryaudit**: {count_of(len(records), 'request')}, {queries}, "
    lines = [head + (count_of(len(causes), "finding") if causes else "no findings")]
    if causes:
        lines += [
            "",
            "| finding | queries | used | fix | at |",
            "|---|---:|---|---|---|",
            *map(_row, causes),
        ]
    return "\n".join(lines)


def _row(cause: Cause) -> str:
    finding = cause.finding
    cells = [
        f"{finding.title} `{_cell(finding.subject)}` {finding.id}",
        f"{cause.queries:,} in {count_of(len(cause.labels), 'request')}",
        _code(str(finding.used_at or "")),
        _code(finding.fix),
        _code(str(finding.fix_at or "")),
    ]
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """Return ``text`` as code within a cell; a longer fence where it has backquotes itself."""
    if not text:
        return ""
    fence = "``" if "`" in text else "`"
    return f"{fence}{_cell(text)}{fence}"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
