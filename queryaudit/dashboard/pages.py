"""The pages: each reads the store, shows it as HTML, and has the same as ``?format=json``."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from queryaudit import conf, stores
from queryaudit.dashboard import charts, json
from queryaudit.dashboard.answers import Page, for_viewers, link, page
from queryaudit.dashboard.snippets import snippets_of
from queryaudit.dashboard.summaries import Cause, by_view, causes_of, compare, name_of
from queryaudit.dashboard.waterfall import layer_rows_of, rows_of, ticks_of
from queryaudit.findings.record import AuditRecord
from queryaudit.findings.shapes import COLUMNS, Shape
from queryaudit.reports import assets, html, lanes, plans
from queryaudit.reports.editor import editor_link
from queryaudit.reports.words import calls_text, count_of, prices_row

_MAX_CAUSES: Final = 200  # on one page; JSON has them all
_MAX_ROWS: Final = 500  # requests on one page


def _records() -> list[AuditRecord]:
    """Return all that is kept, the newest first."""
    return stores.recent(conf.get().keep)


@page
def show_requests(request: HttpRequest) -> Page:
    """Show the requests, narrowed by view, method, findings and text."""
    records = _records()
    chosen = _chosen(records, request)
    after = request.GET.get("after")
    newer = 0
    for record in chosen:
        if record.id == after:
            break
        newer += 1
    if request.GET.get("only") == "newer":  # what an open page asks, again and again
        return Page("requests", "Requests", {"newer": newer})
    return Page(
        "requests",
        "Requests",
        {"requests": [json.of_request(record) for record in chosen], "newer": newer},
        {
            "rows": [_row(request, record) for record in chosen[:_MAX_ROWS]],
            "fitting": len(chosen),
            "kept": len(records),
            "views": sorted({name_of(record) for record in records}),
            "methods": sorted({record.method for record in records if record.method}),
            "chosen": {name: request.GET.get(name, "") for name in _FILTERS},
            "newest": chosen[0].id if chosen else "",
        },
    )


_FILTERS = ("view", "method", "findings", "q")


def _chosen(records: list[AuditRecord], request: HttpRequest) -> list[AuditRecord]:
    view, method, findings, text = (request.GET.get(name, "") for name in _FILTERS)
    return [
        record
        for record in records
        if (not view or name_of(record) == view)
        and (not method or record.method == method)
        and (not findings or record.findings)
        and (not text or text.lower() in f"{record.label} {name_of(record)} {record.id}".lower())
    ]


@page
def show_views(request: HttpRequest) -> Page:  # noqa: ARG001
    """Show the views, the one that takes most time first."""
    found = by_view(_records())
    return Page(
        "views",
        "Views",
        {"views": [json.of_view(view) for view in found]},
        {
            "rows": [
                {
                    "view": view,
                    "total_ms": view.total * 1000,
                    "percent": view.share * 100,
                    "p50_ms": view.p50 * 1000,
                    "p95_ms": view.p95 * 1000,
                    "spark": charts.spark([record.query_count for record in view.records]),
                    "price": prices_row(view.price),
                    "last": view.records[-1],
                }
                for view in found
            ]
        },
    )


@page
def show_view(request: HttpRequest) -> Page:
    """Show one view: its queries, its times and its causes, over the kept requests."""
    name = request.GET.get("name", "")
    found = next((view for view in by_view(_records()) if view.name == name), None)
    if found is None:
        return _missing(f"No request of the view {name!r} is kept.")
    counts = [record.query_count for record in found.records]
    texts = [_told(record, record.query_count, "query") for record in found.records]
    causes = causes_of(found.records)
    return Page(
        "view",
        found.name,
        {"view": json.of_view(found), "causes": [json.of_cause(cause) for cause in causes]},
        {
            "view": found,
            "bars": charts.bars(counts, texts, "queries"),
            "lines": charts.percentiles([record.duration for record in found.records]),
            "parts": charts.parts(found.shares),
            "first": _time(found.records[0]),
            "last": _time(found.records[-1]),
            **_causes(causes, found.records),
            "rows": [_row(request, record) for record in reversed(found.records)],
            "chart": charts,
        },
    )


@page
def show_findings(request: HttpRequest) -> Page:  # noqa: ARG001
    """Show the causes over all requests, the one with most queries first."""
    records = sorted(_records(), key=lambda record: record.started_at)
    causes = causes_of(records)
    counts = [len(record.findings) for record in records]
    texts = [_told(record, len(record.findings), "finding") for record in records]
    return Page(
        "findings",
        "Findings",
        {"causes": [json.of_cause(cause) for cause in causes]},
        {
            **_causes(causes, records),
            "bars": charts.bars(counts, texts, "findings"),
            "chart": charts,
            "first": _time(records[0]) if records else None,
            "last": _time(records[-1]) if records else None,
        },
    )


@page
def show_memory(request: HttpRequest) -> Page:  # noqa: ARG001
    """Show the master data that this process holds; other processes hold their own."""
    # Whoever has no master data does not load it for this page.
    masterdata = sys.modules.get("queryaudit.masterdata")
    held = masterdata.stats() if masterdata is not None else []
    return Page("memory", "Memory", {"memory": held}, {"rows": held, "process": os.getpid()})


@page
def show_request(request: HttpRequest, audit_id: str) -> Page:
    """Show one request: findings, waterfall, statements."""
    records = _records()
    record = next((record for record in records if record.id == audit_id), None)
    if record is None:
        keep = conf.get().keep
        return _missing(
            f"The audit {audit_id} is not kept; the last {keep} are. A store in memory is that of "
            "one process: several share a file or a Redis server (QUERYAUDIT['STORE'])."
        )
    alike = [r for r in records if name_of(r) == name_of(record) and r.id != record.id]
    earlier = next((r for r in alike if r.started_at < record.started_at), None)
    links = {"shape": link(request, "shape", record.id, 0).removesuffix("0/")}
    return Page(
        "request",
        record.label or "audit",
        {"audit": {**record.to_dict(), "price": record.price}},
        {
            "record": record,
            "started": _time(record),
            "report": html.render(record, links=links),
            "layers": layer_rows_of(record),
            "waterfall": rows_of(record),
            "ticks": ticks_of(record),
            "columns": COLUMNS,
            "height": lanes.HEIGHT,
            "earlier": earlier,
            "alike": [_row(request, r) for r in alike[:10]],
            "view_link": _view_link(request, record),
            "snippets": snippets_of(record, request.build_absolute_uri("/").rstrip("/")),
        },
    )


@page
def show_comparison(request: HttpRequest) -> Page:
    """Show two requests beside each other."""
    records = {record.id: record for record in _records()}
    chosen = [records.get(request.GET.get(name, "")) for name in ("a", "b")]
    asked = [request.GET.get(name, "") for name in ("a", "b")]
    missing = [one for one, record in zip(asked, chosen, strict=True) if one and record is None]
    rows = [_row(request, record) for record in records.values()]
    context: dict[str, Any] = {"rows": rows, "asked": asked}
    first, second = chosen
    if first is None or second is None:
        problem = f"Not kept any more: {', '.join(missing)}" if missing else ""
        return Page("compare", "Compare", {"comparison": None}, context, problem=problem)
    found = compare(first, second)
    context["found"] = found
    context["sides"] = [_row(request, first), _row(request, second)]
    context["difference"] = f"{second.query_count - first.query_count:+,}"
    return Page("compare", "Compare", {"comparison": json.of_comparison(found)}, context)


@for_viewers
def show_shape(request: HttpRequest, audit_id: str, number: int) -> HttpResponseBase:
    """Return the SQL text of one shape, to be shown within the report."""
    found = _shape(audit_id, number)
    offered = link(request, "plan", audit_id, number) if plans.is_offered(found) else ""
    return HttpResponse(html.render_shape(found, plan_link=offered))


@for_viewers
def show_plan(request: HttpRequest, audit_id: str, number: int) -> HttpResponseBase:  # noqa: ARG001
    """Ask the database for the plan of a shape's slowest statement."""
    return HttpResponse(html.render_plan(plans.explain(_shape(audit_id, number))))


