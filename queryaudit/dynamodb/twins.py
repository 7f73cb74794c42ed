"""Async twins. botocore waits for its sockets, so each call waits in a thread of the pool."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

from asgiref.sync import sync_to_async

from queryaudit.dynamodb.parts import Part
from queryaudit.dynamodb.plans import Plan
from queryaudit.dynamodb.reading import stream

_CHUNK = 100  # rows that one visit of the thread brings


def _twin(name: str, owner: str = "DynamoDBQuerySet") -> Callable[..., Coroutine[Any, Any, Any]]:
    async def awaited(self: Any, *args: Any, **kwargs: Any) -> Any:
        # Clients of botocore may be shared by threads: calls of one request run side by side.
        return await sync_to_async(getattr(self, name), thread_sensitive=False)(*args, **kwargs)

    awaited.__name__ = f"a{name}"
    awaited.__qualname__ = f"{owner}.a{name}"
    awaited.__doc__ = f"Do what ``{name}()`` does, in a thread."
    return awaited


class Twins(Part):
    """The async methods of a queryset."""

    aget = _twin("get")
    afirst = _twin("first")
    alast = _twin("last")
    acount = _twin("count")
    aexists = _twin("exists")
    ain_bulk = _twin("in_bulk")
    abulk_create = _twin("bulk_create")
    acreate = _twin("create")
    aget_or_create = _twin("get_or_create")
    aupdate_or_create = _twin("update_or_create")
    adelete = _twin("delete")

    async def _rows_in_thread(self) -> AsyncIterator[Any]:
        """Yield the rows, which are then kept."""
        rows, _ = await sync_to_async(self._fetch, thread_sensitive=False)()
        for row in rows:
            yield row


class ItemTwins:
    """The async methods of an item, beside PynamoDB's: what each takes and returns is theirs."""

    asave = _twin("save", "DynamoModel")
    aupdate = _twin("update", "DynamoModel")
    adelete = _twin("delete", "DynamoModel")
    arefresh = _twin("refresh", "DynamoModel")


async def stream_in_thread(plan: Plan, page_size: int | None) -> AsyncIterator[Any]:
    """Yield the rows of ``plan``, read in a thread some at a time."""
    rows = stream(plan, page_size)
    read_some = sync_to_async(_some, thread_sensitive=False)
    while chunk := await read_some(rows):
        for row in chunk:
            yield row


def _some(rows: Iterator[Any]) -> list[Any]:
    return [row for _, row in zip(range(_CHUNK), rows, strict=False)]
