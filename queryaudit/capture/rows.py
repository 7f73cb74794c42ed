"""Record where querysets are made, and which rows came from which."""

import sys
from collections.abc import Callable, Iterator
from functools import cache, wraps
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from queryaudit.capture import columns
from queryaudit.capture.joins import Joined, tag_joined
from queryaudit.capture.scope import EAGER, ORIGIN, ROWS, threads
from queryaudit.capture.sets import asked_of, is_through, mark_through
from queryaudit.errors import log_once
from queryaudit.hooks import querysets
from queryaudit.recording.events import Origin
from queryaudit.recording.frames import find_definition
from queryaudit.recording.recorder import CURRENT, Recorder
from queryaudit.recording.rowsets import Evaluation, RowSet


def mark_query(proceed: Callable[..., None]) -> Callable[..., None]:
    """Hang the line that makes a queryset on its Query."""

    def __init__(self: Any, model: Any, alias_cols: bool = True) -> None:  # noqa: FBT001, FBT002, N807
        proceed(self, model, alias_cols)
        scope = threads.scope
        # Querysets that Django makes for a relation belong to the relation.
        if scope.load is not None or scope.in_prefetch:
            return
        try:
            recorder = CURRENT.get()
            if recorder is None or not recorder.is_open:
                definition = find_definition()
                if definition is not None:
                    self.queryaudit_origin = Origin(definition)
                return
            place = recorder.find_maker(model)
            if place is not None:
                origin = self.queryaudit_origin = Origin(place)
                if recorder.layers is not None and recorder.layers.is_inside():
                    origin.built_at = place
            if is_through(model):
                mark_through(self)
        except Exception:  # noqa: BLE001
            log_once("marking a queryset")

    return __init__


