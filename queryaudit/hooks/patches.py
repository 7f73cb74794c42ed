"""Replace an attribute of Django, remember what was there, put it back, say what did not fit."""

import inspect
from collections.abc import Callable
from functools import reduce
from importlib import import_module
from threading import RLock
from types import FunctionType
from typing import Any

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_lock = RLock()
_patches: list["Patch"] = []
_ABSENT = object()


class Patch:
    """One function of Django that subscribers may stand around.

    ``target`` is ``"module:Class.function"`` or ``"module:function"``, ``parameters``
    the names that its signature must have; ``...`` at their end stands for any others.
    A subscriber is a decorator: it gets
    the function and returns the one to call in its place. The first subscriber
    replaces the attribute, the last to leave puts it back; nothing is patched
    twice. A target that is missing or has other parameters is left alone, and
    ``problem`` says so for the system checks.
    """

    def __init__(self, target: str, parameters: tuple[Any, ...]) -> None:
        self.target = target
        self.problem: str | None = None
        self._parameters = parameters
        self._decorators: list[Decorator] = []
        self._installed: object = _ABSENT
        self._original: object = _ABSENT  # _ABSENT too where the class inherits it
        _patches.append(self)

    def subscribe(self, decorator: Decorator) -> None:
        """Put ``decorator`` around the function; a second time changes nothing."""
        with _lock:
            if decorator not in self._decorators:
                self._decorators.append(decorator)
                self._apply()

    def unsubscribe(self, decorator: Decorator) -> None:
        """Take ``decorator`` away again, wherever it stands among the others."""
        with _lock:
            if decorator in self._decorators:
                self._decorators.remove(decorator)
                self._apply()

    def is_djangos(self, function: Callable[..., Any]) -> bool:
        """Return whether ``function`` is the one that Django wrote, and nobody stands around it."""
        return is_function_of(function, self.target.partition(":")[0])

    def _apply(self) -> None:
        try:
            owner, name = self._owner()
            if not self._put_back(owner, name) or not self._decorators:
                return
            function = self._fitting(getattr(owner, name))
        except RuntimeError:
            return  # the models of an app that is not installed: nothing passes there
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            self.problem = f"{self.target} is not what this version of queryaudit knows: {error}"
            return
        self._original = vars(owner).get(name, _ABSENT)
        self._installed = reduce(lambda inner, wrap: wrap(inner), self._decorators, function)
        setattr(owner, name, self._installed)

    def _owner(self) -> tuple[Any, str]:
        module_name, _, path = self.target.partition(":")
        *holders, name = path.split(".")
        return reduce(getattr, holders, import_module(module_name)), name

    def _fitting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        found = inspect.signature(function).parameters
        takes_all = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in found.values())
        names, known = tuple(found), self._parameters
        if known[-1] is ...:
            known = known[:-1]
            names = names[: len(known)]
        if names != known and not takes_all:
            msg = f"its parameters are {tuple(found)}, known are {self._parameters}"
            raise TypeError(msg)
        return function

    def _put_back(self, owner: Any, name: str) -> bool:
        """Restore the original and return True, unless somebody patched on top of us."""
        if self._installed is _ABSENT:
            return True
        if vars(owner).get(name) is not self._installed:
            self.problem = f"{self.target} was patched by another package after queryaudit"
            return False
        if self._original is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, self._original)
        self._installed = self._original = _ABSENT
        return True


def is_function_of(function: Any, module: str) -> bool:
    """Return whether ``function`` was written in ``module``.

    Not by ``__module__``, which wrappers copy; proxies pass all attributes on.
    """
    return type(function) is FunctionType and function.__globals__["__name__"] == module


class Point:
    """A function of the package's own that subscribers may stand around in the same way."""

    def __init__(self) -> None:
        self._decorators: tuple[Decorator, ...] = ()

    def subscribe(self, decorator: Decorator) -> None:
        """Put ``decorator`` around the function; a second time changes nothing."""
        if decorator not in self._decorators:
            self._decorators += (decorator,)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return what is to be called in the place of ``function``."""
        return reduce(lambda inner, wrap: wrap(inner), self._decorators, function)


def problems() -> list[str]:
    """Return what did not fit the installed Django; those hooks are switched off."""
    return [patch.problem for patch in _patches if patch.problem]
