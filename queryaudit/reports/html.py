"""An audit as a fragment of HTML, without style or script of its own.

It is rendered by a template engine of its own, so that it looks the same whatever
the site's template settings are; every value is escaped by that engine.
"""

from pathlib import Path
from typing import Any

from django.template import Context, Engine

from queryaudit.findings.base import Finding
from queryaudit.findings.locations import Location
from queryaudit.findings.record import AuditRecord
from queryaudit.reports.console import by_fix, count_kinds, price_text
from queryaudit.reports.editor import editor_link

_engine = Engine(dirs=[str(Path(__file__).parent / "templates")], autoescape=True)


def render(record: AuditRecord) -> str:
    """Return the audit as HTML: a box for each fix, then the shapes of its statements."""
    context = {
        "record": record,
        "prices": [price_text(record.price, ms) for ms in record.price],
        "boxes": [_box(findings, record) for findings in by_fix(record.findings)],
        "shapes": [(shape, shape.seconds * 1000, _line(shape.place)) for shape in record.shapes],
        "db_ms": record.db_time * 1000,
    }
    return str(_engine.get_template("queryaudit/audit.html").render(Context(context)))


def summary(record: AuditRecord) -> str:
    """Return what is told before any click: ``"4 N+1, 3 fixes · 201 → 3 queries"``."""
    queries = f"{record.query_count} quer{'y' if record.query_count == 1 else 'ies'}"
    if not record.findings:
        return queries
    fixes = len({finding.fix_id for finding in record.findings})
    left = "" if record.expected_count is None else f"{record.query_count} → "
    count = record.query_count if record.expected_count is None else record.expected_count
    return (
        f"{count_kinds(record.findings)}, {fixes} fix{'' if fixes == 1 else 'es'} · "
        f"{left}{count} quer{'y' if count == 1 else 'ies'}"
    )


def _box(findings: list[Finding], record: AuditRecord) -> dict[str, Any]:
    first = findings[0]
    return {
        "first": first,
        "findings": [
            (finding, finding.duration * 1000, [_line(use) for use in finding.uses])
            for finding in findings
        ],
        "queryset": _line(first.fix_at or first.queryset_at),
        "count": record.query_count,
    }


def _line(location: Location | None) -> dict[str, str] | None:
    if location is None:
        return None
    return {"text": str(location), "link": editor_link(location), "source": location.text}
