"""Writing many rows in one statement: the table joined with a list of their new values."""

from itertools import islice
from typing import Any

from django.db import connections, transaction
from django.db.models import Model

from queryaudit.composite.lists import bare_type

# What one statement may carry: SQLite counts 32,766 unless built otherwise, a
# server-side PostgreSQL statement 65,535.
_MAX_PARAMS = {"sqlite": 32_000, "postgresql": 65_000, "mysql": 65_000}


def can_join(queryset: Any, objs: tuple[Any, ...], names: list[str]) -> bool:
    """Return whether the join writes just what Django's ``bulk_update()`` would write."""
    query, meta = queryset.query, queryset.model._meta
    if query.where or query.is_sliced or query.distinct or query.combinator or not objs:
        return False
    if connections[queryset.db].vendor not in _MAX_PARAMS:
        return False
    try:
        fields = [meta.get_field(name) for name in names]
    except LookupError:
        return False
    if any(field not in meta.local_concrete_fields or _is_special(field) for field in fields):
        return False
    if meta.pk in fields or any(field in meta.pk_fields for field in fields):
        return False
    attnames = [field.attname for field in fields]
    return all(
        obj._is_pk_set()
        and not any(hasattr(getattr(obj, a), "resolve_expression") for a in attnames)
        for obj in objs
    )


def _is_special(field: Any) -> bool:
    return (
        hasattr(field, "get_placeholder")
        or hasattr(field, "get_placeholder_sql")
        or field.generated
    )


def update(using: str, objs: tuple[Model, ...], names: list[str], batch_size: int | None) -> int:
    """Write the fields ``names`` of ``objs``; return how many rows matched."""
    meta = objs[0]._meta
    fields = [meta.get_field(name) for name in dict.fromkeys(names)]
    for obj in objs:
        obj._prepare_related_fields_for_save(operation_name="bulk_update", fields=fields)  # type: ignore[attr-defined]
    connection: Any = connections[using]
    columns = [*meta.pk_fields, *fields]
    most = _MAX_PARAMS[connection.vendor] // len(columns)
    size = min(batch_size, most) if batch_size else most
    # Of two objects with one key the first is written, as Django does.
    rows = {obj.pk: obj for obj in reversed(objs)}
    remaining = iter([rows[key] for key in dict.fromkeys(obj.pk for obj in objs)])
    matched = 0
    with transaction.atomic(using=using, savepoint=False), connection.cursor() as cursor:
        while batch := list(islice(remaining, size)):
            params = _values(batch, columns, connection)
            cursor.execute(_sql(meta, fields, len(batch), connection), params)
            matched += cursor.rowcount
    return matched


def _values(batch: list[Any], columns: list[Any], connection: Any) -> list[Any]:
    prepared = [
        [field.get_db_prep_save(getattr(obj, field.attname), connection) for obj in batch]
        for field in columns
    ]
    return [value for row in zip(*prepared, strict=True) for value in row]


def _sql(meta: Any, fields: list[Any], count: int, connection: Any) -> str:
    return _WRITERS[connection.vendor](meta, fields, count, connection)  # type: ignore[no-any-return]


def _update_from(meta: Any, fields: list[Any], connection: Any, source: str) -> str:
    quote = connection.ops.quote_name
    table, keys = quote(meta.db_table), meta.pk_fields
    sets = ", ".join(
        f"{quote(field.column)} = v.column{number}"
        for number, field in enumerate(fields, len(keys) + 1)
    )
    same = " AND ".join(
        f"{table}.{quote(field.column)} = v.column{number}" for number, field in enumerate(keys, 1)
    )
    return f"UPDATE {table} SET {sets} FROM ({source}) AS v WHERE {same}"


def _for_sqlite(meta: Any, fields: list[Any], count: int, connection: Any) -> str:
    row = f"({', '.join(['%s'] * (len(meta.pk_fields) + len(fields)))})"
    return _update_from(meta, fields, connection, f"VALUES {', '.join([row] * count)}")


def _for_postgresql(meta: Any, fields: list[Any], count: int, connection: Any) -> str:
    """The first row says the types, without sizes: a cast to a size would cut the value."""
    columns = [*meta.pk_fields, *fields]
    first = ", ".join(f"%s::{bare_type(field, connection)}" for field in columns)
    row = f"({', '.join(['%s'] * len(columns))})"
    source = f"VALUES {', '.join([f'({first})', *[row] * (count - 1)])}"
    return _update_from(meta, fields, connection, source)


def _for_mysql(meta: Any, fields: list[Any], count: int, connection: Any) -> str:
    """Empty rows of the table itself lead the list: they bring its types and collations."""
    quote = connection.ops.quote_name
    table, keys = quote(meta.db_table), meta.pk_fields
    columns = [*keys, *fields]
    names = ", ".join(quote(field.column) for field in columns)
    row = f"SELECT {', '.join(['%s'] * len(columns))}"
    source = " UNION ALL ".join([f"SELECT {names} FROM {table} WHERE FALSE", *[row] * count])
    same = " AND ".join(f"t.{quote(f.column)} = v.{quote(f.column)}" for f in keys)
    sets = ", ".join(f"t.{quote(f.column)} = v.{quote(f.column)}" for f in fields)
    return f"UPDATE {table} t JOIN ({source}) v ON {same} SET {sets}"


_WRITERS: Any = {"sqlite": _for_sqlite, "postgresql": _for_postgresql, "mysql": _for_mysql}
