"""Instances that all readers share, and nobody can change: ``read_only=True``."""

from copy import deepcopy
from enum import Enum
from functools import cached_property
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelState
from django.utils import functional

from queryaudit.errors import ReadOnlyRowError
from queryaudit.masterdata.copies import UNCHANGEABLE, Held


def share(model: type[Model], alias: str, rows: list[Held]) -> list[Any] | None:
    """Return read-only instances of ``rows``; None where a column holds what can be changed."""
    cls, state = _class_of(model), ModelState()
    state.db, state.adding = alias, False
    shared = []
    try:
        for row in rows:
            instance: Any = object.__new__(cls)
            # Into its own __dict__, which shares its keys with those of the other rows.
            instance.__dict__.update((name, _frozen(value)) for name, value in row.items())
            instance.__dict__["_state"] = state
            shared.append(instance)
    except TypeError:
        return None
    return shared


def _class_of(model: type[Model]) -> type[Model]:
    """Return a class of read-only instances of ``model``, which no registry knows.

    It is made without Django's metaclass: no model, but with the same ``_meta``. Its rows
    equal those of the model, and pickle and copy as rows of the model.
    """
    names: dict[str, Any] = {
        "__module__": model.__module__,
        "__qualname__": model.__qualname__,
        "__doc__": model.__doc__,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__copy__": thaw,
        "__deepcopy__": lambda self, _: thaw(self),
        "__reduce_ex__": lambda self, _: thaw(self).__reduce__(),
        **{name: _refusal(name) for name in ("save", "delete", "refresh_from_db")},
    }
    for field in model._meta.get_fields():
        if field.many_to_one or field.one_to_one:
            accessor = getattr(field, "get_accessor_name", lambda f=field: f.name)()
            if accessor and hasattr(model, accessor):
                names[accessor] = _OfCopy(accessor)
    for base in model.__mro__:
        for name, value in vars(base).items():
            if isinstance(value, (cached_property, functional.cached_property)):
                names.setdefault(name, _OfCopy(name))
    return type.__new__(type(model), model.__name__, (model,), names)


class _OfCopy:
    """A relation or cached property of a shared row is read of a copy: what is kept goes stale."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return getattr(owner.__mro__[1], self._name)
        return getattr(thaw(instance), self._name)

    def __set__(self, instance: Any, value: Any) -> None:
        _refuse(instance, self._name)


def thaw(row: Any) -> Any:
    """Return a copy that may be changed: what ``copy.copy(row)`` does."""
    new: Any = object.__new__(type(row).__mro__[1])
    state = ModelState()
    state.db, state.adding = row._state.db, False
    new.__dict__ = deepcopy({**row.__dict__, "_state": None})
    new.__dict__["_state"] = state
    return new


def _refuse(self: Any, name: str, *_: Any) -> None:
    raise ReadOnlyRowError(self._meta.label, name)


def _refusal(name: str) -> Any:
    def refuse(self: Any, *_: Any, **__: Any) -> None:
        _refuse(self, f"{name}()")

    return refuse


def _frozen(value: Any) -> Any:
    """Return ``value`` so that it cannot be changed; TypeError where it is not known how."""
    if type(value) in UNCHANGEABLE or isinstance(value, Enum):
        return value
    if type(value) is dict:
        return FrozenDict({key: _frozen(one) for key, one in value.items()})
    if type(value) is list:
        return FrozenList(map(_frozen, value))
    msg = f"{type(value).__name__} can be changed"
    raise TypeError(msg)


def _refuse_item(self: Any, *_: Any, **__: Any) -> Any:
    raise ReadOnlyRowError(type(self).__bases__[0].__name__, "its items")


class FrozenDict(dict[Any, Any]):
    """A dict of a read-only row; ``dict(it)`` may be changed."""

    __setitem__ = __delitem__ = __ior__ = update = _refuse_item
    setdefault = pop = popitem = clear = _refuse_item

    def __reduce__(self) -> Any:
        return dict, (dict(self),)

    def __deepcopy__(self, memo: Any) -> dict[Any, Any]:
        return {key: deepcopy(value, memo) for key, value in self.items()}


class FrozenList(list[Any]):
    """A list of a read-only row; ``list(it)`` may be changed."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = _refuse_item
    extend = insert = remove = pop = clear = sort = reverse = _refuse_item

    def __reduce__(self) -> Any:
        return list, (list(self),)

    def __deepcopy__(self, memo: Any) -> list[Any]:
        return [deepcopy(value, memo) for value in self]
