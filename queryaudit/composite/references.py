"""References as fields of a row: cleaned, left out of constraints, named where columns are.

Each function stands around one of Django's, with the first model that has a reference.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from queryaudit.composite.descriptors import WAITING, waiting_row
from queryaudit.errors import CompositeNameError


def references_of(model: type[Model]) -> list[Any]:
    """Return the references to keys of several columns that ``model`` has, parents' too."""
    return [field for field in model._meta.fields if hasattr(field, "columns_of")]


def spread_names(names: Iterable[str], model: type[Model]) -> list[str]:
    """Return ``names`` of fields with the columns of each reference in its place.

    Columns of the row's own key stay out: they cannot be written. Raises
    CompositeNameError where a reference has no others.
    """
    references = {field.name: field for field in references_of(model)}
    spread: list[str] = []
    for name in names:
        if name not in references:
            spread.append(name)
            continue
        columns = references[name].local_related_fields
        written = [field.name for field in columns if field not in model._meta.pk_fields]
        if not written:
            allowed = "references with a column outside the key of the row, which cannot change"
            raise CompositeNameError(model._meta.label, name, allowed)
        spread += written
    return list(dict.fromkeys(spread))


def clean_references(clean_fields: Callable[..., Any]) -> Callable[..., Any]:
    """``Model.clean_fields()`` that tells of a reference to no row, by the reference's name."""

    @wraps(clean_fields)
    def wrapper(self: Any, exclude: Any = None) -> None:
        references = references_of(type(self))
        if not references:
            clean_fields(self, exclude)
            return
        exclude = set(exclude or ())
        errors: dict[str, Any] = {}
        try:
            # Not by Django: it would read the row, and fail where there is none.
            clean_fields(self, exclude | {field.name for field in references})
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for field in references:
            names = {field.name, *(column.name for column in field.local_related_fields)}
            is_left = field.blank and field.key_of(self) is None
            if field.name in exclude or is_left or not names.isdisjoint(errors):
                continue
            try:
                field.validate_columns(self)
            except ValidationError as error:
                errors[field.name] = error.error_list
        if errors:
            raise ValidationError(errors)

    return wrapper


def hide_references(get_map: Callable[..., Any]) -> Callable[..., Any]:
    """The values that constraints are checked with, without reading rows that are referred to.

    Django 6.1 takes ``row.artist`` where a reference's column is the foreign key ``artist``.
    """

    @wraps(get_map)
    def wrapper(self: Any, meta: Any, exclude: Any = None) -> Any:
        names = {field.name for field in references_of(type(self))}
        return get_map(self, meta, exclude={*(exclude or ()), *names} if names else exclude)

    return wrapper


def save_columns(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """``save(update_fields=["album"])`` that writes the reference's columns."""

    @wraps(proceed)
    def save(self: Any, *args: Any, **kwargs: Any) -> Any:  # named as the auditor knows it
        if self._state.__dict__.get(WAITING):
            _take_keys(self)
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = spread_names(kwargs["update_fields"], type(self))
        return proceed(self, *args, **kwargs)

    return save


def _take_keys(instance: Any) -> None:
    """Take the keys of rows that were assigned before they were saved.

    Raises ValueError, as Django does of a ForeignKey, where one is not saved yet.
    """
    for field in references_of(type(instance)):
        row = waiting_row(instance, field)
        if row is None:
            continue
        if None in field.get_foreign_related_value(row):
            msg = (
                "save() prohibited to prevent data loss due to unsaved related object "
                f"'{field.name}'."
            )
            raise ValueError(msg)
        setattr(instance, field.name, row)


def update_columns(bulk_update: Callable[..., Any]) -> Callable[..., Any]:
    """``bulk_update(rows, ["album"])`` that writes the reference's columns."""

    @wraps(bulk_update)
    def wrapper(self: Any, objs: Any, fields: Any, *args: Any, **kwargs: Any) -> Any:
        return bulk_update(self, objs, spread_names(fields, self.model), *args, **kwargs)

    return wrapper


def write_key(handle_fk_field: Callable[..., Any]) -> Callable[..., Any]:
    """A reference in an XML fixture as the text of its key."""

    @wraps(handle_fk_field)
    def wrapper(self: Any, obj: Any, field: Any) -> None:
        if hasattr(field, "key_of") and not self.use_natural_foreign_keys:
            obj = SimpleNamespace(**{field.attname: field.key_of(obj)})
        handle_fk_field(self, obj, field)

    return wrapper
