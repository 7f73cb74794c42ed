"""Remember the line that awaits, for the statements of the thread that works for it."""

from collections.abc import Awaitable, Callable
from typing import Any

from queryaudit.errors import log_once
from queryaudit.hooks import threads
from queryaudit.recording.callsite import AWAITING
from queryaudit.recording.recorder import CURRENT


def remember_awaiting(proceed: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Keep the own line that awaits in the context, which asgiref carries to the thread."""

    async def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return await proceed(self, *args, **kwargs)
        outer = AWAITING.get()
        try:
            place = recorder.find_place()
            if place is not None and place.own:
                AWAITING.set(place)
        except Exception:  # noqa: BLE001
            log_once("remembering who awaits")
        try:
            return await proceed(self, *args, **kwargs)
        finally:
            AWAITING.set(outer)

    return __call__


def install() -> None:
    """Watch code being handed to threads."""
    threads.await_sync.subscribe(remember_awaiting)


def uninstall() -> None:
    """Stop watching."""
    threads.await_sync.unsubscribe(remember_awaiting)
