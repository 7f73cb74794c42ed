"""Watch which wide columns of a model are read, while a deep audit runs."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from django.db.models.query_utils import DeferredAttribute

_lock = Lock()
_watched: list[tuple[type, str, DeferredAttribute]] = []


class WatchedColumn(DeferredAttribute):
    """A column's descriptor that is asked for each read, not only for one that is left out."""

    def __init__(self, original: DeferredAttribute, tell: Callable[[Any, str], None]) -> None:
        super().__init__(original.field)
        self._original = original
        self._tell = tell

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        name = self.field.attname
        if instance is None or name not in instance.__dict__:
            return self._original.__get__(instance, cls)
        self._tell(instance, name)
        return instance.__dict__[name]

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value

    def __delete__(self, instance: Any) -> None:
        try:
            del instance.__dict__[self.field.attname]
        except KeyError:
            raise AttributeError(self.field.attname) from None


def watch(model: type, name: str, tell: Callable[[Any, str], None]) -> bool:
    """Have ``tell`` called with each row whose column is read; False where it cannot be."""
    with _lock:
        holder = next((base for base in model.__mro__ if name in vars(base)), None)
        original = None if holder is None else vars(holder)[name]
        if isinstance(original, WatchedColumn):
            return True
        if type(original) is not DeferredAttribute:  # a field with a descriptor of its own
            return False
        setattr(holder, name, WatchedColumn(original, tell))
        _watched.append((holder, name, original))  # type: ignore[arg-type]
        return True


def unwatch() -> None:
    """Put all columns back."""
    with _lock:
        for holder, name, original in _watched:
            if isinstance(vars(holder).get(name), WatchedColumn):
                setattr(holder, name, original)
        _watched.clear()
