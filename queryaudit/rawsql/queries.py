"""What a manager of raw SQL answers: rows, a row, a value, instances, a stream, a plan."""

import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connections, router

from queryaudit.errors import ColumnError, ParameterError
from queryaudit.rawsql.converters import Plan, Types, plan_of, value_plan
from queryaudit.rawsql.execution import CHUNK, Question, names_of, paused_gc
from queryaudit.rawsql.identifiers import quote
from queryaudit.rawsql.instances import read_instances
from queryaudit.rawsql.lazy import LazyRows
from queryaudit.rawsql.parameters import PLAIN, Empty, Params, bind
from queryaudit.rawsql.statements import measure

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

_NONE: dict[str, str] = {}


def twin(
    method: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """Return the async twin of ``method``, which runs it where Django's ORM runs."""

    @wraps(method)
    async def awaited(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await sync_to_async(method)(self, *args, **kwargs)

    awaited.__name__ = f"a{method.__name__}"
    return awaited


class RawQueries:
    """The methods of ``RawSQLManager`` and ``RawSQLMixin``.

    ``params`` are a dict for ``%(name)s`` or a list for ``%s``; a list directly after IN is
    expanded. ``types`` are fields for columns that are none of the model's. ``identifiers``
    are fields of the model for ``{name}``. ``using`` is the alias; else a router is asked.
    ``empty`` tells what an empty list after IN means: ``"raise"``, or ``"match_none"``.
    """

    model: Any
    raw_types: Types | None = None
    raw_empty: Empty = "raise"
    raw_pause_gc = False

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
        return _pass_on(chunks)

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

    def _alias(self, *, writes: bool) -> str:
        """Return where a statement of the model goes."""
        if self.model is None:
            return DEFAULT_DB_ALIAS
        return router.db_for_write(self.model) if writes else router.db_for_read(self.model)

    def _ask(
        self,
        sql: str,
        params: Params,
        identifiers: Mapping[str, str] | None,
        using: str | None,
        empty: Empty | None,
    ) -> Question:
        connection = connections[using or self._alias(writes=False)]
        statement = measure(sql, connection.vendor)
        if statement.writes and using is None:
            connection = connections[self._alias(writes=True)]
            statement = measure(sql, connection.vendor)
        if (
            type(params) is dict
            and statement.takes_names
            and params.keys() == statement.names
            and not identifiers
            and PLAIN.issuperset(map(type, params.values()))
        ):
            return Question(statement, statement.text, params, connection, self.model)
        names = _NONE
        if identifiers or statement.identifiers:
            names = quote(statement, identifiers, self.model, connection)
        text, values = bind(statement, params, connection, empty or self.raw_empty, names)
        return Question(statement, text, values, connection, self.model)

    def _read(self, question: Question, types: Types | None) -> list[Any]:
        with question.connection.cursor() as cursor:
            question.run(cursor)
            plan = self._plan(question, cursor, types)
            fetchmany = cursor.fetchmany
            chunk = fetchmany(CHUNK)
            rows = list(plan.make(chunk))
            while len(chunk) == CHUNK:
                chunk = fetchmany(CHUNK)
                rows.extend(plan.make(chunk))
            return rows

    def _stream(
        self, sql: str, params: Params, types: Types | None,
        identifiers: Mapping[str, str] | None, using: str | None, empty: Empty | None, size: int,
    ) -> Generator[list[Any], None, None]:  # fmt: skip
        if size < 1:
            msg = f"chunk_size is {size}: at least one row has to come at a time"
            raise ParameterError(msg, name="chunk_size")
        question = self._ask(sql, params, identifiers, using, empty)
        if not question.statement.is_fetchable:
            question.refuse_unread()
        return self._chunks(question, types, size)

    def _chunks(
        self, question: Question, types: Types | None, size: int
    ) -> Generator[list[Any], None, None]:
        connection = question.connection
        # A cursor on the server serves SELECT alone, and no pooler that mixes transactions.
        is_on_server = not question.statement.writes and not connection.settings_dict.get(
            "DISABLE_SERVER_SIDE_CURSORS"
        )
        with connection.chunked_cursor() if is_on_server else connection.cursor() as cursor:
            question.run(cursor)
            chunk = cursor.fetchmany(size)
            plan = self._plan(question, cursor, types)
            while chunk:
                yield list(plan.make(chunk))
                chunk = cursor.fetchmany(size)

    def _plan(self, question: Question, cursor: Any, types: Types | None) -> Plan:
        names = names_of(cursor, question.statement)
        return plan_of(question.connection, self.model, names, types, self.raw_types)

    def _only(self, cursor: Any) -> Any:
        rows = cursor.fetchmany(2)
        if len(rows) == 1:
            return rows
        what = "row" if self.model is None else self.model._meta.object_name  # noqa: SLF001
        if not rows:
            error = ObjectDoesNotExist if self.model is None else self.model.DoesNotExist
            msg = f"{what} matching the statement does not exist."
            raise error(msg)
        error = (
            MultipleObjectsReturned if self.model is None else self.model.MultipleObjectsReturned
        )
        msg = f"the statement returned more than one {what}"
        raise error(msg)


def _next(chunks: Generator[list[Any], None, None]) -> list[Any] | None:
    return next(chunks, None)  # StopIteration passes no coroutine


async def _pass_on(chunks: Generator[list[Any], None, None]) -> AsyncGenerator[Any, None]:
    try:
        while (chunk := await sync_to_async(_next)(chunks)) is not None:
            for row in chunk:
                yield row
    finally:
        await sync_to_async(chunks.close)()
