"""Record what a prefetch brought, under the relation it came by."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.db.models.fields.related_descriptors import (
    ForwardManyToOneDescriptor,
    ReverseManyToOneDescriptor,
    ReverseOneToOneDescriptor,
)

from queryaudit.capture import columns, steps
from queryaudit.capture.longlists import count_keys
from queryaudit.capture.reads import watch_attribute
from queryaudit.capture.rows import rows_of
from queryaudit.capture.scope import threads
from queryaudit.errors import log_once
from queryaudit.hooks import querysets
from queryaudit.recording.recorder import CURRENT, Recorder
from queryaudit.recording.rowsets import EagerCalls, Kind, LongPrefetch, RowSet, Step


def tag_prefetched(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Hang the record of a prefetch on the rows it brought."""

    def prefetch_one_level(instances: Any, prefetcher: Any, lookup: Any, level: Any) -> Any:
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return proceed(instances, prefetcher, lookup, level)
        outer, threads.scope.in_prefetch = threads.scope.in_prefetch, True
        outer_load, threads.scope.load = threads.scope.load, None
        count, seconds = recorder.query_count, recorder.db_time
        try:
            _note_length(recorder, instances, prefetcher, lookup, level)
        except Exception:  # noqa: BLE001
            log_once("measuring a prefetch")
        try:
            found = proceed(instances, prefetcher, lookup, level)
        finally:
            threads.scope.in_prefetch, threads.scope.load = outer, outer_load
        try:
            load = _tag(recorder, instances, lookup, level, found[0])
            if load is not None:
                load.batches += recorder.query_count - count
                load.seconds += recorder.db_time - seconds
        except Exception:  # noqa: BLE001
            log_once("following a prefetch")
        return found

    return prefetch_one_level


def _tag(recorder: Recorder, instances: Any, lookup: Any, level: int, found: Any) -> RowSet | None:
    """Tag the rows ``found`` as those that the lookup's step led to from ``instances``.

    Rows of a queryset that the site made itself, ``Prefetch(queryset=...)``, are tagged
    as its own: what is to change for them stands on its line.
    """
    parent = _parent(recorder, instances) if found else None
    if parent is None:
        return None
    step = _step(instances[0], lookup, level)
    child = recorder.follow(parent, step)
    child.is_prefetched = True
    if not child.is_eager and child.eager_calls is None and _is_by_hand():
        call = recorder.find_call()
        child.eager_calls = call and EagerCalls({"": call})
    is_deep, is_generic = recorder.is_deep, step.kind is Kind.GENERIC
    for row in found:
        # Not by __dict__, which Python makes for an object when it is asked for it.
        state = row._state  # noqa: SLF001
        source = state.queryaudit_rows
        if source is None:
            child.rows += 1
            state.queryaudit_rows = child
            if is_deep:
                columns.note_row(child, row)
        elif source.via is None and source is not child:
            source.via = child
            child.sources += (source,)
        if is_generic:
            child.targets |= {type(row).__name__}
    child.is_eager = True
    parent.expect_read(child)
    to_attr, as_attr = lookup.get_current_to_attr(level)
    if as_attr:
        watch_attribute(type(instances[0]), to_attr)
    return child


def _parent(recorder: Recorder, instances: Any) -> RowSet | None:
    """Return the record of ``instances``; None for rows of several querysets or of none."""
    parents = {id(rows): rows for rows in map(rows_of, instances)}
    parent = next(iter(parents.values())) if len(parents) == 1 else None
    return parent and recorder.own_rows(parent)


def _note_length(
    recorder: Recorder, instances: Any, prefetcher: Any, lookup: Any, level: int
) -> None:
    """Note a prefetch that its database may refuse, before it does."""
    keys, most = count_keys(instances, prefetcher)
    parent = _parent(recorder, instances) if keys else None
    if parent is not None:
        rows = recorder.follow(parent, _step(instances[0], lookup, level))
        recorder.long_prefetches.append(LongPrefetch(rows, keys, most))


def _is_by_hand() -> bool:
    """Return whether ``prefetch_related_objects()`` was called, and no queryset asked for it."""
    frame: FrameType | None = sys._getframe(3)  # noqa: SLF001
    while frame is not None and frame.f_code.co_name == "prefetch_related_objects":
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name != "_prefetch_related_objects"


def _step(instance: Any, lookup: Any, level: int) -> Step:
    """Return the relation of a prefetch; ``to_attr`` is the name where there is one."""
    name = lookup.prefetch_through.split("__")[level]
    to_attr, _ = lookup.get_current_to_attr(level)
    descriptor = getattr(type(instance), name, None)
    if isinstance(descriptor, ForwardManyToOneDescriptor):
        step = steps.forward(descriptor.field)
    elif isinstance(descriptor, ReverseOneToOneDescriptor):
        step = steps.reverse_one(descriptor.related)
    elif isinstance(descriptor, ReverseManyToOneDescriptor):  # all sets descend from it
        step = steps.of_manager(getattr(instance, name))
    else:
        step = Step(name, f"{instance._meta.label}.{name}", Kind.GENERIC, name)  # noqa: SLF001
    return step if to_attr == name else step._replace(name=to_attr)


def install() -> None:
    """Watch prefetches."""
    querysets.prefetch_step.subscribe(tag_prefetched)


def uninstall() -> None:
    """Stop watching."""
    querysets.prefetch_step.unsubscribe(tag_prefetched)
