"""An audit as a fragment of HTML, for the panel and the dashboard.

It is rendered by a template engine of its own, so that it looks the same whatever the
site's template settings are; every value is escaped by that engine. It holds no style
and no script: ``assets`` has both, as files that a Content-Security-Policy allows.
"""

from typing import Any, Final

from queryaudit.findings.base import Finding
from queryaudit.findings.locations import Location
from queryaudit.findings.record import AuditRecord
from queryaudit.findings.shapes import COLUMNS, Shape
from queryaudit.reports import console, lanes, sql
from queryaudit.reports.editor import editor_link
from queryaudit.reports.plans import Plan
from queryaudit.reports.rendering import Templates
from queryaudit.reports.words import (
    by_fix,
    calls_text,
    count_of,
    figures_text,
    layers_text,
    memory_text,
    price_text,
    summary,
)

MAX_BOXES: Final = 40  # fixes that are shown, the worst
MAX_USES: Final = 5
_MAX_BEGINNING: Final = 120  # characters of an SQL text in a list of them

_templates = Templates()


def render(record: AuditRecord, *, links: dict[str, str] | None = None) -> str:
    """Return the audit as HTML: a box for each fix, then the shapes of its statements.

    ``links`` are addresses that the door knows: ``style`` of the report, ``dashboard`` of the
    same audit, and ``shape``, to which a shape's number and a slash are added, for its SQL
    text. What is not there is left out.
    """
    boxes = by_fix(record.findings)
    context = {
        "record": record,
        "links": links or {},
        "queries": count_of(record.query_count, "query"),
        "summary": summary(record),
        "calls": calls_text(record),
        "db_ms": record.db_time * 1000,
        "total_ms": record.duration * 1000,
        "prices": [(ms, price_text(record.price, ms)) for ms in record.price],
        "boxes": [_box(findings, record) for findings in boxes[:MAX_BOXES]],
        "memory": memory_text(record),
        "layers": layers_text(record),
        "further": len(boxes) - MAX_BOXES,
        "shapes": [_shape(number, shape) for number, shape in enumerate(record.shapes)],
        "columns": COLUMNS,
        "height": lanes.HEIGHT,
        "report": console.render(record),
    }
    return _templates.render("report/report.html", context)


def render_shape(shape: Shape, *, plan_link: str = "") -> str:
    """Return the SQL text of a shape with what was kept of its slowest statement."""
    context = {
        "shape": shape,
        "sql": sql.render(shape.sql),
        "example": shape.example,
        "params": _params(shape),
        "plan_link": plan_link,
        "line": _line(shape.place),
    }
    return _templates.render("report/shape.html", context)


def render_plan(plan: Plan) -> str:
    """Return the plan of a statement, or why there is none."""
    return _templates.render("report/plan.html", {"plan": plan})


def _box(findings: list[Finding], record: AuditRecord) -> dict[str, Any]:
    first = findings[0]
    left = first.expected_count
    return {
        "first": first,
        "titles": list(dict.fromkeys(finding.title for finding in findings)),
        "findings": [
            {
                "finding": finding,
                "ms": finding.duration * 1000,
                "queries": finding.counted,
                "uses": [_line(use) for use in finding.uses[:MAX_USES]],
                "further": len(finding.uses) - MAX_USES,
                "new": record.since(finding),
                "ignore": f"# queryaudit: ignore[{finding.kind}] why this is right",
            }
            for finding in findings
        ],
        "queryset": _line(first.fix_at or first.queryset_at),
        "origin": first.origin if first.fix_at in {None, first.queryset_at} else "",
        "left": _calls_left(first)
        if first.noun == "call"
        else ""
        if left is None or left == record.query_count
        else (f"{record.query_count:,} → {count_of(left, 'query')}"),
    }


def _calls_left(finding: Finding) -> str:
    if finding.calls_left in {None, finding.count}:
        return ""
    return f"{finding.count:,} → {count_of(finding.calls_left or 0, 'call')}"


def _shape(number: int, shape: Shape) -> dict[str, Any]:
    return {
        "number": number,
        "shape": shape,
        "ms": shape.seconds * 1000,
        "beginning": shape.sql[:_MAX_BEGINNING],
        "lane": lanes.path_of(shape.lane),
        "line": _line(shape.place),
        "figures": figures_text(shape.figures) if shape.figures else "",
    }


def _params(shape: Shape) -> list[tuple[str, str]]:
    if shape.example is None:
        return []
    params = shape.example.params
    items = params.items() if isinstance(params, dict) else enumerate(params, start=1)
    return [(str(name), "NULL" if value is None else str(value)) for name, value in items]


def _line(location: Location | None) -> dict[str, str] | None:
    if location is None:
        return None
    return {"text": str(location), "link": editor_link(location), "source": location.text}
