"""Async twins: they run where Django's ORM runs, since the database may have to be asked."""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from asgiref.sync import sync_to_async

R = TypeVar("R")


class AsyncReads(Generic[R]):
    """Each method returns what the one without its ``a`` does."""

    first: Any
    last: Any
    exists: Any
    count: Any
    in_bulk: Any

    async def afirst(self) -> R | None:
        """Return what ``first()`` does."""
        row: R | None = await sync_to_async(self.first)()
        return row

    async def alast(self) -> R | None:
        """Return what ``last()`` does."""
        row: R | None = await sync_to_async(self.last)()
        return row

    async def aexists(self) -> bool:
        """Return what ``exists()`` does."""
        return bool(await sync_to_async(self.exists)())

    async def acount(self) -> int:
        """Return what ``count()`` does."""
        return int(await sync_to_async(self.count)())

    async def ain_bulk(
        self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk"
    ) -> dict[Any, R]:
        """Return what ``in_bulk()`` does."""
        rows: dict[Any, R] = await sync_to_async(self.in_bulk)(id_list, field_name=field_name)
        return rows