def follow_copy(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Move the line to whom the queryset was given, where he goes on with it.

    A function that makes querysets serves many; the caller who narrows what it returned
    has a line of his own to change.
    """

    def chain(self: Any, klass: Any = None) -> Any:
        copy = proceed(self, klass)
        # First what most copies have not: no hook but one runs as often.
        origin = copy.queryaudit_origin
        if origin is None or origin.is_settled:
            return copy
        recorder = CURRENT.get()
        if recorder is None:
            return copy
        scope = threads.scope
        if recorder.is_open and not (scope.load or scope.in_prefetch):
            try:
                place = recorder.find_narrowing(origin.place, self)
                if place is not None:
                    narrowed = copy.queryaudit_origin = Origin(place, maker=origin.place)
                    narrowed.built_at = origin.built_at
            except Exception:  # noqa: BLE001
                log_once("following a queryset")
        return copy

    return chain


def mark_raw(proceed: Callable[..., None]) -> Callable[..., None]:
    """Hang the line that makes a raw queryset on it."""

    @wraps(proceed)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        proceed(self, *args, **kwargs)
        recorder = CURRENT.get()
        if recorder is not None and recorder.is_open:
            try:
                self.__dict__[ORIGIN] = Origin(recorder.find_place())
            except Exception:  # noqa: BLE001
                log_once("marking a raw query")

    return __init__


def tag_rows(proceed: Callable[..., Iterator[Model]]) -> Callable[..., Iterator[Model]]:
    """Hang the record of an evaluation on each of its rows."""

    def __iter__(self: Any) -> Iterator[Model]:  # noqa: N807
        if threads.scope.load is not None:
            return proceed(self)
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return proceed(self)
        try:
            query = self.queryset.query
            origin = query.queryaudit_origin
            if origin is None and threads.scope.in_prefetch:
                return proceed(self)
            rowset = _begin(recorder, self.queryset, query, origin, is_chunked=self.chunked_fetch)
        except Exception:  # noqa: BLE001
            log_once("beginning the rows of a queryset")
            return proceed(self)
        if rowset is None:
            return proceed(self)
        # What a related manager knows already stands in the cache as if it were joined.
        passed = None
        if query.select_related:
            passed = {field.cache_name for field in self.queryset._known_related_objects}  # noqa: SLF001
        return _tagged(proceed(self), recorder, rowset, passed)

    return __iter__


def _begin(
    recorder: Recorder, queryset: Any, query: Any, origin: Origin | None, *, is_chunked: bool
) -> RowSet | None:
    # A queryset made before the audit: its rows come from where it is read.
    origin = origin or Origin(recorder.find_maker(None))
    evaluation = _evaluation(queryset, query, is_chunked=is_chunked)
    mark = query.queryaudit_set
    if mark is not None:
        rowset = asked_of(recorder, query, mark)
        if rowset is not None and rowset.parent is not None:
            threads.scope.asked = query, rowset
            if rowset.own is not None and rowset.own[0].place is not origin.place:
                # Another line reads the set as well: what it follows is its own to change.
                detail = f"{rowset.detail} at {id(origin.place)}"
                rowset = recorder.follow(rowset.parent, rowset.steps[-1], rowset.form, detail)
            rowset.own = rowset.own or (origin, evaluation)
            rowset.eager_calls = query.__dict__.get(EAGER)
            return rowset
    root = recorder.begin_rows(origin, query.model._meta.label, evaluation)  # noqa: SLF001
    if root is not None:
        root.eager_calls = query.__dict__.get(EAGER)
    return root


def _evaluation(queryset: Any, query: Any, *, is_chunked: bool) -> Evaluation:
    # No router is asked a second time, which might choose anew: the first row tells.
    alias = queryset._db or DEFAULT_DB_ALIAS  # noqa: SLF001
    names, are_deferred = query.deferred_loading  # a set, which only() makes
    if not names and not query.combinator and query.select_related is not True:
        return _plain(alias, is_chunked)
    return Evaluation(
        is_chunked=is_chunked,
        alias=alias,
        combinator=query.combinator,
        deferred=(frozenset(names), are_deferred),
        joins_all=query.select_related is True,
    )


@cache
def _plain(alias: str, is_chunked: bool) -> Evaluation:  # noqa: FBT001
    return Evaluation(alias=alias, is_chunked=is_chunked)


def tag_raw_rows(proceed: Callable[..., Iterator[Model]]) -> Callable[..., Iterator[Model]]:
    """Hang the record of a raw query on each of its rows."""

    def __iter__(self: Any) -> Iterator[Model]:  # noqa: N807
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return proceed(self)
        try:
            # RawQuerySet.iterator() runs for both; only _fetch_all() goes on to prefetch.
            caller = sys._getframe(2).f_code.co_name  # noqa: SLF001
            is_chunked = caller != "_fetch_all"
            alias = self.queryset._db or DEFAULT_DB_ALIAS  # noqa: SLF001
            rowset = recorder.begin_rows(
                self.queryset.__dict__.get(ORIGIN) or Origin(recorder.find_place()),
                self.queryset.model._meta.label,  # noqa: SLF001
                Evaluation(
                    alias=alias,
                    is_raw=True,
                    is_chunked=is_chunked,
                    is_list=threads.scope.takes_lists,
                ),
            )
        except Exception:  # noqa: BLE001
            log_once("beginning the rows of a raw query")
            return proceed(self)
        rows = _with_model(proceed(self), self.queryset.model)
        return rows if rowset is None else _tagged(rows, recorder, rowset, None)

    return __iter__


def _with_model(rows: Iterator[Model], model: Any) -> Iterator[Model]:
    """Yield ``rows``; the statement that brings them, with the first, knows their model."""
    outer, threads.scope.raw_model = threads.scope.raw_model, model
    try:
        first = next(rows, None)
    finally:
        threads.scope.raw_model = outer
    if first is not None:
        yield first
        yield from rows


def _tagged(
    rows: Iterator[Model], recorder: Recorder, rowset: RowSet, passed: set[str] | None
) -> Iterator[Model]:
    """Yield ``rows`` tagged; ``passed`` are relations that no join brought, None without joins."""
    is_deep = recorder.is_deep
    joined: Joined = dict.fromkeys(passed or ())
    for row in rows:
        try:
            state = row._state  # noqa: SLF001
            if not rowset.rows:
                rowset.came_from(state.db)
            rowset.rows += 1
            # Not by __dict__, which Python makes for an object when it is asked for it.
            state.queryaudit_rows = rowset  # type: ignore[attr-defined]
            if is_deep:
                columns.note_row(rowset, row)
            if passed is not None:
                tag_joined(row, recorder, rowset, joined)
        except Exception:  # noqa: BLE001
            # from_db() may return what it likes.
            log_once("tagging rows")
        yield row


def rows_of(instance: Model) -> RowSet | None:
    """Return the record that ``instance`` came with; None for rows nobody recorded."""
    rowset = getattr(instance._state, ROWS, None)  # noqa: SLF001
    return rowset if isinstance(rowset, RowSet) else None


def install() -> None:
    """Watch querysets begin and rows come out."""
    querysets.begin_query.subscribe(mark_query)
    querysets.copy_query.subscribe(follow_copy)
    querysets.begin_raw.subscribe(mark_raw)
    querysets.iterate_models.subscribe(tag_rows)
    querysets.iterate_raw.subscribe(tag_raw_rows)


def uninstall() -> None:
    """Stop watching; marks that rows carry do no harm."""
    querysets.begin_query.unsubscribe(mark_query)
    querysets.copy_query.unsubscribe(follow_copy)
    querysets.begin_raw.unsubscribe(mark_raw)
    querysets.iterate_models.unsubscribe(tag_rows)
    querysets.iterate_raw.unsubscribe(tag_raw_rows)
