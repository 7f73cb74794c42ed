"""The ways to read rows that are compared: each returns a function of the number of rows."""

from collections import namedtuple
from collections.abc import Callable
from typing import Any, Final

import aiosql
import sqlalchemy
from django.db import connections
from sqlalchemy.pool import StaticPool

from benchmarks.rows.models import Plain, Typed

Read = Callable[[int], Any]

LIMIT: Final = "cursor.fetchall()"
FETCH: Final = "rawsql.fetch"
PAUSED: Final = "rawsql.fetch, pause_gc"
_COLUMNS: Final = {
    Plain: "id, title, size, ratio, note, year, artist, weight",
    Typed: "price, is_new, code, details, seen_at, day, duration",
}


def ways(alias: str, model: Any = Plain) -> dict[str, Read]:
    """Return what is compared on ``alias``: the limit first, which is Django's own cursor."""
    columns, table = _COLUMNS[model], model._meta.db_table  # noqa: SLF001
    sql = f"SELECT {columns} FROM {table} WHERE id <= %(most)s"  # noqa: S608
    connection = connections[alias]
    connection.ensure_connection()

    def fetchall(most: int) -> Any:
        with connections[alias].cursor() as cursor:
            cursor.execute(sql, {"most": most})
            return cursor.fetchall()

    def recipe(most: int) -> Any:
        """The recipe of Django's documentation, namedtuplefetchall()."""
        with connections[alias].cursor() as cursor:
            cursor.execute(sql, {"most": most})
            row = namedtuple("Result", [column[0] for column in cursor.description])  # type: ignore[misc]
            return [row(*values) for values in cursor.fetchall()]

    rows = model.rows.using(alias)
    names = columns.split(", ")
    listed = {
        LIMIT: fetchall,
        FETCH: lambda most: rows.fetch(sql, {"most": most}),
        PAUSED: lambda most: rows.fetch(sql, {"most": most}, pause_gc=True),
        "documentation's recipe": recipe,
        "raw()": lambda most: list(
            model.objects.db_manager(alias).raw(
                sql if model is Plain else sql.replace("SELECT", "SELECT id,"), {"most": most}
            )
        ),
        "values_list(named=True)": lambda most: list(
            model.objects.using(alias).filter(id__lte=most).values_list(*names, named=True)
        ),
    }
    return {**listed, **_others(alias, sql, connection)}


def _others(alias: str, sql: str, connection: Any) -> dict[str, Read]:
    is_sqlite = alias == "default"
    text = sql.replace("%(most)s", ":most")
    queries = aiosql.from_str(
        f"-- name: read(most)\n{text}\n", "sqlite3" if is_sqlite else "psycopg"
    )
    engine = sqlalchemy.create_engine(
        "sqlite://" if is_sqlite else "postgresql+psycopg://",
        creator=lambda: connection.connection,
        poolclass=StaticPool,
        isolation_level="AUTOCOMMIT",
    )
    statement = sqlalchemy.text(text)

    def core(most: int) -> Any:
        with engine.connect() as connected:
            return connected.execute(statement, {"most": most}).all()

    return {
        "aiosql": lambda most: list(queries.read(connection.connection, most=most)),
        "SQLAlchemy Core": core,
    }
