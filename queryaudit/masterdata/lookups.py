"""Which equality is decided in Python: integers, booleans, dates, UUIDs, and keys of them.

Text is compared by the database, by its collation: there a value that is found as it stands is
equal to itself, and one that is not found may still be equal to another.
"""

from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from queryaudit.errors import UnansweredError

# By class and not by its children: those may have comparisons or conversions of their own.
_TYPES: Final[dict[type, type]] = {
    **dict.fromkeys(
        (
            *(models.AutoField, models.BigAutoField, models.SmallAutoField),
            *(models.IntegerField, models.BigIntegerField, models.SmallIntegerField),
            *(models.PositiveIntegerField, models.PositiveBigIntegerField),
            models.PositiveSmallIntegerField,
        ),
        int,
    ),
    models.BooleanField: bool,
    models.DateField: date,
    models.UUIDField: UUID,
}
_TEXT: Final = (models.CharField, models.TextField)


class UndecidedError(Exception):
    """Not to be decided here: the database is asked."""


class Column(NamedTuple):
    """One or several columns that a name of a look-up stands for.

    ``type`` is what its values are compared as in Python, None where the database compares;
    of a key of several columns, ``parts`` has the columns.
    """

    attnames: tuple[str, ...]
    field: Any
    type: type | None
    is_unique: bool
    parts: "tuple[Column, ...]" = ()

    @property
    def is_exact(self) -> bool:
        """Whether equality is decided in Python."""
        return all(p.type is not None for p in self.parts) if self.parts else self.type is not None


@cache
def column_of(model: Any, name: str) -> Column | None:
    """Return what ``name`` stands for in ``model``, None for a relation's columns and the like."""
    meta = model._meta
    if name == "pk":
        parts = tuple(filter(None, (column_of(model, f.attname) for f in meta.pk_fields)))
        if len(parts) > 1:
            attnames = tuple(part.attnames[0] for part in parts)
            return Column(attnames, meta.pk, None, is_unique=True, parts=parts)
        name = meta.pk.name
    try:
        field = meta.get_field(name)
    except FieldDoesNotExist:
        field = next((f for f in meta.concrete_fields if f.attname == name), None)
    if field is None or not getattr(field, "concrete", False):
        return None
    if len(getattr(field, "foreign_related_fields", "1")) != 1 or field.column is None:
        return None
    target = field
    while target.remote_field is not None:
        target = target.target_field
    return Column((field.attname,), field, _TYPES.get(type(target)), is_unique=field.unique)


@cache
def unique_sets(model: Any) -> tuple[frozenset[str], ...]:
    """Return the columns of each constraint that makes them unique together, and of the key."""
    meta = model._meta
    sets = [
        tuple(constraint.fields)
        for constraint in meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and constraint.fields
        and constraint.condition is None
        and not constraint.contains_expressions
    ]
    named = [*sets, *meta.unique_together, tuple(field.name for field in meta.pk_fields)]
    return tuple(frozenset(meta.get_field(name).attname for name in names) for names in named)


def value_of(model: Any, column: Column, value: Any) -> Any:
    """Return ``value`` as the rows hold it; UndecidedError where Python is not to compare it."""
    if value is None and not column.parts:
        return None
    if hasattr(value, "resolve_expression"):
        refuse(model, f"the expression {value!r}")
    if column.parts:
        return _key_of(model, column, value)
    if isinstance(value, models.Model):
        value = _target_value(column, value)
    kind = type(value)
    if column.type is None:
        if kind is str and isinstance(_target(column.field), _TEXT):
            return value
        raise UndecidedError
    if kind is column.type:
        return value
    try:
        value = _target(column.field).get_prep_value(value)
    except Exception:  # noqa: BLE001  # Django says it in the words of its own
        raise UndecidedError from None
    if type(value) is not column.type:
        raise UndecidedError
    return value


def _key_of(model: Any, column: Column, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str):
        value = column.field.get_prep_value(value)
    if not isinstance(value, (tuple, list)) or len(value) != len(column.parts):
        raise UndecidedError
    return tuple(value_of(model, part, one) for part, one in zip(column.parts, value, strict=True))


def _target(field: Any) -> Any:
    while field.remote_field is not None:
        field = field.target_field
    return field


def _target_value(column: Column, row: models.Model) -> Any:
    field = column.field
    if field.remote_field is None or not isinstance(row, field.remote_field.model):
        raise UndecidedError
    value = getattr(row, field.target_field.attname)
    if value is None:
        raise UndecidedError  # Django refuses a row that is not saved
    return value


def refuse(model: Any, what: str) -> None:
    """Raise the error of a question that is not answered from memory."""
    own = f"{model._meta.object_name}.{model._default_manager.name}"
    what = what.rstrip(",")
    msg = (
        f"master data does not answer {what}. Allowed are filter() and exclude() by values of "
        f"the model's own columns; ask {own} for the rest"
    )
    raise UnansweredError(model._meta.label, msg)
