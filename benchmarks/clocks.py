"""Clock the auditor's own time inside real requests.

A clock stands outside a hook and another inside, around what the hook goes on to. Their
difference is the hook and a part of the clocks; the same two clocks without a hook between
them, on the same pages, tell that part, and it is taken off.
"""

from collections.abc import Callable, Iterator
from time import perf_counter_ns
from types import FunctionType
from typing import Any, TypeVar, cast

import queryaudit

Function = TypeVar("Function", bound=Callable[..., Any])


def unseen(function: Function) -> Function:
    """Have the auditor take ``function`` for a part of itself and look past its frames.

    What looks for the line that asked would find the clock otherwise, and early.
    """
    own = cast(FunctionType, function)
    own.__code__ = own.__code__.replace(co_filename=str(queryaudit.__file__))
    return function


class Clocks:
    """A pair of clocks. ``calls`` are the times between them, in nanoseconds."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self._within = 0

    def outside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function`` with its time, less that of what is inside, added to ``calls``."""

        @unseen
        def clocked(*args: Any, **kwargs: Any) -> Any:
            self._within = 0
            begin = perf_counter_ns()
            try:
                return function(*args, **kwargs)
            finally:
                self.calls.append(perf_counter_ns() - begin - self._within)

        return clocked

    def inside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``function`` with its time taken off that of the clock outside."""

        @unseen
        def clocked(*args: Any, **kwargs: Any) -> Any:
            begin = perf_counter_ns()
            try:
                return function(*args, **kwargs)
            finally:
                self._within += perf_counter_ns() - begin

        return clocked

    def outside_rows(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Do what ``outside`` does, for a function that returns an iterator: its steps, too."""
        clocked = self.outside(function)
        step = self.outside(next)
        return unseen(lambda *args: _Steps(clocked(*args), step))

    def inside_rows(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Do what ``inside`` does, for a function that returns an iterator: its steps, too."""
        clocked = self.inside(function)
        step = self.inside(next)
        return unseen(lambda *args: _Steps(clocked(*args), step))


class _Steps:
    """An iterator each of whose steps is clocked."""

    def __init__(self, rows: Iterator[Any], step: Callable[..., Any]) -> None:
        self._rows = rows
        self._step = step

    def __iter__(self) -> Iterator[Any]:
        return self

    @unseen
    def __next__(self) -> Any:
        return self._step(self._rows)
