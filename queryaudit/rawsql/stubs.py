"""Write what editors read: the parameters and columns of the named queries, with types."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.db import DatabaseError, connections, models, transaction

from queryaudit.rawsql.files import Definition, folder_of, queries_of
from queryaudit.rawsql.rows import refuse
from queryaudit.rawsql.statements import Statement, measure

# The class of a field, as Django's introspection or a model names it, and what its values are.
_TYPES: Final = {
    **dict.fromkeys(("CharField", "TextField", "SlugField", "EmailField", "URLField"), "str"),
    **dict.fromkeys(("FilePathField", "GenericIPAddressField", "FileField"), "str"),
    **dict.fromkeys(("AutoField", "BigAutoField", "SmallAutoField", "IntegerField"), "int"),
    **dict.fromkeys(("BigIntegerField", "SmallIntegerField", "PositiveIntegerField"), "int"),
    **dict.fromkeys(("PositiveBigIntegerField", "PositiveSmallIntegerField"), "int"),
    "BooleanField": "bool",
    "FloatField": "float",
    "DecimalField": "Decimal",
    "DateField": "date",
    "DateTimeField": "datetime",
    "TimeField": "time",
    "DurationField": "timedelta",
    "UUIDField": "UUID",
    "BinaryField": "bytes",
}
_IMPORTS: Final = {
    "Decimal": "from decimal import Decimal",
    "UUID": "from uuid import UUID",
    **{name: f"from datetime import {name}" for name in ("date", "datetime", "time", "timedelta")},
}
_HEAD: Final = (
    "# Written by manage.py rawsql stubs: write it anew when a file or a model changes.\n"
)


def stub_of(label: str, alias: str) -> tuple[Path, str] | None:
    """Return the stub of an app and its path; None where it has no named queries.

    The database is asked for the columns of each query, of which it reads no row.
    """
    found = queries_of(label).found
    if not found:
        return None
    parts = [part for name in found for part in _query(label, found[name], alias)]
    attributes = [f"    {name}: {_class_name(name)}" for name in found]
    body = "\n".join((*parts, "", "class Queries(RawSQLManager):", *attributes, ""))
    used = sorted({line for word, line in _IMPORTS.items() if re.search(rf"\b{word}\b", body)})
    imports = [
        *used,
        "from typing import Any, NamedTuple",
        "",
        "from queryaudit.rawsql import LazyRows, NamedQuery, RawSQLManager",
    ]
    return folder_of(label) / "__init__.pyi", _HEAD + "\n".join(imports) + "\n" + body


def _query(label: str, definition: Definition, alias: str) -> Iterator[str]:
    statement = measure(definition.sql, connections[alias].vendor)
    columns = _columns(statement, alias)
    own = _class_name(definition.name)
    row = f"{own}Row" if columns else "Any"
    if columns:
        yield f"\nclass {row}(NamedTuple):"
        known = _known(label)
        for name, kind in columns:
            yield f"    {name}: {known.get(name) or kind}"
    arguments = [f"{name}: Any" for name in sorted(statement.names)]
    arguments += [f"{name}: str" for name in sorted(statement.identifiers)]
    takes = f"self, *, {', '.join(arguments)}" if arguments else "self"
    yield f"\nclass {own}(NamedQuery[{row}]):"
    for method, result in (
        ("__call__", f"list[{row}]"),
        ("fetch", f"list[{row}]"),
        ("fetch_one", row),
        ("fetch_value", "Any"),
        ("lazy", "LazyRows"),
        ("explain", "str"),
    ):
        yield f"    def {method}({takes}) -> {result}: ...  # type: ignore[override]"
        if method in {"fetch", "fetch_one", "fetch_value"}:
            yield f"    async def a{method}({takes}) -> {result}: ...  # type: ignore[override]"


def _class_name(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def _columns(statement: Statement, alias: str) -> list[tuple[str, str]]:
    """Return names and types as the database describes them; none where it cannot."""
    connection = connections[alias]
    text = statement.text
    for slot in reversed(statement.slots):
        value = "1" if slot.is_identifier else "(NULL)" if slot.is_list else "NULL"
        text = text[: slot.start] + value + text[slot.end :]
    text = text.replace("%%", "%")
    try:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM (\n{text}\n) queryaudit_rows LIMIT 0")  # noqa: S608
            described = cursor.description or ()
        refuse([column[0] for column in described])
    except (DatabaseError, ValueError):
        return []
    return [(column[0], _described(connection, column)) for column in described]


def _described(connection: Any, column: Any) -> str:
    try:
        kind: Any = connection.introspection.data_types_reverse[column[1]]
    except (KeyError, AttributeError, TypeError):  # SQLite describes no types
        return "Any"
    name = _TYPES.get(kind)
    return f"{name} | None" if name else "Any"


def _known(label: str) -> dict[str, str]:
    """Return the types of the columns that the models of an app agree about."""
    found: dict[str, set[str]] = {}
    for model in apps.get_app_config(label).get_models():
        for field in model._meta.concrete_fields:  # noqa: SLF001
            found.setdefault(field.column or "", set()).add(_of_field(field))
    return {name: next(iter(kinds)) for name, kinds in found.items() if len(kinds) == 1}


def _of_field(field: "models.Field[Any, Any]") -> str:
    target: Any = field
    while target.is_relation:
        target = target.target_field
    name = _TYPES.get(target.get_internal_type(), "Any")
    return f"{name} | None" if field.null and name != "Any" else name
