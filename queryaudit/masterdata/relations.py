"""Answer ``album.country`` and ``prefetch_related("country")`` from memory.

Django's own functions are asked as always where memory has no answer: a table over its limit,
rows of an uncommitted transaction, a key that is not among the rows, a queryset given to
Prefetch().
"""

from collections.abc import Callable
from functools import wraps
from time import monotonic
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, router
from django.db.models.fields.related_descriptors import (
    ForwardManyToOneDescriptor,
    ReverseOneToOneDescriptor,
)

from queryaudit.errors import MasterDataLimitError
from queryaudit.hooks import descriptors
from queryaudit.masterdata.held import Held
from queryaudit.masterdata.registry import manager_of
from queryaudit.masterdata.rows import Rows

_WAY: Final = "_queryaudit_masterdata"  # kept with a descriptor, which lives as its model does
_QUERYSETS = {
    cls: cls.get_queryset for cls in (ForwardManyToOneDescriptor, ReverseOneToOneDescriptor)
}


def install() -> None:
    """Stand in Django's descriptors; the second call changes nothing."""
    descriptors.load_forward.subscribe(_answer_forward)
    descriptors.prefetch_forward.subscribe(_answer_prefetch)
    descriptors.prefetch_composite.subscribe(_answer_prefetch)
    descriptors.read_reverse.subscribe(_answer_reverse)
    descriptors.prefetch_reverse.subscribe(_answer_prefetch_reverse)


def _answer_forward(get_object: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(get_object)
    def wrapper(self: Any, instance: Any) -> Any:
        way = self.__dict__.get(_WAY)
        if way is None:
            way = self.__dict__[_WAY] = _way_of(self)
        manager, homes, local, remote = way
        if manager is None:
            return get_object(self, instance)
        if homes is not None and not router.routers:
            held = homes.get(instance._state.db)
            if held is not None:
                rows = held.ready
                if rows is not None and (held.until is None or monotonic() < held.until):
                    index = rows.unique.get(remote)
                    entry = None if index is None else index.get(instance.__dict__.get(local))
                    if entry is not None:
                        manager.tell(held, "relation", 1, "hit")
                        return rows.copy(entry)
        found = _index(self, manager, self.field.foreign_related_fields, instance)
        if found is not None:
            held, rows, index, outcome = found
            row = index.get(_key(self.field.get_local_related_value(instance)))
            if row is not None:
                manager.tell(held, "relation", 1, outcome)
                return rows.copy(row)
        return get_object(self, instance)

    return wrapper


def _way_of(descriptor: Any) -> tuple[Any, Any, str, str]:
    """Return the manager of a relation, and of one column how its rows are found at once."""
    field = descriptor.field
    manager = manager_of(field.remote_field.model)
    if manager is None or not _is_plain(descriptor) or len(field.foreign_related_fields) != 1:
        return manager, None, "", ""
    return manager, manager.homes(), field.attname, field.foreign_related_fields[0].attname


def _answer_reverse(read: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(read)
    def wrapper(self: Any, instance: Any, cls: Any = None) -> Any:
        if instance is not None:
            manager = manager_of(self.related.related_model)
            if manager is not None and not self.is_cached(instance):
                found = _index(self, manager, self.related.field.local_related_fields, instance)
                if found is not None:
                    held, rows, index, outcome = found
                    values = self.related.field.get_foreign_related_value(instance)
                    row = index.get(_key(values)) if None not in values else None
                    if row is not None:
                        manager.tell(held, "relation", 1, outcome)
                        related = rows.copy(row)
                        self.related.field.set_cached_value(related, instance)
                        self.related.set_cached_value(instance, related)
        return read(self, instance, cls)

    return wrapper


def _answer_prefetch(get: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(get)
    def wrapper(self: Any, instances: Any, querysets: Any = None) -> Any:
        manager = manager_of(self.field.remote_field.model) if not querysets else None
        if manager is not None:
            found = _index(self, manager, self.field.foreign_related_fields, instances[0])
            if found is not None:
                held, rows, index, outcome = found
                value_of = self.field.get_local_related_value
                related = _related(rows, index, instances, value_of)
                if related is not None:
                    manager.tell(held, "prefetch", len(related), outcome)
                    remote = self.field.remote_field
                    by_value = {value_of(instance): instance for instance in instances}
                    if not remote.multiple:
                        for row in related:
                            key = self.field.get_foreign_related_value(row)
                            remote.set_cached_value(row, by_value[key])
                    value_of_related = self.field.get_foreign_related_value
                    return related, value_of_related, value_of, True, self.field.cache_name, False
        return get(self, instances, querysets)

    return wrapper


def _answer_prefetch_reverse(get: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(get)
    def wrapper(self: Any, instances: Any, querysets: Any = None) -> Any:
        manager = manager_of(self.related.related_model) if not querysets else None
        if manager is not None:
            field = self.related.field
            found = _index(self, manager, field.local_related_fields, instances[0])
            if found is not None:
                held, rows, index, outcome = found
                value_of = field.get_foreign_related_value
                related = _related(rows, index, instances, value_of, is_whole=False) or []
                manager.tell(held, "prefetch", len(related), outcome)
                by_value = {value_of(instance): instance for instance in instances}
                for row in related:
                    instance = by_value[field.get_local_related_value(row)]
                    field.set_cached_value(row, instance)
                return (
                    related, field.get_local_related_value, value_of, True,
                    self.related.cache_name, False,
                )  # fmt: skip
        return get(self, instances, querysets)

    return wrapper


def _index(
    descriptor: Any, manager: Any, fields: Any, instance: Any
) -> tuple[Held, Rows, dict[Any, Any], str] | None:
    """Return the index by the columns that a relation refers to, None where it is not to be used.

    With it the outcome, "load" where the rows were read for this. A descriptor with a
    queryset of its own, another package's, keeps its meaning.
    """
    if not _is_plain(descriptor):
        return None
    model = manager.model
    hints = {"instance": instance}
    alias = router.db_for_read(model, **hints) if router.routers else _own_alias(instance)
    if router.routers and alias != router.db_for_write(model, **hints):
        return None  # a replica, whose writes nobody sees here
    held = manager.held(alias=alias, is_base=True)
    try:
        rows, is_new = manager.rows(held)
    except MasterDataLimitError:
        return None  # told in the log; a relation is no place to refuse the page
    if rows is None:
        manager.tell(held, "relation", 0, "miss")
        return None
    meta = model._meta
    if len(fields) == 1:
        index = rows.by(fields[0].attname)
    elif list(fields) == list(meta.pk_fields):
        index = rows.by("pk")
    else:
        index = None
    return None if index is None else (held, rows, index, "load" if is_new else "hit")


def _is_plain(descriptor: Any) -> bool:
    """Return whether a descriptor asks as Django's do."""
    return any(
        isinstance(descriptor, cls) and type(descriptor).get_queryset is function
        for cls, function in _QUERYSETS.items()
    )


def _own_alias(instance: Any) -> str:
    return instance._state.db or DEFAULT_DB_ALIAS


def _key(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values


def _related(
    rows: Rows, index: dict[Any, Any], instances: Any, value_of: Any, *, is_whole: bool = True
) -> list[Any] | None:
    """Return a copy of each row that ``instances`` refer to; None if one is missing."""
    keys = {_key(values) for values in map(value_of, instances) if None not in values}
    found = [index[key] for key in keys if key in index]
    return None if is_whole and len(found) < len(keys) else rows.copies(found)
