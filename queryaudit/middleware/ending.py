"""What follows an audited request: headers for viewers, the signal, the store, the log."""

import logging
from typing import Any, Final
from weakref import ref

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from queryaudit import conf
from queryaudit.auditing import Audit
from queryaudit.errors import log_once
from queryaudit.keeping import keep
from queryaudit.reports import opentelemetry
from queryaudit.reports.server_timing import audit_header, server_timing
from queryaudit.signals import request_audited
from queryaudit.stores.writer import writer
from queryaudit.viewers import may_view

_HEADER: Final = "X-Queryaudit"
_OWN_APPS: Final = {"djdt", "queryaudit"}

_logger = logging.getLogger("queryaudit")


class Ending:
    """The end of one request, which comes once: when its response is closed, or forgotten.

    It hangs on the response, so it holds the response weakly, and a response that
    is pickled into a cache leaves it behind.
    """

    def __init__(self, audit: Audit, request: HttpRequest, response: HttpResponseBase) -> None:
        self._is_done = self._is_kept = False
        self._audit = audit
        self._request: HttpRequest | None = request
        self._response = ref(response)
        audit.describe_request(request, response.status_code)
        match = request.resolver_match
        # The toolbar's requests and the dashboard's are nobody's pages.
        self._is_kept = match is None or _OWN_APPS.isdisjoint(match.app_names)

    def _may_show(self) -> bool:
        request = self._request
        return request is not None and conf.get().server_timing and may_view(request)

    def show_id(self, response: HttpResponseBase) -> None:
        """Set the one header that is known before a streamed body runs."""
        if self._may_show():
            response.headers[_HEADER] = f"id={self._audit.id}"

    def tell_span(self) -> None:
        """Tell the site's tracing, which ends with the request, what was found in it."""
        if opentelemetry.has_span():
            audit = self._audit
            opentelemetry.describe_span(
                id_=audit.id,
                query_count=audit.query_count,
                db_time=audit.db_time,
                dynamodb=audit.dynamodb,
                expected=audit.expected_count,
                findings=audit.findings,
            )

    def show_headers(self, response: HttpResponseBase) -> None:
        """Set the headers for a viewer."""
        if self._may_show():
            timing = [response.headers.get("Server-Timing"), server_timing(self._audit)]
            response.headers["Server-Timing"] = ", ".join(filter(None, timing))
            response.headers[_HEADER] = audit_header(self._audit)

    def __call__(self) -> None:
        """End the audit, send the signal, and have the writer judge, keep and print it."""
        if self._is_done:
            return
        self._is_done = True
        try:
            self._audit.end()
            if self._is_kept:
                if request_audited.receivers:
                    self._send()
                # What waits for the writer holds no upload and no user.
                self._request = None
                writer.submit(self._keep)
        except Exception:  # noqa: BLE001
            log_once("handing an audit on")

    def __del__(self) -> None:
        # Nobody closed the response: another middleware put its own in its place, or
        # the client went away. This may run inside the garbage collector, anywhere,
        # so it takes no lock and calls nobody: no signal, nothing for an audit around.
        if not self._is_done and self._is_kept:
            self._is_done, self._request = True, None
            self._audit.stop()
            writer.leave(self._keep)

    def __reduce__(self) -> tuple[Any, tuple[None]]:
        # What a cache unpickles can be called like a closer, and does nothing.
        return type, (None,)

    def _send(self) -> None:
        heard = request_audited.send_robust(
            type(self._audit),
            request=self._request,
            response=self._response(),
            audit=self._audit,
        )
        for receiver, result in heard:
            if isinstance(result, Exception):
                _logger.error("%s failed at request_audited", receiver, exc_info=result)

    def _keep(self) -> None:
        keep(self._audit)
