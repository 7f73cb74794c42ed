"""Audit a streamed body while it is read, sync or async, until it ends in any way."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Self

from django.http.response import StreamingHttpResponse

from queryaudit.auditing import Audit
from queryaudit.errors import log_once


class _Body:
    """A body whose audit ends when it was read, closed or forgotten, whichever is first.

    Iterators by hand: the ``finally`` of a generator that was never started does
    not run when it is closed.
    """

    def __init__(self, audit: Audit, then: Callable[[], None]) -> None:
        self._audit = audit
        self._then = then

    def close(self) -> None:
        """End the audit. Django calls it with the response."""
        if self._audit.has_ended:
            return
        try:
            self._audit.end()
            self._then()
        except Exception:  # noqa: BLE001
            log_once("ending the audit of a streamed body")

    def __del__(self) -> None:
        self.close()


class _SyncBody(_Body):
    def __init__(self, audit: Audit, then: Callable[[], None], parts: Iterator[bytes]) -> None:
        super().__init__(audit, then)
        self._parts = parts

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            with self._audit.active():
                return next(self._parts)
        except BaseException:  # StopIteration, too
            self.close()
            raise


class _AsyncBody(_Body):
    def __init__(self, audit: Audit, then: Callable[[], None], parts: AsyncIterator[bytes]) -> None:
        super().__init__(audit, then)
        self._parts = parts

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            with self._audit.active():
                return await anext(self._parts)
        except BaseException:  # StopAsyncIteration, too
            self.close()
            raise


def audit_body(audit: Audit, response: StreamingHttpResponse, then: Callable[[], None]) -> None:
    """Have ``audit`` record what the body of ``response`` does; ``then`` runs after its end."""
    parts = response.streaming_content
    if response.is_async:
        response.streaming_content = _AsyncBody(audit, then, parts)  # type: ignore[arg-type]
    else:
        response.streaming_content = _SyncBody(audit, then, parts)  # type: ignore[arg-type]
