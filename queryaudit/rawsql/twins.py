"""Async twins, which run where Django's ORM runs."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from asgiref.sync import sync_to_async

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")


def twin(
    method: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """Return the async twin of ``method``, which runs it where Django's ORM runs."""

    @wraps(method)
    async def awaited(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await sync_to_async(method)(self, *args, **kwargs)

    awaited.__name__ = f"a{method.__name__}"
    return awaited


def _next(chunks: Generator[list[Any], None, None]) -> list[Any] | None:
    return next(chunks, None)  # StopIteration passes no coroutine


async def pass_on(chunks: Generator[list[Any], None, None]) -> AsyncGenerator[Any, None]:
    """Yield the rows of ``chunks``, which are read one by one in Django's thread."""
    try:
        while (chunk := await sync_to_async(_next)(chunks)) is not None:
            for row in chunk:
                yield row
    finally:
        await sync_to_async(chunks.close)()
