"""From a text and its parameters to rows: the database, the statement, the cursor."""

from collections.abc import Generator, Mapping
from typing import Any, Final

from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connections, router

from queryaudit.errors import ParameterError
from queryaudit.rawsql.converters import Plan, Types, plan_of
from queryaudit.rawsql.execution import CHUNK, Question, names_of
from queryaudit.rawsql.identifiers import quote
from queryaudit.rawsql.parameters import Empty, bind
from queryaudit.rawsql.refusals import Params
from queryaudit.rawsql.statements import measure, no_text
from queryaudit.rawsql.values import PLAIN

_NONE: Final[dict[str, str]] = {}


class Asking:
    """What the methods have in common. ``model`` is None for SQL of no model."""

    model: Any
    raw_types: Types | None = None
    raw_empty: Empty = "raise"
    raw_pause_gc = False

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
        if not isinstance(sql, str):
            raise no_text(sql)
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
