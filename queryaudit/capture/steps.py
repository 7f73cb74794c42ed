"""From Django's fields to the steps that the recording follows."""

from typing import Any
from weakref import WeakKeyDictionary

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.db.models.fields.related import ForeignObject
from django.db.models.fields.reverse_related import OneToOneRel

from queryaudit.recording.rowsets import Kind, Step

# Related managers are classes that Django makes for each relation once.
_sets: "WeakKeyDictionary[type, Step]" = WeakKeyDictionary()
# By model and name in the cache of its rows.
_joined: "WeakKeyDictionary[type, dict[str, Step | None]]" = WeakKeyDictionary()


def forward(field: Any) -> Step:
    """Return the step of a foreign key or one-to-one, named on the model that declares it."""
    relation = f"{field.model._meta.label}.{field.name}"  # noqa: SLF001
    key = getattr(field, "attname", "") if getattr(field, "concrete", False) else _columns(field)
    return Step(field.name, relation, Kind.ONE, field.name, key=key)


def _columns(field: Any) -> str:
    """Return the columns of a reference to a key of several as code, ``(artist_id, number)``."""
    target = field.related_model._meta.pk_fields if isinstance(field, ForeignObject) else ()  # noqa: SLF001
    if not target or list(field.foreign_related_fields) != list(target):
        return ""
    return f"({', '.join(column.attname for column in field.local_related_fields)})"


def reverse_one(related: Any) -> Step:
    """Return the step of a one-to-one from its other side."""
    name = related.get_accessor_name()
    relation = f"{related.model._meta.label}.{name}"  # noqa: SLF001
    return Step(name, relation, Kind.ONE, related.field.related_query_name())


def generic(field: Any) -> Step:
    """Return the step of a generic foreign key."""
    return Step(field.name, f"{field.model._meta.label}.{field.name}", Kind.GENERIC, field.name)  # noqa: SLF001


def column(field: Any) -> Step:
    """Return the step of a column that was left out."""
    return Step(field.name, f"{field.model._meta.label}.{field.name}", Kind.COLUMN, field.name)  # noqa: SLF001


def cached(row: Model, name: str) -> Step | None:
    """Return the step of a relation that a row has in its cache; None for other things there."""
    steps = _joined.get(type(row))
    if steps is None:
        steps = _joined[type(row)] = {}
    if name not in steps:
        steps[name] = _cached(row, name)
    return steps[name]


def _cached(row: Model, name: str) -> Step | None:
    meta = row._meta  # noqa: SLF001
    try:
        field = meta.get_field(name)
    except FieldDoesNotExist:
        field = None
    if isinstance(field, ForeignObject):
        return forward(field)
    for related in meta.related_objects:
        if isinstance(related, OneToOneRel) and related.get_accessor_name() == name:
            return reverse_one(related)
    return None


def of_manager(manager: Any) -> Step:
    """Return the step of a related manager: a reverse key, a many-to-many, a generic relation."""
    step = _sets.get(type(manager))
    if step is None:
        step = _sets[type(manager)] = _of_manager(manager)
    return step


def _of_manager(manager: Any) -> Step:
    if hasattr(manager, "through"):
        if manager.reverse:
            related = manager.model._meta.get_field(manager.query_field_name).remote_field  # noqa: SLF001
            name, owner = related.get_accessor_name(), related.model
            return _set(name, owner, manager.prefetch_cache_name, manager)
        owner = manager.source_field.related_model
        return _set(manager.prefetch_cache_name, owner, manager.prefetch_cache_name, manager)
    if hasattr(manager, "content_type_field_name"):
        name = manager.prefetch_cache_name
        return _set(name, type(manager.instance), name, manager)
    related = manager.field.remote_field
    if not hasattr(related, "get_accessor_name"):  # a custom field that is a set from its own side
        return _set(related.name, related.model, related.name, manager)
    name = related.get_accessor_name()
    return _set(name, related.model, manager.field.related_query_name(), manager)


def _set(name: str, owner: Any, query_name: str, manager: Any) -> Step:
    back = "" if hasattr(manager, "content_type_field_name") else next(iter(manager.core_filters))
    relation = f"{owner._meta.label}.{name}"  # noqa: SLF001
    model = manager.model._meta.object_name  # noqa: SLF001
    return Step(name, relation, Kind.SET, query_name, model, back.removesuffix("__id"))
