"""Record which eager loads are read: what a join or a prefetch brought ahead."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, Final

import django.db
from django.db.models import ForeignKey, OneToOneField
from django.db.models.fields.mixins import FieldCacheMixin

from queryaudit.capture.scope import EAGER, ROWS, threads
from queryaudit.errors import log_once
from queryaudit.hooks import attributes, descriptors, querysets
from queryaudit.hooks.patches import is_function_of
from queryaudit.recording.recorder import CURRENT, Recorder
from queryaudit.recording.rowsets import EagerCalls, RowSet

_PLAIN: Final = {ForeignKey, OneToOneField}  # and no classes of the site's
_UNLOADED: Final = object()
_ORM: Final = Path(django.db.__file__).resolve().parent.as_posix() + "/"


def note_forward(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Note that a foreign key or one-to-one was read which a join or prefetch had brought."""

    def __get__(self: Any, instance: Any, cls: Any = None) -> Any:  # noqa: N807
        if instance is not None:
            note_one(instance, self.field.name)
        return proceed(self, instance, cls)

    def answer(self: Any, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return proceed(self, instance, cls)
        field = self.field
        if type(field) not in _PLAIN:
            note_one(instance, field.name)
            return proceed(self, instance, cls)
        state = instance._state  # noqa: SLF001
        related = state.fields_cache.get(field.cache_name, _UNLOADED)
        if related is _UNLOADED:
            return proceed(self, instance, cls)
        # What note_one() does, without its call: no hook runs as often as this one.
        try:
            rows = state.queryaudit_rows
        except AttributeError:  # a state that is not Django's
            rows = None
        if rows is not None and rows.unread:
            _note_read(rows, field.name, sys._getframe(1))  # noqa: SLF001
        # What is loaded is answered as Django's own would, so that reading it costs no call.
        return proceed(self, instance, cls) if related is None else related

    is_djangos = descriptors.read_forward.is_djangos(proceed) and is_function_of(
        FieldCacheMixin.get_cached_value, FieldCacheMixin.__module__
    )
    return answer if is_djangos else __get__


def note_one(instance: Any, name: str) -> None:
    """Note that the relation ``name`` of ``instance`` is read, if it came ahead."""
    rows = getattr(instance._state, ROWS, None)  # noqa: SLF001
    if rows is not None and rows.unread:
        _note_read(rows, name, sys._getframe(2))  # noqa: SLF001


def _note_read(rows: RowSet, name: str, frame: FrameType) -> None:
    recorder, load = CURRENT.get(), rows.children.get(name)
    if recorder is not None and load is not None and load.is_eager and not load.is_used:
        _note(recorder, load, frame)


def note_set(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Note that a set which a prefetch had brought was read."""

    @wraps(proceed)
    def read(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self._prefetch_done and CURRENT.get() is not None:
            _note_set(self, sys._getframe(1))  # noqa: SLF001
        return proceed(self, *args, **kwargs)

    return read


def note_all(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Do what ``note_set`` does for the commonest of all reads, without packing arguments."""

    @wraps(proceed)
    def _fetch_all(self: Any) -> Any:
        if self._prefetch_done and CURRENT.get() is not None:
            _note_set(self, sys._getframe(1))  # noqa: SLF001
        return proceed(self)

    return _fetch_all


def _note_set(queryset: Any, frame: FrameType) -> None:
    rows = queryset._result_cache  # noqa: SLF001
    if rows and not threads.scope.in_prefetch:
        note_rows(rows, frame)


def note_rows(value: Any, frame: FrameType | None = None) -> None:
    """Note that the rows ``value``, a list of a prefetch or one row, were read."""
    recorder = CURRENT.get()
    row = value[0] if isinstance(value, list) and value else value
    state = getattr(row, "_state", None)
    if recorder is None or state is None:
        return
    rows = getattr(state, ROWS, None)
    load = rows if rows is None or rows.via is None else rows.via
    if load is not None and load.is_eager and not load.is_used:
        _note(recorder, load, frame or sys._getframe(2))  # noqa: SLF001


def _note(recorder: Recorder, load: RowSet, frame: FrameType | None) -> None:
    """Mark ``load`` as used, unless it is Django that reads to build on it or to save a row."""
    try:
        # Through the descriptor, the manager or the queryset to who asked it.
        while frame is not None and frame.f_code.co_filename.startswith(_ORM):
            if frame.f_code.co_name in _PASSING:
                return
            frame = frame.f_back
        load.note_read()
        if load.audit != recorder.number:
            recorder.note_late_read(load)
    except Exception:  # noqa: BLE001
        log_once("noting an eager load that is read")


# What reads a relation for no one: the next step of a prefetch, and saving a row.
_PASSING: Final = {
    "prefetch_related_objects",
    "get_prefetcher",
    "_prepare_related_fields_for_save",
}


def note_call(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the line that asks for an eager load: there it can be taken out."""
    note = _note_ahead

    def load_ahead(self: Any, *names: Any) -> Any:
        queryset = proceed(self, *names)
        note(queryset, names)
        return queryset

    # Django tells a deprecation where the first module calls that is not its own, and keeps
    # silent where it calls itself: it is not to take this function for the site's.
    unseen = {"__name__": proceed.__module__}
    return wraps(proceed)(FunctionType(load_ahead.__code__, unseen, closure=load_ahead.__closure__))


def _note_ahead(queryset: Any, names: tuple[Any, ...]) -> None:
    recorder = CURRENT.get()
    if recorder is not None and recorder.is_open and threads.scope.load is None:
        try:
            call = recorder.find_call()
            query = queryset.query.__dict__
            known = query[EAGER].by_path if EAGER in query else {}
            asked = {getattr(name, "prefetch_to", name): call for name in names}
            # A new one: copies of a query share what hangs on them.
            query[EAGER] = EagerCalls({**known, **asked})
        except Exception:  # noqa: BLE001
            log_once("noting an eager load")


def watch_attribute(model: type, name: str) -> None:
    """Note that a list of ``Prefetch(to_attr=name)`` is read."""
    attributes.watch(model, name, note_rows)


def install() -> None:
    """Watch what is read."""
    descriptors.read_forward.subscribe(note_forward)
    for hook in querysets.load_ahead:
        hook.subscribe(note_call)
    querysets.read_all.subscribe(note_all)
    for hook in querysets.read_rows:
        hook.subscribe(note_set)


def uninstall() -> None:
    """Stop watching."""
    descriptors.read_forward.unsubscribe(note_forward)
    for hook in querysets.load_ahead:
        hook.unsubscribe(note_call)
    querysets.read_all.unsubscribe(note_all)
    for hook in querysets.read_rows:
        hook.unsubscribe(note_set)
    attributes.unwatch()
