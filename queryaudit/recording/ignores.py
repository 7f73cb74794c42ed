"""``ignore()``: what a block asks on purpose is no finding, with the reason why."""

import inspect
import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from queryaudit.conf.options import IGNORED

P = ParamSpec("P")
R = TypeVar("R")

IGNORING: ContextVar[tuple["Ignore", ...]] = ContextVar("queryaudit_ignoring", default=())


def ignore(*targets: str, reason: str) -> "Ignore":
    """Return a block, or decorator of sync and async functions, whose findings are ignored.

    ``targets`` are relations (``"shop.Album.tags"``) and ids of findings; without any,
    all findings of what the block asks. A finding is ignored when all its queries were
    asked in the block. ``reason`` says why, for those who read it later. Raises
    ValueError for what is neither a relation nor an id, and without a reason.
    """
    for target in targets:
        if not isinstance(target, str) or not IGNORED.fullmatch(target):
            msg = (
                f"ignore({target!r}): a relation as findings name it, such as "
                '"shop.Album.tags", or the id of a finding, such as "N1-1eb371e5"'
            )
            raise ValueError(msg)
    if not isinstance(reason, str) or not reason.strip():
        msg = "ignore() needs a reason: it is read by those who ask whether it still holds"
        raise ValueError(msg)
    frame = sys._getframe(1)  # noqa: SLF001
    return Ignore(targets, reason.strip(), frame.f_code.co_filename, frame.f_lineno)


class Ignore:
    """One ``ignore()`` of the source: ``file`` and ``line`` say where it stands."""

    def __init__(self, targets: tuple[str, ...], reason: str, file: str, line: int) -> None:
        self.targets = targets
        self.reason = reason
        self.file = file
        self.line = line

    def matches(self, relation: str | None, finding_id: str) -> bool:
        """Return whether a finding is meant."""
        return not self.targets or relation in self.targets or finding_id in self.targets

    def __enter__(self) -> Self:
        IGNORING.set((*IGNORING.get(), self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Not by token: one object may stand around blocks of several threads.
        outer = list(IGNORING.get())
        if self in outer:
            del outer[len(outer) - 1 - outer[::-1].index(self)]
        IGNORING.set(tuple(outer))

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            msg = (
                f"ignore() cannot decorate the generator {function.__qualname__}: its body runs "
                "after the call. Use `with queryaudit.ignore(...)` around the loop that reads it."
            )
            raise TypeError(msg)
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def ignored_coroutine(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return await cast(Awaitable[Any], function(*args, **kwargs))

            return cast(Callable[P, R], ignored_coroutine)

        @wraps(function)
        def ignored(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return ignored

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ignore) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> tuple[str, int, tuple[str, ...]]:
        """What tells it from others."""
        return self.file, self.line, self.targets
