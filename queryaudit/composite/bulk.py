"""Writing many rows in one statement: the table joined with a list of their new values."""

from collections.abc import Callable
from itertools import islice
from operator import attrgetter
from typing import Any

from django.db import connections, transaction
from django.db.models import Model

from queryaudit.composite.lists import SQL, bare_type, is_plain

# What one statement may carry: SQLite counts 32,766 unless built otherwise, a
# server-side PostgreSQL statement 65,535.
_MAX_PARAMS = {"sqlite": 32_000, "postgresql": 65_000, "mysql": 65_000}


def can_join(queryset: Any, objs: tuple[Any, ...], names: list[str]) -> bool:
    """Return whether the join writes just what Django's ``bulk_update()`` would write."""
    query, meta = queryset.query, queryset.model._meta
    connection = connections[queryset.db]
    is_whole = not (query.where or query.is_sliced or query.distinct or query.combinator)
    if not objs or not is_whole or connection.vendor not in _MAX_PARAMS:
        return False
    columns = {name: field for field in meta.local_concrete_fields for name in _names_of(field)}
    fields = [columns.get(name) for name in names]
    if any(field is None or field.generated or field in meta.pk_fields for field in fields):
        return False  # Django does it, or says why not
    if not all(is_plain(field, connection) for field in [*meta.pk_fields, *fields]):
        return False
    key_of = _key_of(meta)
    types = {type(getattr(obj, field.attname)) for field in fields if field for obj in objs}
    has_expressions = any(hasattr(type_, "resolve_expression") for type_ in types)
    return not has_expressions and not any(None in key_of(obj) for obj in objs)


def _names_of(field: Any) -> set[str]:
    return {field.name, field.attname}


def _key_of(meta: Any) -> Callable[[Any], tuple[Any, ...]]:
    read = attrgetter(*[field.attname for field in meta.pk_fields])
    return read if len(meta.pk_fields) > 1 else lambda obj: (read(obj),)


def update(using: str, objs: tuple[Model, ...], names: list[str], batch_size: int | None) -> int:
    """Write the fields ``names`` of ``objs``; return how many rows matched."""
    meta = objs[0]._meta
    fields: list[Any] = [meta.get_field(name) for name in dict.fromkeys(names)]
    for obj in objs:
        obj._prepare_related_fields_for_save(operation_name="bulk_update", fields=fields)  # type: ignore[attr-defined]
    connection: Any = connections[using]
    columns: list[Any] = [*meta.pk_fields, *fields]
    most = _MAX_PARAMS[connection.vendor] // len(columns)
    size = min(batch_size, most) if batch_size else most
    # Of two objects with one key the first is written, as Django does.
    rows: dict[tuple[Any, ...], Model] = {}
    for key, obj in zip(map(_key_of(meta), objs), objs, strict=True):
        rows.setdefault(key, obj)
    remaining = iter(rows.values())
    matched = 0
    with transaction.atomic(using=using, savepoint=False), connection.cursor() as cursor:
        while batch := list(islice(remaining, size)):
            values = [
                [field.get_db_prep_save(getattr(obj, field.attname), connection) for obj in batch]
                for field in columns
            ]
            cursor.execute(*_WRITERS[connection.vendor](meta, columns, values, connection))
            matched += cursor.rowcount
    return matched


def _by_rows(values: list[list[Any]]) -> list[Any]:
    return [value for row in zip(*values, strict=True) for value in row]


def _update_from(meta: Any, columns: list[Any], connection: Any, source: str) -> str:
    quote = connection.ops.quote_name
    table, keys = quote(meta.db_table), len(meta.pk_fields)
    numbered = [(quote(field.column), n) for n, field in enumerate(columns, 1)]
    sets = ", ".join(f"{name} = v.column{n}" for name, n in numbered[keys:])
    same = " AND ".join(f"{table}.{name} = v.column{n}" for name, n in numbered[:keys])
    return f"UPDATE {table} SET {sets} FROM {source} WHERE {same}"


def _for_sqlite(meta: Any, columns: list[Any], values: list[list[Any]], connection: Any) -> SQL:
    row = f"({', '.join(['%s'] * len(columns))})"
    source = f"(VALUES {', '.join([row] * len(values[0]))}) AS v"
    return _update_from(meta, columns, connection, source), _by_rows(values)


def _for_postgresql(meta: Any, columns: list[Any], values: list[list[Any]], connection: Any) -> SQL:
    """One array a column, so that the statement is the same for any number of rows."""
    arrays = ", ".join(f"%s::{bare_type(field, connection)}[]" for field in columns)
    names = ", ".join(f"column{number}" for number in range(1, len(columns) + 1))
    source = f"unnest({arrays}) AS v ({names})"
    return _update_from(meta, columns, connection, source), values


def _for_mysql(meta: Any, columns: list[Any], values: list[list[Any]], connection: Any) -> SQL:
    """Empty rows of the table itself lead the list: they bring its types and collations."""
    quote = connection.ops.quote_name
    table, keys = quote(meta.db_table), len(meta.pk_fields)
    names = [quote(field.column) for field in columns]
    row = f"SELECT {', '.join(['%s'] * len(columns))}"
    empty = f"SELECT {', '.join(names)} FROM {table} WHERE FALSE"
    source = " UNION ALL ".join([empty, *[row] * len(values[0])])
    same = " AND ".join(f"t.{name} = v.{name}" for name in names[:keys])
    sets = ", ".join(f"t.{name} = v.{name}" for name in names[keys:])
    return f"UPDATE {table} t JOIN ({source}) v ON {same} SET {sets}", _by_rows(values)


_WRITERS: dict[str, Callable[..., SQL]] = {
    "sqlite": _for_sqlite,
    "postgresql": _for_postgresql,
    "mysql": _for_mysql,
}
