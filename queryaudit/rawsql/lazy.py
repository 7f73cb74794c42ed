"""A sequence of rows that asks the database for its count and its slices."""

from collections.abc import AsyncIterator, Callable, Iterator
from copy import copy
from typing import Any, overload

from asgiref.sync import sync_to_async
from django.db import connections

from queryaudit.rawsql.execution import Question


class LazyRows:
    """The rows of a statement, read when they are wanted: for paginators and serializers.

    ``count()`` and ``len()`` ask for the number alone. A slice is lazy as well, and asks for
    its rows only. Reading all of it asks once and keeps the rows.
    """

    def __init__(
        self,
        question: Question,
        read: Callable[[Question], list[Any]],
        start: int = 0,
        stop: int | None = None,
    ) -> None:
        self._question = question
        self._read = read
        self._start = start
        self._stop = stop
        self._rows: list[Any] | None = None
        self._count: int | None = None

    @property
    def ordered(self) -> bool:
        """Whether the statement has an ORDER BY: pages of other rows may overlap."""
        return self._question.statement.is_ordered

    @property
    def sql(self) -> str:
        """The text as it was written."""
        return self._question.statement.text

    @property
    def alias(self) -> str:
        """The database that is asked."""
        return str(self._question.connection.alias)

    @property
    def model(self) -> Any:
        """The model whose manager was given the statement, None for SQL of no model."""
        return self._question.model

    def anew(self) -> "LazyRows":
        """Return the same rows, not yet read, on this thread's connection."""
        here = copy(self._question)
        here.connection = connections[self.alias]
        return LazyRows(here, self._read, self._start, self._stop)

    def count(self) -> int:
        """Return the number of rows."""
        if self._rows is not None:
            return len(self._rows)
        if self._count is None:
            whole = self._question if self._is_whole else self._bounded()
            asked = _with_text(whole, f"SELECT COUNT(*) FROM (\n{whole.text}\n) queryaudit_rows")  # noqa: S608
            with asked.connection.cursor() as cursor:
                asked.run(cursor)
                (self._count,) = cursor.fetchone()
        return self._count

    acount = sync_to_async(count)

    def __len__(self) -> int:
        if self._is_whole and self._rows is None:
            return self.count()
        return len(self._all())

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self._all())

    async def __aiter__(self) -> AsyncIterator[Any]:
        for row in await sync_to_async(self._all)():
            yield row

    @overload
    def __getitem__(self, key: int) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> "LazyRows | list[Any]": ...
    def __getitem__(self, key: int | slice) -> Any:
        if self._rows is not None:
            return self._rows[key]
        if isinstance(key, slice):
            if key.step not in {None, 1}:
                return self._all()[key]
            start, stop = (None if n is None else int(n) for n in (key.start, key.stop))
            if (start or 0) < 0 or (stop or 0) < 0:
                start, stop, _ = key.indices(self.count())
            return self._slice(start or 0, stop)
        number = key if key >= 0 else key + self.count()
        found = self._slice(number, number + 1)._all() if number >= 0 else []  # noqa: SLF001
        if not found:
            msg = f"row {key} of {self!r} does not exist"
            raise IndexError(msg)
        return found[0]

    def __repr__(self) -> str:
        rows = "" if self._rows is None else f", {len(self._rows)} rows read"
        return f"<{type(self).__name__} {self._question.statement.text[:60]!r}{rows}>"

    @property
    def _is_whole(self) -> bool:
        return self._start == 0 and self._stop is None

    def _slice(self, start: int, stop: int | None) -> "LazyRows":
        start += self._start
        ends = [end for end in (None if stop is None else stop + self._start, self._stop)
                if end is not None]  # fmt: skip
        return LazyRows(self._question, self._read, start, min(ends) if ends else None)

    def _all(self) -> list[Any]:
        if self._rows is None:
            if self._stop is not None and self._stop <= self._start:
                self._rows = []
            else:
                self._rows = self._read(self._question if self._is_whole else self._bounded())
        return self._rows

    def _bounded(self) -> Question:
        question, statement = self._question, self._question.statement
        stop = None if self._stop is None else max(self._stop, self._start)
        bounds = question.connection.ops.limit_offset_sql(self._start, stop)
        text = question.text
        if statement.is_bounded:
            text = f"SELECT * FROM (\n{text}\n) queryaudit_rows"  # noqa: S608
        # Else behind the ORDER BY, which MariaDB would pass over in a subquery.
        return _with_text(question, f"{text}\n{bounds}")


def _with_text(question: Question, text: str) -> Question:
    return Question(question.statement, text, question.params, question.connection, question.model)
