"""Run one statement and read its rows, chunk by chunk."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from django.db import DatabaseError

from queryaudit.errors import StatementError
from queryaudit.hooks import events
from queryaudit.rawsql.parameters import Bound, culprit
from queryaudit.rawsql.rows import nameless
from queryaudit.rawsql.statements import Statement

CHUNK: Final = 2_000  # rows: what was plain tuples is freed before the next ones come


class Question:
    """A statement with its parameters, ready for one connection."""

    __slots__ = ("connection", "model", "params", "statement", "text")

    def __init__(
        self, statement: Statement, text: str, params: Bound, connection: Any, model: Any
    ) -> None:
        self.statement = statement
        self.text = text
        self.params = params
        self.connection = connection
        self.model = model

    def run(self, cursor: Any) -> None:
        """Send the statement."""
        try:
            if events.raw_queries.listeners:
                with events.raw_queries.telling(self.model):
                    cursor.execute(self.text, self.params)
            else:
                cursor.execute(self.text, self.params)
        # While DEBUG is on, Django reads the parameters back, and lets the driver's own error out.
        except (DatabaseError, TypeError, self.connection.Database.Error) as error:
            refused = culprit(error, self.params, self.statement)
            if refused is None:
                raise
            raise refused from error

    def refuse_unread(self, *, has_names: bool = True) -> None:
        """Raise before anything runs what cannot be fetched: no rows, or no names for them."""
        statement = self.statement
        if not statement.brings_rows:
            msg = (
                f"{statement.word} returns no columns, and was not run: add RETURNING, or run it "
                "by connection.cursor()"
            )
            raise StatementError(msg)
        if has_names and statement.unnamed is not None:
            raise nameless(*statement.unnamed)


def names_of(cursor: Any, statement: Statement) -> tuple[str, ...]:
    """Return the columns that ``cursor`` brings."""
    inner = cursor.cursor
    # psycopg 3 makes objects of a description, at a third of the price of a short query.
    result = getattr(inner, "pgresult", None)
    if result is not None and result.nfields:
        return _decoded(tuple(map(result.fname, range(result.nfields))))
    description = inner.description
    if description is None:
        msg = f"{statement.word} returned no columns: run it by connection.cursor()"
        raise StatementError(msg)
    return tuple([column[0] for column in description])


@lru_cache(1_000)
def _decoded(names: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(name.decode() for name in names)


@contextmanager
def paused_gc() -> Iterator[None]:
    """Hold the cyclic garbage collector of this process, all its threads, if it was on."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
