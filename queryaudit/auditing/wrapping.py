"""``audit()`` as a decorator: each call is an audit of its own, told to the log."""

import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from queryaudit.findings.record import AuditRecord
from queryaudit.reports import console

P = ParamSpec("P")
R = TypeVar("R")

_logger = logging.getLogger("queryaudit")


class _Audit(AbstractContextManager["_Audit"], Protocol):
    def to_record(self) -> AuditRecord:
        """Return it as plain values."""


def wrapped(function: Callable[P, R], again: Callable[[], _Audit]) -> Callable[P, R]:
    """Return ``function``, each call of it within the audit that ``again`` makes.

    Raises TypeError for a generator function, whose body runs after the call.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        msg = (
            f"audit() cannot decorate the generator {function.__qualname__}: its body runs "
            "after the call. Use `with queryaudit.audit()` around the loop that reads it."
        )
        raise TypeError(msg)

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def audited_coroutine(*args: P.args, **kwargs: P.kwargs) -> Any:
            with _reported(again()):
                return await cast(Awaitable[Any], function(*args, **kwargs))

        return cast(Callable[P, R], audited_coroutine)

    @wraps(function)
    def audited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _reported(again()):
            return function(*args, **kwargs)

    return audited


@contextmanager
def _reported(inner: _Audit) -> Iterator[None]:
    with inner:
        yield
    record = inner.to_record()
    if record.findings:
        _logger.warning("%s", console.render(record))
