"""The formats of a whole run, by name."""

import json as stdlib_json
from collections.abc import Callable, Sequence
from typing import Final

from django.utils.safestring import mark_safe

from queryaudit.findings.record import AuditRecord
from queryaudit.reports import assets, console, github, gitlab, html, junit, markdown, sarif
from queryaudit.reports.rendering import Templates

_templates = Templates()


def _text(records: Sequence[AuditRecord]) -> str:
    return "\n\n".join(console.render(record) for record in records) or "no audits"


def _json(records: Sequence[AuditRecord]) -> str:
    audits = [record.to_dict() for record in records]
    return stdlib_json.dumps({"audits": audits}, indent=2, ensure_ascii=False)


def _html(records: Sequence[AuditRecord]) -> str:
    """Return one page that needs no other file."""
    context = {
        # Files of the package, which hold neither "</style" nor "</script".
        "style": mark_safe(assets.assets()["report.css"].content.decode()),  # noqa: S308
        "script": mark_safe(assets.assets()["report.js"].content.decode()),  # noqa: S308
        "audits": [{"label": one.label or "audit", "report": html.render(one)} for one in records],
    }
    return _templates.render("report/page.html", context)


FORMATS: Final[dict[str, Callable[[Sequence[AuditRecord]], str]]] = {
    "text": _text,
    "json": _json,
    "html": _html,
    "markdown": markdown.render,
    "sarif": sarif.render,
    "junit": junit.render,
    "github": github.render,
    "gitlab": gitlab.render,
}
