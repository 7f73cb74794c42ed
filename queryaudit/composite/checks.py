"""What of a reference does not fit, told at start."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist

# Columns that hold each other's values.
_KINDS = {
    "AutoField": "IntegerField",
    "BigAutoField": "BigIntegerField",
    "SmallAutoField": "SmallIntegerField",
    "PositiveIntegerField": "IntegerField",
    "PositiveBigIntegerField": "BigIntegerField",
    "PositiveSmallIntegerField": "SmallIntegerField",
    "SlugField": "CharField",
}


def check_reference(field: Any) -> list[CheckMessage]:
    """Return what is wrong with ``field``: its target, its columns, their number and types."""
    target = field.remote_field.model
    if isinstance(target, str):
        return []  # Django's fields.E300 says that there is no such model
    label, keys = target._meta.label, target._meta.pk_fields
    if len(keys) < 2:
        hint = "A plain ForeignKey serves there." if keys else None
        return [_error("E001", field, f"refers to {label}, whose key is one column", hint)]
    allowed = ", ".join(one.name for one in keys)
    if len(field.from_fields) != len(keys):
        came = ", ".join(field.from_fields)
        text = f"has {len(field.from_fields)} columns ({came}), the key of {label} {len(keys)}"
        return [_error("E002", field, text, f"from_fields takes one for each of: {allowed}.")]
    columns = []
    for name in field.from_fields:
        try:
            columns.append(field.opts.get_field(name))
        except FieldDoesNotExist:
            names = ", ".join(one.name for one in field.opts.concrete_fields)
            return [_error("E003", field, f"names the column {name!r}", f"Allowed: {names}.")]
    return [*_check_columns(field, columns, keys, label), *_check_on_delete(field)]


def _check_columns(field: Any, columns: Any, keys: Any, label: str) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    for column, key in zip(columns, keys, strict=True):
        if _kind(column) != _kind(key):
            text = f"holds {label}.{key.name} ({_kind(key)}) in {column.name} ({_kind(column)})"
            errors.append(
                _error("E004", field, text, "Give both the same type, in the key's order.")
            )
    if field.null != any(column.null for column in columns):
        text = f"has null={field.null}, and its columns say otherwise"
        hint = "null=True goes with a column that has null=True, and the other way round."
        errors.append(_error("E005", field, text, hint))
    return errors


# What has to be said beside an on_delete, with a test for it.
_NEEDS: Any = {
    "SET_NULL": ("null=True", lambda field: field.null),
    "SET_DEFAULT": ("a default", lambda field: field.has_default()),
    "DB_CASCADE": ("db_constraint=True", lambda field: field.db_constraint),
}


def _check_on_delete(field: Any) -> list[CheckMessage]:
    """Return whether the reference can do what its on_delete says."""
    on_delete = field.remote_field.on_delete
    name = getattr(on_delete, "__name__", str(on_delete))
    if name in {"DB_SET_NULL", "DB_SET_DEFAULT"}:
        hint = "The database would set every column, shared ones, too. SET_NULL does not."
        return [_error("E014", field, f"has on_delete={name}", hint)]
    need, has = _NEEDS.get(name, ("", bool))
    if not need or has(field):
        return []
    return [_error("E014", field, f"has on_delete={name} without {need}", None)]


def _kind(field: Any) -> str:
    while field.remote_field:
        field = field.target_field
    kind: str = field.get_internal_type()
    return _KINDS.get(kind, kind)


def _error(number: str, field: Any, text: str, hint: str | None) -> Error:
    return Error(f"{field} {text}.", hint=hint, obj=field, id=f"queryaudit.composite.{number}")
