"""Watch one attribute of the instances of a class: a list that ``Prefetch(to_attr=...)`` sets."""

from collections.abc import Callable
from inspect import getattr_static
from threading import Lock
from typing import Any

_lock = Lock()
_watched: list[tuple[type, str]] = []


class WatchedAttribute:
    """Stands before an instance's own attribute, behaves like none, and tells who reads it."""

    def __init__(self, name: str, tell: Callable[[Any], None]) -> None:
        self._name = name
        self._tell = tell

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        holder = owner if instance is None else instance
        if instance is None or self._name not in instance.__dict__:
            kind = "type object" if instance is None else f"{type(instance).__name__!r} object"
            what = f"{kind} {owner.__name__!r}" if instance is None and owner else kind
            msg = f"{what} has no attribute {self._name!r}"
            raise AttributeError(msg, name=self._name, obj=holder)
        value = instance.__dict__[self._name]
        self._tell(value)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self._name] = value

    def __delete__(self, instance: Any) -> None:
        try:
            del instance.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None


def watch(cls: type, name: str, tell: Callable[[Any], None]) -> None:
    """Have ``tell`` called with each value read; a class that has the name is left alone."""
    if getattr_static(cls, name, None) is None:
        with _lock:
            setattr(cls, name, WatchedAttribute(name, tell))
            _watched.append((cls, name))


def unwatch() -> None:
    """Take all watches away."""
    with _lock:
        for cls, name in _watched:
            if isinstance(vars(cls).get(name), WatchedAttribute):
                delattr(cls, name)
        _watched.clear()
