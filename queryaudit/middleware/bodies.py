"""Audit a streamed body while it is read, sync or async, until it ends in any way."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, Self

from django.http.response import StreamingHttpResponse

from queryaudit.auditing import Audit


class _Body:
    """A body whose audit ends when it was read, closed or forgotten, whichever is first.

    Iterators by hand: the ``finally`` of a generator that was never started does
    not run when it is closed. Forgotten bodies are ended by what ``then`` is.
    """

    def __init__(
        self, audit: Audit, then: Callable[[], None], parts: Any, closers: list[Any]
    ) -> None:
        self._audit = audit
        self._then = then
        self._parts = parts
        self._closers = closers

    def close(self) -> None:
        """Close what the site opened, whose last queries count, and end the audit."""
        closers, self._closers, self._parts = self._closers, [], iter(())
        with self._audit.active():
            for close in closers:
                with suppress(Exception):  # as Django does, which closes all of them
                    close()
        self._then()


class _SyncBody(_Body):
    _parts: Iterator[bytes]

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            with self._audit.active():
                return next(self._parts)
        except BaseException:  # StopIteration, too
            self._then()
            raise


class _AsyncBody(_Body):
    _parts: AsyncIterator[bytes]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            with self._audit.active():
                return await anext(self._parts)
        except BaseException:  # StopAsyncIteration, too
            self._then()
            raise

    async def aclose(self) -> None:
        """Close the site's iterator at once, where the server asks for it."""
        parts = self._parts
        try:
            with suppress(AttributeError), self._audit.active():
                await parts.aclose()  # type: ignore[attr-defined]
        finally:
            self._then()


def audit_body(audit: Audit, response: StreamingHttpResponse, then: Callable[[], None]) -> None:
    """Have ``audit`` record what the body of ``response`` does; ``then`` ends it."""
    closers = response._resource_closers  # type: ignore[attr-defined]  # noqa: SLF001
    # Django would close the site's iterators with the response; the body does so instead.
    taken, closers[:] = list(closers), []
    # Not streaming_content, which holds the response that will hold the body.
    parts = response._iterator  # type: ignore[attr-defined]  # noqa: SLF001
    body = _AsyncBody if response.is_async else _SyncBody
    response.streaming_content = body(audit, then, parts, taken)
