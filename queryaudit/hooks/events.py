"""Channels that the tools of the package speak into; where nobody listens, one look is all."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

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
