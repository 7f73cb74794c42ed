"""What fixes need of the site's models: their managers by name, and their attributes."""

from collections.abc import Sequence
from inspect import CO_COROUTINE
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignObject

from queryaudit.recording.events import AnyPlace, Place


def model_of(label: str) -> Any:
    """Return the model of ``app.Model``; None where there is none of that name."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def model_of_table(table: str) -> Any:
    """Return the model of a table, None where there is none."""
    models = apps.get_models(include_auto_created=True)
    return next((one for one in models if one._meta.db_table == table), None)  # noqa: SLF001


def raw_manager_of(model: Any) -> str:
    """Return the name of a model's manager of raw SQL, nothing where it has none."""
    name: str
    for base in model.__mro__:
        for name, value in vars(base).items():
            # By name: the tools of the package are not the auditor's to import.
            if any(one.__name__ == "RawQueries" for one in type(value).__mro__):
                return name
    return ""


def manager_of(label: str) -> str:
    """Return the code of a model's manager: ``Album.objects``, ``Album.genres.through.objects``."""
    name = label.rpartition(".")[2]
    model = model_of(label)
    owner = model and model._meta.auto_created  # noqa: SLF001
    if owner:
        for field in owner._meta.many_to_many:  # noqa: SLF001
            if field.remote_field.through is model:
                return f"{owner._meta.object_name}.{field.name}.through.objects"  # noqa: SLF001
    return f"{name}.objects"


def columns_of(label: str, names: Sequence[str] | None = None) -> list[str]:
    """Return the columns of a model; of its fields ``names``, where all are fields of it."""
    model = model_of(label)
    if model is None:
        return []
    fields = model._meta.concrete_fields  # noqa: SLF001
    if names is None:
        return [field.column for field in fields]
    columns = {name: field.column for field in fields for name in (field.name, field.attname)}
    return [columns[name] for name in names] if columns.keys() >= set(names) else []


def key_columns(label: str) -> list[str]:
    """Return the columns of a model's primary key, which has several where it is composite."""
    model = model_of(label)
    return [] if model is None else [field.column for field in model._meta.pk_fields]  # noqa: SLF001


def related_label(label: str, name: str) -> str:
    """Return the model that the relation ``name``, as look-ups name it, leads to."""
    model = model_of(label)
    try:
        related = None if model is None else model._meta.get_field(name).related_model  # noqa: SLF001
    except FieldDoesNotExist:
        related = None
    return "" if related is None else str(related._meta.label)  # noqa: SLF001


def reference_over(label: str, columns: Sequence[str]) -> str:
    """Return the foreign key over just these columns, several; nothing where there is none."""
    model = model_of(label)
    for field in model._meta.fields if model is not None and columns else ():  # noqa: SLF001
        if not field.concrete and isinstance(field, ForeignObject):
            held = [one.column for one in field.local_related_fields]
            # Values are keys, so the reference has to lead to one.
            if set(held) == set(columns) and _leads_to_key(field):
                return str(field.name)
    return ""


def _leads_to_key(field: Any) -> bool:
    return list(field.foreign_related_fields) == list(field.related_model._meta.pk_fields)  # noqa: SLF001


def owners(label: str) -> set[str]:
    """Return the models whose rows take rows of this one along when they are deleted."""
    model = model_of(label)
    meta: Any = getattr(model, "_meta", None)
    if meta is None:
        return set()
    found = {field.related_model._meta.label for field in meta.fields if field.remote_field}  # noqa: SLF001
    for other in apps.get_models():
        for field in other._meta.private_fields:  # noqa: SLF001  # generic relations
            if getattr(field, "bulk_related_objects", None) and field.related_model is model:
                found.add(other._meta.label)  # noqa: SLF001
    return found


def takes_column_lists(label: str) -> bool:
    """Return whether the querysets of a model know ``filter(**{"a,b__in": [(1, 2)]})``."""
    manager = getattr(model_of(label), "objects", None)
    return bool(getattr(getattr(manager, "_queryset_class", None), "takes_column_lists", False))


def is_async(place: AnyPlace) -> bool:
    """Return whether a coroutine asks."""
    return isinstance(place, Place) and bool(place.code.co_flags & CO_COROUTINE)
