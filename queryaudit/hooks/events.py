"""Channels that the tools of the package speak into; where nobody listens, one look is all."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Literal, NamedTuple

Listener = Callable[[Any], AbstractContextManager[None]]


class Channel:
    """What is told around each statement: listeners are entered before it and left after it."""

    def __init__(self) -> None:
        self.listeners: tuple[Listener, ...] = ()

    def subscribe(self, listener: Listener) -> None:
        """Tell ``listener`` from now on; twice changes nothing."""
        if listener not in self.listeners:
            self.listeners += (listener,)

    def unsubscribe(self, listener: Listener) -> None:
        """Tell it no more."""
        self.listeners = tuple(other for other in self.listeners if other is not listener)

    @contextmanager
    def telling(self, told: Any) -> Iterator[None]:
        """Stand around a statement of which ``told`` is to be known."""
        with ExitStack() as stack:
            for listener in self.listeners:
                stack.enter_context(listener(told))
            yield


# The model, or None, of SQL by hand that takes lists as parameters.
raw_queries = Channel()


class CacheRead(NamedTuple):
    """One read of master data. ``source`` is the model's label, ``rows`` what was returned.

    ``hit``: memory answered. ``load``: the rows were read for this and are held from now on.
    ``miss``: the database answered. ``via`` is how it was asked: a method, or a relation.
    """

    source: str
    via: str
    rows: int
    outcome: Literal["hit", "load", "miss"]


class Feed:
    """What is told after the fact; where nobody listens, it costs one look at ``listeners``."""

    def __init__(self) -> None:
        self.listeners: tuple[Callable[[Any], None], ...] = ()

    def subscribe(self, listener: Callable[[Any], None]) -> None:
        """Tell ``listener`` from now on; twice changes nothing."""
        if listener not in self.listeners:
            self.listeners += (listener,)

    def unsubscribe(self, listener: Callable[[Any], None]) -> None:
        """Tell it no more."""
        self.listeners = tuple(other for other in self.listeners if other is not listener)

    def tell(self, told: Any) -> None:
        """Tell all listeners."""
        for listener in self.listeners:
            listener(told)


# A CacheRead for each read of master data.
cache_reads = Feed()
