"""The plan of one statement, asked for by a person, on the connection of the running thread."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import DatabaseError, connections

from queryaudit.errors import QueryAuditError
from queryaudit.recording.statements import sort_of

_PREFIXES: Final = {
    "sqlite": "EXPLAIN QUERY PLAN",
    "postgresql": "EXPLAIN (ANALYZE FALSE)",  # nothing in the statement can ask for more
    "mysql": "EXPLAIN",
}
_WRITING: Final = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|REPLACE)\b", re.IGNORECASE)


class PlanError(QueryAuditError):
    """The plan of a statement cannot be asked for, or the database refused."""


def plan_of(alias: str, sql: str, params: Any) -> str:
    """Return the plan of one SELECT as the database writes it, a line a row; nothing is run.

    Raises PlanError where the statement is no single SELECT, where plans of the database are
    not known, or where it refuses. No audit counts it.
    """
    if alias not in connections.settings:
        msg = f"DATABASES has no {alias!r} any more"
        raise PlanError(msg)
    connection = connections[alias]
    prefix = _PREFIXES.get(connection.vendor)
    if prefix is None:
        msg = f"plans of {connection.vendor} are not known; known: {', '.join(_PREFIXES)}"
        raise PlanError(msg)
    _, word = sort_of(sql)
    is_select = word == "SELECT" or (word == "WITH" and not _WRITING.search(sql))
    if not is_select or ";" in sql.rstrip("; \n"):
        msg = f"a plan is asked for single SELECTs, not for {word or 'this statement'}"
        raise PlanError(msg)
    try:
        connection.ensure_connection()
        with connection.wrap_database_errors, quiet_cursor(connection) as cursor:
            cursor.execute(f"{prefix} {sql}", params or None)
            return "\n".join(_line_of(row, connection.vendor) for row in cursor.fetchall())
    # Drivers refuse some parameters by errors of Python.
    except (DatabaseError, ValueError, LookupError, TypeError, ArithmeticError) as error:
        msg = f"the database refuses: {error}"
        raise PlanError(msg) from error


def _line_of(row: Any, vendor: str) -> str:
    """Return a row of a plan as text: SQLite has it last, after numbers of its own."""
    return " | ".join(str(value) for value in row) if vendor == "mysql" else str(row[-1])


@contextmanager
def quiet_cursor(connection: Any) -> Iterator[Any]:
    """Yield a cursor that nobody watches, and leave the site's transaction as it is."""
    cursor = connection.create_cursor()
    # An error would end the site's transaction, on PostgreSQL.
    is_kept = connection.vendor == "postgresql" and not connection.get_autocommit()
    try:
        if is_kept:
            cursor.execute("SAVEPOINT queryaudit_plan")
        try:
            yield cursor
        finally:
            if is_kept:
                cursor.execute("ROLLBACK TO SAVEPOINT queryaudit_plan")
                cursor.execute("RELEASE SAVEPOINT queryaudit_plan")
    finally:
        cursor.close()
