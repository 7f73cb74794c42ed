"""What the panel loads when it is asked: an SQL text, its plan, style and script."""

from typing import Any

from debug_toolbar.decorators import require_show_toolbar
from debug_toolbar.toolbar import DebugToolbar
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse

from queryaudit.findings.record import AuditRecord
from queryaudit.findings.shapes import Shape
from queryaudit.reports import assets, html, plans

PANEL_ID = "QueryAuditPanel"


@login_not_required
def asset(request: HttpRequest, name: str) -> HttpResponse:  # noqa: ARG001
    """Serve a file of the reports; it tells nothing about the site."""
    return assets.respond(name)


@login_not_required
@require_show_toolbar  # type: ignore[untyped-decorator]
def shape(request: HttpRequest, request_id: str, number: int) -> HttpResponse:  # noqa: ARG001
    """Return the SQL text of a shape."""
    found = _shape(request_id, number)
    link = ""
    if plans.is_offered(found):
        link = reverse("djdt:queryaudit_plan", args=[request_id, number])
    return HttpResponse(html.render_shape(found, plan_link=link))


@login_not_required
@require_show_toolbar  # type: ignore[untyped-decorator]
def plan(request: HttpRequest, request_id: str, number: int) -> HttpResponse:  # noqa: ARG001
    """Ask the database for the plan of a shape's slowest statement."""
    return HttpResponse(html.render_plan(plans.explain(_shape(request_id, number))))


def links_of(request_id: str | None, record: AuditRecord) -> dict[str, str]:
    """Return the addresses that a report in the panel has."""
    try:
        return {
            "style": asset_link("report.css"),
            "shape": reverse("djdt:queryaudit_shape", args=[request_id, 0]).removesuffix("0/"),
            "dashboard": _dashboard_link(record),
        }
    except NoReverseMatch:  # the toolbar's URLs are not those of the running URLconf
        return {}


def asset_link(name: str) -> str:
    """Return the address of a file, which changes with its content."""
    address = reverse("djdt:queryaudit_asset", args=[name])
    return f"{address}?v={assets.assets()[name].version}"


def urls() -> list[URLPattern]:
    """Return the URLs of the panel, for the toolbar's namespace."""
    return [
        path("queryaudit/assets/<str:name>", asset, name="queryaudit_asset"),
        path("queryaudit/<str:request_id>/shapes/<int:number>/", shape, name="queryaudit_shape"),
        path("queryaudit/<str:request_id>/plans/<int:number>/", plan, name="queryaudit_plan"),
    ]


def _dashboard_link(record: AuditRecord) -> str:
    try:
        return reverse("queryaudit:request", args=[record.id])
    except NoReverseMatch:  # the site has no dashboard
        return ""


def _shape(request_id: str, number: int) -> Shape:
    toolbar = DebugToolbar.fetch(request_id, PANEL_ID)
    stats: dict[str, Any] = {}
    if toolbar is not None:
        stats = toolbar.get_panel_by_id(PANEL_ID).get_stats()  # type: ignore[no-untyped-call]
    if "record" not in stats:
        msg = "The toolbar does not keep this request any more; reload the page."
        raise Http404(msg)
    shapes = AuditRecord.from_dict(stats["record"]).shapes
    if number >= len(shapes):
        msg = f"This request has {len(shapes)} shapes; asked for number {number}."
        raise Http404(msg)
    return shapes[number]
