"""What follows an audited request: headers for viewers, the store, the log, the signal."""

import logging
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from queryaudit import conf, stores
from queryaudit.auditing import Audit
from queryaudit.errors import log_once
from queryaudit.findings.record import AuditRecord
from queryaudit.reports import console
from queryaudit.reports.server_timing import audit_header, server_timing
from queryaudit.signals import request_audited
from queryaudit.stores.writer import writer
from queryaudit.viewers import may_view

_HEADER: Final = "X-Queryaudit"
_MAX_SEEN: Final = 10_000

_logger = logging.getLogger("queryaudit")
_seen: dict[str, None] = {}  # ids that the console has explained; the oldest goes first


def show_id(audit: Audit, request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the one header that is known before a streamed body runs."""
    if conf.get().server_timing and may_view(request):
        response.headers[_HEADER] = f"id={audit.id}"


def show_headers(
    audit: Audit, request: HttpRequest, response: HttpResponseBase
) -> AuditRecord | None:
    """Set the headers for a viewer and return the record made for them, None for strangers."""
    if not (conf.get().server_timing and may_view(request)):
        return None
    record = _record(audit, request, response)
    timing = [response.headers.get("Server-Timing"), server_timing(record)]
    response.headers["Server-Timing"] = ", ".join(filter(None, timing))
    response.headers[_HEADER] = audit_header(record)
    return record


def keep(
    audit: Audit,
    request: HttpRequest,
    response: HttpResponseBase,
    record: AuditRecord | None = None,
) -> None:
    """Send the signal, and have the writer judge, keep and print the audit.

    Runs when the response is closed, in the request's thread. Requests of the
    debug toolbar itself are not kept.
    """
    try:
        match = request.resolver_match
        if match is not None and "djdt" in match.namespaces:
            return
        _send(audit, request, response)
        writer.submit(lambda: _print_and_keep(record or _record(audit, request, response)))
    except Exception:  # noqa: BLE001
        log_once("handing an audit on")


def _send(audit: Audit, request: HttpRequest, response: HttpResponseBase) -> None:
    heard = request_audited.send_robust(
        type(audit), request=request, response=response, audit=audit
    )
    for receiver, result in heard:
        if isinstance(result, Exception):
            _logger.error("%s failed at request_audited", receiver, exc_info=result)


def _print_and_keep(record: AuditRecord) -> None:
    _print(record)
    stores.current().write(record)


def _record(audit: Audit, request: HttpRequest, response: HttpResponseBase) -> AuditRecord:
    match = request.resolver_match
    return audit.to_record(
        view=match.view_name if match else "",
        method=request.method or "",
        path=request.path,
        status=response.status_code,
    )


def _print(record: AuditRecord) -> None:
    """Log one line for a request with findings, and each finding in full the first time."""
    line = console.render_line(record)
    if not line:
        return
    new = {finding.id for finding in record.findings} - _seen.keys()
    _seen.update(dict.fromkeys(new))
    while len(_seen) > _MAX_SEEN:
        del _seen[next(iter(_seen))]
    _logger.warning("%s", "\n".join(filter(None, (line, console.render_fixes(record, new)))))
