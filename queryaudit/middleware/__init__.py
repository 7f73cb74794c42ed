"""The middleware: audits requests, sync and async, streamed bodies to their end."""

import random
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import MiddlewareNotUsed
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse

from queryaudit import conf, stores
from queryaudit.auditing import Audit
from queryaudit.errors import FindingsError, log_once
from queryaudit.middleware.bodies import audit_body
from queryaudit.middleware.ending import Ending
from queryaudit.stores.writer import writer

__all__ = ["QueryAuditMiddleware"]

Response = HttpResponseBase


class QueryAuditMiddleware:
    """Audit each request that ``ENABLED`` and ``SAMPLE`` let through.

    The running audit is ``request.queryaudit``. Of a plain response the recording
    stops when this middleware returns, of a streamed one when its body has been
    read, closed or abandoned. What the auditor itself does wrong is logged once;
    the visitor gets the page.
    """

    sync_capable = True
    async_capable = True

    def __init__(
        self, get_response: Callable[[HttpRequest], Response | Awaitable[Response]]
    ) -> None:
        if not conf.is_enabled():
            raise MiddlewareNotUsed("QUERYAUDIT['ENABLED'] is off (None stands for DEBUG)")
        self.get_response = get_response
        # So that the first request of this process knows what is new in it.
        writer.submit(stores.refresh_history)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Response | Awaitable[Response]:
        if self._is_async:
            return self.__acall__(request)
        audit = _begin(request)
        if audit is None:
            return self.get_response(request)
        try:
            with audit.active():
                response = cast(Response, self.get_response(request))
        except BaseException:
            audit.end()
            raise
        return _finish(audit, request, response)

    async def __acall__(self, request: HttpRequest) -> Response:
        audit = _begin(request)
        if audit is None:
            return await cast(Awaitable[Response], self.get_response(request))
        try:
            with audit.active():
                response = await cast(Awaitable[Response], self.get_response(request))
        except BaseException:
            audit.end()
            raise
        return _finish(audit, request, response)


def _begin(request: HttpRequest) -> Audit | None:
    """Return the request's audit, begun; None where it is not to be audited."""
    try:
        settings = conf.get()
        if not conf.is_enabled():  # switched off since this middleware was made
            return None
        if settings.sample < 1 and random.random() >= settings.sample:  # noqa: S311
            return None
        if isinstance(settings.enabled, str) and not conf.function_at(settings.enabled)(request):
            return None
        audit = Audit(label=f"{request.method} {request.path}")
        audit.begin()
        request.queryaudit = audit  # type: ignore[attr-defined]
        return audit
    except Exception:  # noqa: BLE001
        log_once("beginning the audit of a request")
        return None


def _finish(audit: Audit, request: HttpRequest, response: Response) -> Response:
    """End the audit, or have the end of the body end it, and pass the response on.

    Raises FindingsError where the site asked for it and the page is no error page.
    """
    ending = None
    try:
        ending = Ending(audit, request, response)
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            ending.show_id(response)
            audit_body(audit, response, ending)
            return response
        audit.end()
        response._resource_closers.append(ending)  # type: ignore[attr-defined]  # noqa: SLF001
        ending.show_headers(response)
        ending.tell_span()
    except Exception:  # noqa: BLE001
        log_once("ending the audit of a request")
    if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and not response.streaming:
        try:
            audit.raise_findings()
        except FindingsError:
            if ending is not None:
                ending()  # nobody will close this response
            raise
    return response
