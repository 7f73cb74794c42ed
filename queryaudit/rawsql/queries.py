"""What a manager of raw SQL answers: rows, a row, a value, instances, a stream, a plan."""

import json
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from queryaudit.errors import ColumnError
from queryaudit.rawsql.asking import Asking
from queryaudit.rawsql.converters import Types, value_plan
from queryaudit.rawsql.execution import CHUNK, names_of, paused_gc
from queryaudit.rawsql.instances import read_instances
from queryaudit.rawsql.lazy import LazyRows
from queryaudit.rawsql.parameters import Empty
from queryaudit.rawsql.refusals import Params
from queryaudit.rawsql.twins import pass_on, twin


class RawQueries(Asking):
    """The methods of ``RawSQLManager`` and ``RawSQLMixin``.

    ``params`` are a dict for ``%(name)s`` or a list for ``%s``; a list directly after IN is
    expanded. ``types`` are fields for columns that are none of the model's. ``identifiers``
    are fields of the model for ``{name}``. ``using`` is the alias; else a router is asked.
    ``empty`` tells what an empty list after IN means: ``"raise"``, or ``"match_none"``.
    """

    def fetch(
        self,
        sql: str,
        params: Params = None,
        *,
        types: Types | None = None,
        identifiers: Mapping[str, str] | None = None,
        using: str | None = None,
        empty: Empty | None = None,
        pause_gc: bool | None = None,
    ) -> list[Any]:
        """Return the rows as named tuples.

        ``pause_gc`` holds Python's cyclic garbage collector while the rows are built, in all
        threads of the process.
        """
        question = self._ask(sql, params, identifiers, using, empty)
        if not question.statement.is_fetchable:
            question.refuse_unread()
        if self.raw_pause_gc if pause_gc is None else pause_gc:
            with paused_gc():
                return self._read(question, types)
        return self._read(question, types)

    def fetch_one(
        self,
        sql: str,
        params: Params = None,
        *,
        types: Types | None = None,
        identifiers: Mapping[str, str] | None = None,
        using: str | None = None,
        empty: Empty | None = None,
    ) -> Any:
        """Return the only row; the model's DoesNotExist or MultipleObjectsReturned else."""
        question = self._ask(sql, params, identifiers, using, empty)
        if not question.statement.is_fetchable:
            question.refuse_unread()
        with question.connection.cursor() as cursor:
            question.run(cursor)
            plan = self._plan(question, cursor, types)
            return next(iter(plan.make(self._only(cursor))))

    def fetch_value(
        self,
        sql: str,
        params: Params = None,
        *,
        types: Types | None = None,
        identifiers: Mapping[str, str] | None = None,
        using: str | None = None,
        empty: Empty | None = None,
    ) -> Any:
        """Return the value of the only column of the only row, whatever the column's name."""
        question = self._ask(sql, params, identifiers, using, empty)
        question.refuse_unread(has_names=False)
        with question.connection.cursor() as cursor:
            question.run(cursor)
            names = names_of(cursor, question.statement)
            if len(names) != 1:
                msg = f"a value is one column, not {len(names)}: {', '.join(names)}"
                raise ColumnError(msg, name=names[1], position=(2,))
            plan = value_plan(question.connection, self.model, names[0], types, self.raw_types)
            return next(iter(plan.convert(self._only(cursor))))[0]

    def fetch_models(
        self,
        sql: str,
        params: Params = None,
        *,
        identifiers: Mapping[str, str] | None = None,
        using: str | None = None,
        empty: Empty | None = None,
        defer: bool = False,
    ) -> list[Any]:
        """Return the rows as instances of the model, to be changed and saved.

        A SELECT without some columns is refused: each access would be one more query, and
        ``save()`` would write the others only. ``defer=True`` allows it.
        """
        question = self._ask(sql, params, identifiers, using, empty)
        question.refuse_unread(has_names=False)
        return read_instances(question, defer=defer)

    def iterator(
        self,
        sql: str,
        params: Params = None,
        *,
        types: Types | None = None,
        identifiers: Mapping[str, str] | None = None,
        using: str | None = None,
        empty: Empty | None = None,
        chunk_size: int = CHUNK,
    ) -> Generator[Any, None, None]:
        """Return the rows one by one, ``chunk_size`` of them in memory; PostgreSQL streams."""
        chunks = self._stream(sql, params, types, identifiers, using, empty, chunk_size)
        return (row for chunk in chunks for row in chunk)

    def aiterator(
        self,
        sql: str,
        params: Params = None,
        *,
        types: Types | None = None,
        identifiers: Mapping[str, str] | None = None,
        using: str | None = None,
        empty: Empty | None = None,
        chunk_size: int = CHUNK,
    ) -> AsyncGenerator[Any, None]:
        """Return the rows one by one for ``async for``, ``chunk_size`` of them in memory."""
        chunks = self._stream(sql, params, types, identifiers, using, empty, chunk_size)
        return pass_on(chunks)

    def lazy(
        self,
        sql: str,
        params: Params = None,
        *,
        types: Types | None = None,
        identifiers: Mapping[str, str] | None = None,
        using: str | None = None,
        empty: Empty | None = None,
    ) -> LazyRows:
        """Return a sequence for paginators: its count and its slices ask the database."""
        question = self._ask(sql, params, identifiers, using, empty)
        if not question.statement.is_fetchable:
            question.refuse_unread()
        return LazyRows(question, lambda asked: self._read(asked, types))

    def explain(
        self,
        sql: str,
        params: Params = None,
        *,
        identifiers: Mapping[str, str] | None = None,
        using: str | None = None,
        empty: Empty | None = None,
        format: str | None = None,  # noqa: A002  # Django's name
        **options: Any,
    ) -> str:
        """Return the database's plan; ``format`` and options as ``QuerySet.explain()`` has them."""
        question = self._ask(sql, params, identifiers, using, empty)
        prefix = question.connection.ops.explain_query_prefix(format, **options)
        question.text = f"{prefix} {question.text}"
        write = json.dumps if format and format.lower() == "json" else str
        with question.connection.cursor() as cursor:
            question.run(cursor)
            return "\n".join(
                " ".join(part if isinstance(part, str) else write(part) for part in row)
                for row in cursor.fetchall()
            )

    afetch = twin(fetch)
    afetch_one = twin(fetch_one)
    afetch_value = twin(fetch_value)
    afetch_models = twin(fetch_models)
    aexplain = twin(explain)  # type: ignore[arg-type]  # options have any name
