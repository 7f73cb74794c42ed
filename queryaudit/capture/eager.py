"""Record what a prefetch brought, under the relation it came by."""

from collections.abc import Callable
from typing import Any

from django.db.models.fields.related_descriptors import (
    ForwardManyToOneDescriptor,
    ReverseManyToOneDescriptor,
    ReverseOneToOneDescriptor,
)

from queryaudit.capture import steps
from queryaudit.capture.rows import rows_of
from queryaudit.capture.scope import ROWS, scope
from queryaudit.errors import log_once
from queryaudit.hooks import querysets
from queryaudit.recording.events import Kind, RowSet, Step
from queryaudit.recording.recorder import CURRENT, Recorder


def tag_prefetched(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Hang the record of a prefetch on the rows it brought."""

    def prefetch_one_level(instances: Any, prefetcher: Any, lookup: Any, level: Any) -> Any:
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return proceed(instances, prefetcher, lookup, level)
        outer, scope.in_prefetch = scope.in_prefetch, True
        outer_load, scope.load = scope.load, None
        try:
            found = proceed(instances, prefetcher, lookup, level)
        finally:
            scope.in_prefetch, scope.load = outer, outer_load
        try:
            _tag(recorder, instances, lookup, level, found[0])
        except Exception:  # noqa: BLE001
            log_once("following a prefetch")
        return found

    return prefetch_one_level


def _tag(recorder: Recorder, instances: Any, lookup: Any, level: int, found: Any) -> None:
    """Tag the rows ``found`` as those that the lookup's step led to from ``instances``.

    Rows of a queryset that the site made itself, ``Prefetch(queryset=...)``, came
    from that queryset's line and are tagged with it already.
    """
    if not found or not instances:
        return
    parents = {id(rows): rows for rows in map(rows_of, instances)}
    parent = next(iter(parents.values())) if len(parents) == 1 else None
    parent = parent and recorder.own_rows(parent)
    if parent is None:  # rows that nobody recorded, or of several querysets
        return
    child: RowSet | None = None
    for row in found:
        state = row._state.__dict__  # noqa: SLF001
        if ROWS not in state:
            if child is None:
                child = recorder.follow(parent, _step(instances[0], lookup, level))
                child.is_prefetched = True
            child.rows += 1
            if child.steps[-1].kind is Kind.GENERIC:
                child.targets.add(type(row).__name__)
            state[ROWS] = child


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