@for_viewers
def serve_asset(request: HttpRequest, name: str) -> HttpResponseBase:  # noqa: ARG001
    """Serve style and script, to be kept: their addresses change with them."""
    return assets.respond(name)


def _shape(audit_id: str, number: int) -> Shape:
    record = stores.read(audit_id)
    if record is None or number >= len(record.shapes):
        msg = f"The audit {audit_id} is not kept any more, or has no shape of number {number}."
        raise Http404(msg)
    return record.shapes[number]


def _missing(words: str) -> Page:
    return Page("message", "Not kept", {}, problem=words, status=404)


def _row(request: HttpRequest, record: AuditRecord) -> dict[str, Any]:
    """Return a request as a line of a table."""
    return {
        "record": record,
        "time": _time(record),
        "view": name_of(record),
        "view_link": _view_link(request, record),
        "db_ms": record.db_time * 1000,
        "calls": calls_text(record),
        "total_ms": record.duration * 1000,
        "price": prices_row(record.price),
    }


def _view_link(request: HttpRequest, record: AuditRecord) -> str:
    return f"{link(request, 'view')}?{urlencode({'name': name_of(record)})}"


def _causes(found: list[Cause], records: Sequence[AuditRecord]) -> dict[str, Any]:
    """Return causes as rows of a table, and how many more there are."""
    last = {record.id: record for record in records}
    rows = [
        {
            "cause": cause,
            "finding": cause.finding,
            "ms": cause.duration * 1000,
            "spark": charts.spark(cause.counts),
            "at": str(cause.finding.fix_at or cause.finding.queryset_at or ""),
            "link": editor_link(cause.finding.fix_at or cause.finding.queryset_at),
            "price": prices_row(cause.price),
            "new": last[cause.last_id].since(cause.finding),
            "last": _local(cause.last_seen),
        }
        for cause in found[:_MAX_CAUSES]
    ]
    return {"causes": rows, "further_causes": len(found) - len(rows)}


def _told(record: AuditRecord, count: int, noun: str) -> str:
    """Return what a column of a chart says when it is pointed at."""
    return f"{_time(record):%H:%M:%S}  {record.label}: {count_of(count, noun)}"


def _time(record: AuditRecord) -> datetime:
    return _local(record.started_at)


def _local(seconds: float) -> datetime:
    """Return a time since the epoch as the site shows times."""
    if not settings.USE_TZ:
        return datetime.fromtimestamp(seconds)  # the site's own choice
    return timezone.localtime(datetime.fromtimestamp(seconds, UTC))
