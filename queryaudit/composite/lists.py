"""Many keys as one list in SQL, in the form that each database reads fastest."""

import json
import re
from collections.abc import Callable
from typing import Any

from queryaudit.composite.keys import Fields, Key

SQL = tuple[str, list[Any]]


def list_sql(fields: Fields, keys: list[Key], connection: Any) -> SQL | None:
    """Return what may stand behind IN, or None where only Django's own way serves.

    That is so for other databases, for fields with SQL of their own around a
    parameter, and for keys with expressions in them.
    """
    way: Callable[..., SQL] | None = _WAYS.get(connection.vendor)
    if way is None or not all(is_plain(field, connection) for field in fields):
        return None
    columns = []
    for number, field in enumerate(fields):
        values = [key[number] for key in keys]
        if any(hasattr(type_, "resolve_expression") for type_ in set(map(type, values))):
            return None
        columns.append([field.get_db_prep_value(value, connection) for value in values])
    return way(fields, columns, connection)


def _as_json(fields: Fields, columns: list[list[Any]], _: Any) -> SQL:
    """One parameter for any number of keys, below every limit; the same SQL for all counts."""
    try:
        rows = list(zip(*columns, strict=True))
        text = json.dumps(rows, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):  # bytes, infinity
        return _as_values(columns, "VALUES ")
    if "\\u0000" in text:  # SQLite ends a JSON text there
        return _as_values(columns, "VALUES ")
    parts = ", ".join(f"json_extract(value, '$[{number}]')" for number in range(len(fields)))
    return f"(SELECT {parts} FROM json_each(%s))", [text]


def _as_values(columns: list[list[Any]], prefix: str = "") -> SQL:
    rows = list(zip(*columns, strict=True))
    row = f"({', '.join(['%s'] * len(columns))})"
    return f"({prefix}{', '.join([row] * len(rows))})", [part for row in rows for part in row]


def _as_arrays(fields: Fields, columns: list[list[Any]], connection: Any) -> SQL:
    """One array a column, so that the statement is the same for any number of keys."""
    arrays = ", ".join(f"%s::{bare_type(field, connection)}[]" for field in fields)
    return f"(SELECT * FROM unnest({arrays}))", columns


def bare_type(field: Any, connection: Any) -> str:
    """Return the database's type of ``field`` without a size: ``varchar``, not ``varchar(2)``.

    A cast to a size would cut the value, and so find or write another one.
    """
    return re.sub(r"\(.*?\)", "", field.db_type(connection) or "")


def is_plain(field: Any, connection: Any) -> bool:
    """Return whether a value of ``field`` is one parameter and nothing around it.

    An array is not: ``unnest()`` would flatten arrays of arrays.
    """
    has_sql = hasattr(field, "get_placeholder") or hasattr(field, "get_placeholder_sql")
    return not has_sql and not bare_type(field, connection).endswith("]")


_WAYS: Any = {
    "sqlite": _as_json,
    "postgresql": _as_arrays,
    "mysql": lambda _fields, columns, _connection: _as_values(columns),
}
