"""Ask for a page through Django's own WSGI or ASGI handler, without a server or a test client."""

import asyncio
from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test.utils import override_settings

from benchmarks.pages import Page

Visit = Callable[[], None]
_AUDITOR = "queryaudit.middleware.QueryAuditMiddleware"


class Stack:
    """The shop's middleware, with or without the auditor's, behind both doors."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, with_auditor: bool) -> None:
        from django.conf import settings  # noqa: PLC0415

        others = [path for path in settings.MIDDLEWARE if path != _AUDITOR]
        with override_settings(MIDDLEWARE=[_AUDITOR, *others] if with_auditor else others):
            self._wsgi = WSGIHandler()
            self._asgi = ASGIHandler()
        self._loop = loop

    def visit(self, page: Page) -> Visit:
        """Return a function that asks for ``page`` and reads the answer to its end."""
        return self._visit_async(page.path) if page.is_async else self._visit_sync(page.path)

    def _visit_sync(self, path: str) -> Visit:
        environ: dict[str, Any] = {}
        setup_testing_defaults(environ)
        environ["PATH_INFO"] = path

        def visit() -> None:
            response = self._wsgi(dict(environ), _start_response)
            for _ in response:
                pass
            response.close()
            _check(path, response.status_code)

        return visit

    def _visit_async(self, path: str) -> Visit:
        async def visit() -> None:
            await _visit_asgi(self._asgi, path)

        return lambda: self._loop.run_until_complete(visit())


def _start_response(*_: object) -> Callable[[bytes], object]:
    return len  # nothing is written through it


async def _visit_asgi(handler: ASGIHandler, path: str) -> None:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    messages = iter([{"type": "http.request", "body": b"", "more_body": False}])
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        return await asyncio.Future()  # the visitor stays until the answer is there

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await handler(scope, receive, send)  # type: ignore[arg-type]
    _check(path, *statuses)


def _check(path: str, *statuses: int) -> None:
    if statuses != (200,):
        msg = f"{path} answers {statuses}, so its cost means nothing"
        raise RuntimeError(msg)
