"""Record sets of related rows that are asked for row by row."""

import sys
from collections.abc import Callable
from functools import cache
from types import FrameType
from typing import Any, Final

from django.db.models.sql import AggregateQuery, Query
from django.db.models.sql.where import OR

from queryaudit.capture import steps
from queryaudit.capture.scope import ROWS, Scope
from queryaudit.errors import log_once
from queryaudit.hooks import querysets
from queryaudit.recording.recorder import CURRENT, Load, Recorder
from queryaudit.recording.rowsets import RelatedSet, RowSet

# From Query.__init__ over QuerySet, manager and using() to the property.
_FRAMES_TO_THROUGH: Final = 6
_READING = (Query, AggregateQuery)


def mark_set(proceed: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Hang the relation, and the row that it is followed from, on a related manager's Query."""

    def get_queryset(self: Any) -> Any:
        queryset = proceed(self)
        if "core_filters" in self.__dict__:
            recorder = CURRENT.get()
            if recorder is not None and recorder.is_open:
                try:
                    _mark(recorder, self, queryset.query)
                except Exception:  # noqa: BLE001
                    log_once("following a set")
        return queryset

    return get_queryset


def _mark(recorder: Recorder, manager: Any, query: Any) -> None:
    instance = manager.instance
    # Also within a prefetch, whose sets may be narrowed later and then ask again.
    parent = getattr(instance._state, ROWS, None)  # noqa: SLF001
    if parent is None:
        return
    if parent.audit != recorder.number:
        parent = recorder.own_rows(parent)
        if parent is None:
            return
    step = steps.of_manager(manager)
    child = parent.children.get(step.name) or recorder.follow(parent, step)
    conditions = len(query.where.children) + len(manager.core_filters)
    # The property ``pk`` costs twice as much; a key of several columns has no name here.
    pk = instance.__dict__.get(instance._meta.pk.attname)  # noqa: SLF001
    key = instance.pk if pk is None else pk
    query.queryaudit_set = RelatedSet(child, key, conditions, _built(query))


def _built(query: Any) -> tuple[Any, ...]:
    """Return what a queryset of a set may ask beyond its conditions."""
    return query.order_by, query.distinct, query.select_related, query.deferred_loading


def mark_through(query: Any) -> None:
    """Hang a many-to-many on the query of its through model that counts it.

    count() and exists() of a many-to-many ask the through model alone, by a manager
    of that model: only the stack knows the relation.
    """
    recorder = CURRENT.get()
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001
    for _ in range(_FRAMES_TO_THROUGH):
        if frame is None or recorder is None:
            return
        if frame.f_code.co_name == "constrained_target":
            _mark(recorder, frame.f_locals["self"], query)
            return
        frame = frame.f_back


@cache
def is_through(model: Any) -> bool:
    """Return whether rows of ``model`` stand between two others."""
    if model is None:
        return False
    ends = [field.related_model for field in model._meta.fields if field.related_model]  # noqa: SLF001
    relations = [
        relation
        for end in ends
        if not isinstance(end, str)
        for relation in (
            *(field.remote_field for field in end._meta.many_to_many),  # noqa: SLF001
            *(one for one in end._meta.related_objects if one.many_to_many),  # noqa: SLF001
        )
    ]
    return any(getattr(relation, "through", None) is model for relation in relations)


def take_set(recorder: Recorder, scope: Scope) -> Load | None:
    """Return the set that the statement now run asks for; None for other statements."""
    query: Any = scope.query
    if query is None or scope.in_prefetch:
        return None
    try:
        mark = query.queryaudit_set
        if mark is None:
            inner: Any = query.inner_query if type(query) is AggregateQuery else None
            mark = inner and inner.queryaudit_set
            if mark is None:
                return None
        if type(query) not in _READING:  # an UPDATE or DELETE of the set
            return None
        asked, scope.asked = scope.asked, None
        rowset = asked[1] if asked and asked[0] is query else asked_of(recorder, query, mark)
        return None if rowset is None else (rowset, mark.pk, None)
    except Exception:  # noqa: BLE001
        log_once("asking a set")
        return None


def asked_of(recorder: Recorder, query: Any, mark: RelatedSet) -> RowSet | None:
    """Return the record of what ``query`` asks of the set that ``mark`` follows."""
    rowset, parent = mark.rowset, mark.rowset.parent
    if parent is None:
        return None
    if rowset.audit != recorder.number:
        parent = recorder.own_rows(parent)
        if parent is None:
            return None
        rowset = recorder.follow(parent, rowset.steps[-1])
    form, detail = form_of(query, mark)
    if form == "rows":
        return rowset
    where = (query.__dict__.get("inner_query") or query).where
    is_narrowed = len(where.children) != mark.conditions
    key = f"{detail} where" if is_narrowed else detail
    asked = recorder.follow(parent, rowset.steps[-1], form, key)
    asked.detail = detail
    asked.is_narrowed = is_narrowed
    asked.is_combined |= where.connector == OR
    return asked


def form_of(query: Any, mark: RelatedSet) -> tuple[str, str]:
    """Return what is asked of a set, and its detail: the code of an aggregate.

    ``"rows"`` (cut or not: a prefetch is cut in memory), ``"narrowed"`` where it is
    filtered, ordered or joined, ``"count"``, ``"exists"`` or ``"figure"``.
    """
    annotations = query.annotations
    if "__count" in annotations:
        return "count", ""
    inner = query.__dict__.get("inner_query")
    if not query.default_cols and not query.select and annotations:
        if list(annotations) == ["a"] and query.high_mark == 1:
            return "exists", ""
        for expression in annotations.values():
            if expression.contains_aggregate:
                return "figure", _aggregate_code(expression)
    if inner is not None:
        return "figure", ""
    is_narrowed = (
        len(query.where.children) != mark.conditions
        or _built(query) != mark.built
        or bool(annotations)
        or query.values_select != ()
    )
    return ("narrowed" if is_narrowed else "rows"), ""


def _aggregate_code(expression: Any) -> str:
    """Return the aggregate's name and column: ``"Max:price"``."""
    sources = expression.get_source_expressions()
    target = getattr(sources[0], "target", None) if sources else None
    return f"{type(expression).__name__}:{target.name if target is not None else ''}"


def mark_filtered(proceed: Callable[..., None]) -> Callable[..., None]:
    """Do the same where the manager's own ``get_queryset`` does not ask Django's."""

    def _add_hints(self: Any, **hints: Any) -> None:
        proceed(self, **hints)
        recorder = CURRENT.get()
        if recorder is not None and recorder.is_open and "instance" in hints:
            frame = sys._getframe(1)  # noqa: SLF001
            if frame.f_code.co_name == "_apply_rel_filters" and self.query.queryaudit_set is None:
                try:
                    _mark(recorder, frame.f_locals["self"], self.query)
                except Exception:  # noqa: BLE001
                    log_once("following a set")

    return _add_hints


def install() -> None:
    """Watch related managers."""
    querysets.begin_manager.subscribe(mark_set)
    querysets.add_hints.subscribe(mark_filtered)


def uninstall() -> None:
    """Stop watching."""
    querysets.begin_manager.unsubscribe(mark_set)
    querysets.add_hints.unsubscribe(mark_filtered)
