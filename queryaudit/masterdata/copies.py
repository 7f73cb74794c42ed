"""Hand held rows out, so that nobody who changes one changes what is held."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.signals import post_init, pre_init

from queryaudit._compat import fetch_mode_of

Held = dict[str, Any]  # what __dict__ of a row is, with None in the place of its state
Copy = Callable[[Held], Any]

UNCHANGEABLE: Final = frozenset(
    (
        bool,
        bytes,
        complex,
        date,
        datetime,
        Decimal,
        float,
        int,
        str,
        time,
        timedelta,
        type(None),
        UUID,
    )
)


def changeable_in(rows: Iterable[Held]) -> tuple[str, ...]:
    """Return the columns that hold lists, dicts and the like in any of ``rows``."""
    found: dict[str, None] = {}
    for row in rows:
        for name, value in row.items():
            kind = type(value)
            if kind not in UNCHANGEABLE and name not in found and not isinstance(value, Enum):
                found[name] = None
    return tuple(found)


def is_built_plainly(model: type[Model]) -> bool:
    """Return whether an instance is no more than its ``__dict__``: nobody sees it being made."""
    return (
        model.__init__ is Model.__init__
        and model.from_db.__func__ is Model.from_db.__func__  # type: ignore[attr-defined]
        and model.__new__ is object.__new__
        and model.__setattr__ is object.__setattr__
        and not post_init.has_listeners(model)
        and not pre_init.has_listeners(model)
    )


@cache
def state_class(alias: str) -> type[ModelState]:
    """Return a class of states that need not be told what all rows of ``alias`` have in common.

    They pickle and copy as Django's own.
    """

    def reduce(self: ModelState) -> Any:
        values = {"db": self.db, "adding": self.adding, **self.__dict__}
        values.pop("peers", None)  # weak references, which Django leaves out, too
        return ModelState, (), values

    names = {"db": alias, "adding": False, "__reduce__": reduce, "__module__": __name__}
    return type("HeldState", (ModelState,), names)


def copier(model: type[Model], alias: str, changeable: tuple[str, ...], rows: Any) -> Copy:
    """Return the function that makes an instance of a held row: a new one each time."""
    if not is_built_plainly(model):
        return _rebuilder(model, alias, changeable)
    new: Any = object.__new__
    state = state_class(alias)
    mode = fetch_mode_of(rows)

    def copy(held: Held) -> Any:
        row, values = new(model), held.copy()
        values["_state"] = new(state)
        row.__dict__ = values
        return row

    if mode is not None:
        return _further(copy, changeable, mode)
    if not changeable:
        return copy

    return _further(copy, changeable, None)


def _further(copy: Copy, changeable: tuple[str, ...], mode: object) -> Copy:
    """Return ``copy`` that also copies what columns hold, or says how to load what is left out."""

    def copy_further(held: Held) -> Any:
        row = copy(held)
        values = row.__dict__
        for name in changeable:
            if name in values:
                values[name] = deepcopy(values[name])
        if mode is not None:
            values["_state"].fetch_mode = mode
        return row

    return copy_further


def _rebuilder(model: type[Model], alias: str, changeable: tuple[str, ...]) -> Copy:
    """Return the slower function for models that do more when an instance is made."""
    names = [field.attname for field in model._meta.concrete_fields]

    def rebuild(held: Held) -> Any:
        held = {
            name: deepcopy(value) if name in changeable else value for name, value in held.items()
        }
        present = [name for name in names if name in held]
        row = model.from_db(alias, present, [held[name] for name in present])
        for name, value in held.items():
            if name not in names and name != "_state":
                setattr(row, name, value)  # an annotation
        return row

    return rebuild
