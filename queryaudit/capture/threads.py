"""Hand the recorder on to threads and tasks, with the line that waits for them."""

import sys
from asyncio import BaseEventLoop
from collections.abc import Awaitable, Callable
from concurrent.futures import thread as pool
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from threading import Thread
from types import CodeType, FrameType
from typing import Any, Final

import asgiref
from asgiref.sync import markcoroutinefunction

from queryaudit.errors import log_once
from queryaudit.hooks import threads
from queryaudit.recording.callsite import AWAITING, Awaiting
from queryaudit.recording.recorder import CURRENT, HANDED_ON, Recorder

_IN_EXECUTOR: Final[CodeType] = BaseEventLoop.run_in_executor.__code__
_ASGIREF: Final = str(Path(asgiref.__file__).parent)
Values = list[tuple[ContextVar[Any], Any]]


def _recorder() -> Recorder | None:
    recorder = CURRENT.get()
    return recorder if recorder is not None and recorder.is_open else None


def _who(find: Callable[[], Awaiting | None]) -> Awaiting | None:
    """Return who awaits or starts; errors of ours stay ours."""
    try:
        return find()
    except Exception:  # noqa: BLE001
        log_once("remembering who awaits")
        return None


def remember_awaiting(proceed: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Keep the own line that awaits in the context, which asgiref carries to the thread."""

    async def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
        recorder = _recorder()
        who = recorder and _who(recorder.find_awaiting)
        if not who:
            return await proceed(self, *args, **kwargs)
        return await _as(who, proceed, self, args, kwargs)

    return __call__


def remember_asking(proceed: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Keep the own line that asks: ``gather()`` awaits where no line of its own is seen."""

    @wraps(proceed)
    def ask(self: Any, *args: Any, **kwargs: Any) -> Awaitable[Any]:
        recorder = _recorder()
        who = recorder and _who(recorder.find_awaiting)
        # Positional arguments of asave() are deprecated: the warning names who calls it.
        if not who or (args and proceed.__name__ == "asave"):
            return proceed(self, *args, **kwargs)
        return _as(who, proceed, self, args, kwargs)

    return markcoroutinefunction(ask)


async def _as(
    who: Awaiting, proceed: Callable[..., Awaitable[Any]], self: Any, args: Any, kwargs: Any
) -> Any:
    outer = AWAITING.get()
    AWAITING.set(who)
    try:
        return await proceed(self, *args, **kwargs)
    finally:
        AWAITING.set(outer)


def remember_creating(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the line that makes a task in the context that the task copies."""

    def create_task(self: Any, coro: Any, **kwargs: Any) -> Any:
        recorder = _recorder()
        who = recorder and _who(recorder.find_starting)
        if not who:
            return proceed(self, coro, **kwargs)
        token = AWAITING.set(who)
        try:
            return proceed(self, coro, **kwargs)
        finally:
            AWAITING.reset(token)

    return create_task


def hand_to_thread(proceed: Callable[..., None]) -> Callable[..., None]:
    """Record what a thread does that the audited code starts.

    Workers of a pool outlive the request; what they are given is handed on by itself.
    """

    def start(self: Thread) -> None:
        recorder = _recorder()
        if recorder is None or getattr(self, "_target", None) is pool._worker:  # noqa: SLF001
            return proceed(self)
        values, run = _values(recorder), self.run

        def run_recorded() -> None:
            self.__dict__.pop("run", None)
            for variable, value in values:
                variable.set(value)
            run()

        try:
            self.run = run_recorded  # type: ignore[method-assign]
        except Exception:  # noqa: BLE001
            log_once("handing the recorder to a thread")
        try:
            return proceed(self)
        except BaseException:
            self.__dict__.pop("run", None)
            raise

    return start


def hand_to_pool(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Record what a pool of threads does for the audited code, each piece by itself."""

    @wraps(proceed)
    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        recorder = _recorder()
        if recorder is None or _is_asgirefs(sys._getframe(1)):  # noqa: SLF001
            return proceed(self, fn, *args, **kwargs)
        return proceed(self, _run_handed, _values(recorder), fn, args, kwargs)

    return submit


def _is_asgirefs(frame: FrameType | None) -> bool:
    """Return whether asgiref submits, by itself or by asyncio.

    It carries the context itself, and back again: what is set here would stay there.
    """
    if frame is not None and frame.f_code is _IN_EXECUTOR:
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(_ASGIREF)


def _values(recorder: Recorder) -> Values:
    values = [(variable, variable.get()) for variable in HANDED_ON]
    who = _who(recorder.find_starting)
    return [*values, (AWAITING, who)] if who else values


def _run_handed(values: Values, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    tokens = [(variable, variable.set(value)) for variable, value in values]
    try:
        return function(*args, **kwargs)
    finally:
        for variable, token in tokens:
            variable.reset(token)


_HOOKS = (
    (threads.await_sync, remember_awaiting),
    *((hook, remember_asking) for hook in threads.ask_async),
    (threads.create_task, remember_creating),
    (threads.start_thread, hand_to_thread),
    (threads.submit, hand_to_pool),
)


def install() -> None:
    """Watch code being handed to threads and tasks."""
    for hook, watcher in _HOOKS:
        hook.subscribe(watcher)


def uninstall() -> None:
    """Stop watching."""
    for hook, watcher in _HOOKS:
        hook.unsubscribe(watcher)
