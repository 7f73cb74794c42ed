"""The panel of django-debug-toolbar: the audit of a request, sync or async, from its store."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, URLPattern
from django.utils.html import format_html

from queryaudit.errors import log_once
from queryaudit.findings.record import AuditRecord
from queryaudit.reports import html
from queryaudit.reports.words import summary
from queryaudit.stores.history import history

try:
    from debug_toolbar.panels import Panel
except ImportError as error:
    msg = (
        "queryaudit.panel needs django-debug-toolbar 8: pip install 'queryaudit[toolbar]', "
        "or take queryaudit.panel.QueryAuditPanel out of DEBUG_TOOLBAR_PANELS"
    )
    raise ImportError(msg) from error

from queryaudit.panel import views  # needs the toolbar, too

__all__ = ["QueryAuditPanel"]

_NOT_AUDITED = (
    "This request was not audited. MIDDLEWARE must list "
    "queryaudit.middleware.QueryAuditMiddleware, and QUERYAUDIT['ENABLED'] and "
    "QUERYAUDIT['SAMPLE'] must let the request through."
)


class QueryAuditPanel(Panel):
    """Findings with line and fix; the subtitle tells them before any click.

    The panel judges up to its moment: of a streamed response, what its view did
    before the body.
    """

    is_async = True
    title = "Query audit"
    template = ""  # the report has a template engine of its own

    @property
    def nav_subtitle(self) -> str:
        """The counts, or that there was no audit."""
        return str(self._stats().get("summary", "not audited"))

    @property
    def scripts(self) -> list[str]:
        """The script of the report: buttons, and what is loaded when it is opened."""
        try:
            return [views.asset_link("report.js")]
        except NoReverseMatch:
            return []

    @classmethod
    def get_urls(cls) -> list[URLPattern]:
        """The addresses of what the panel loads."""
        return views.urls()

    @property
    def content(self) -> str:
        """The report as HTML."""
        stats = self._stats()
        if "record" in stats:
            record = AuditRecord.from_dict(stats["record"])
            return html.render(record, links=views.links_of(self.toolbar.request_id, record))
        return format_html("<p>{}</p>", stats.get("reason", _NOT_AUDITED))

    def generate_stats(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Store the audit of ``request`` as JSON types."""
        self.record_stats(_judge(request, response))  # type: ignore[no-untyped-call]

    def _stats(self) -> dict[str, Any]:
        return self.get_stats()  # type: ignore[no-any-return,no-untyped-call]


def _judge(request: HttpRequest, response: HttpResponseBase) -> dict[str, Any]:
    audit = getattr(request, "queryaudit", None)
    if audit is None:
        return {"reason": _NOT_AUDITED}
    try:
        audit.describe_request(request, response.status_code)
        record = history.compare(audit.to_record())
        return {"record": record.to_dict(), "summary": summary(record)}
    except Exception:  # noqa: BLE001
        log_once("filling the toolbar's panel")
        return {"reason": "The audit failed; the log says why.", "summary": "failed"}
