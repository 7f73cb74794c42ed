"""Record every statement that passes a Django cursor, on every alias."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from time import perf_counter
from typing import Any

from django.db.models.sql.constants import GET_ITERATOR_CHUNK_SIZE, MULTI

from queryaudit.capture.explain import explain
from queryaudit.capture.scope import Scope, take_load, threads
from queryaudit.capture.sets import take_set
from queryaudit.errors import log_once
from queryaudit.hooks import connections, events, querysets
from queryaudit.recording.events import AnyPlace, Origin
from queryaudit.recording.recorder import CURRENT, Load, Recorder


def record_statement(
    execute: Callable[..., Any],
    sql: Any,
    params: Any,
    many: bool,  # noqa: FBT001  # Django's own signature
    context: dict[str, Any],
) -> Any:
    """Run the statement and count it, also when the database refuses it."""
    recorder = CURRENT.get()
    if recorder is None or not recorder.is_open:
        return execute(sql, params, many, context)
    scope = threads.scope
    load = scope.load
    if load is None:
        load = take_set(recorder, scope)
    elif scope.query is not None and scope.query.model is load[2]:
        scope.load = None  # what take_load() does for the commonest load by far
    else:
        load = take_load(scope)
    start = perf_counter()
    try:
        result = execute(sql, params, many, context)
    except BaseException:
        span = start, perf_counter() - start
        _record(recorder, scope, (sql, params, many, context), span, load, is_done=False)
        raise
    seconds = perf_counter() - start
    if load is not None:
        # Most loads are one more turn of a loop.
        repeat = recorder.repeats.get(load[0])
        if repeat is not None:
            try:
                if repeat.again(context["connection"].alias, sql, start, seconds, params):
                    return result
            except Exception:  # noqa: BLE001
                log_once("recording a query")
    _record(recorder, scope, (sql, params, many, context), (start, seconds), load, is_done=True)
    return result


def _record(
    recorder: Recorder,
    scope: Scope,
    statement: tuple[Any, Any, bool, dict[str, Any]],
    span: tuple[float, float],
    load: Load | None,
    *,
    is_done: bool,
) -> None:
    """Count a statement that began and took ``span``, and note what else is to be known of it."""
    try:
        start, seconds = span
        sql, params, many, context = statement
        alias, asked = context["connection"].alias, scope.query
        model, origin = scope.raw_model, None
        if asked is not None:
            model = asked.model
            if load is None:
                origin = asked.queryaudit_origin
        place = recorder.record_query(
            alias,
            sql if type(sql) is str else connections.text_of(sql, context),
            seconds,
            load,
            None if many else params,
            model,
            # What the database refused is asked again: no loop, and nothing was written.
            is_done and not many and not scope.in_prefetch,
            asked is None,
            start,
            origin,
        )
        if scope.takes_lists:
            recorder.note_lists(alias, str(sql))
        if recorder.layers is not None and place is not None:
            _record_layer(recorder, place, seconds, load, model, origin)
        # After an error PostgreSQL answers nothing more in this transaction.
        if recorder.scan_rows and is_done and not many and place is not None:
            explain(recorder, context["connection"], str(sql), params, place, model)
    except Exception:  # noqa: BLE001
        log_once("recording a query")


def _record_layer(
    recorder: Recorder,
    place: AnyPlace,
    seconds: float,
    load: Load | None,
    model: Any,
    origin: Origin | None,
) -> None:
    relation: str | None
    if load is not None:
        relation, origin = load[0].steps[-1].relation, load[0].origin
    else:
        relation = None if model is None else model._meta.label  # noqa: SLF001
    if recorder.layers is not None and not recorder.layers.record(place, seconds, relation, origin):
        recorder.is_cut = True


def hand_select_on(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Do what ``hand_query_on`` does for the commonest statements, without packing arguments."""

    @wraps(proceed)
    def execute_sql(
        self: Any,
        result_type: Any = MULTI,
        chunked_fetch: bool = False,  # noqa: FBT001, FBT002  # Django's own signature
        chunk_size: int = GET_ITERATOR_CHUNK_SIZE,
    ) -> Any:
        if CURRENT.get() is None:
            return proceed(self, result_type, chunked_fetch, chunk_size)
        scope = threads.scope
        outer, scope.query = scope.query, self.query
        try:
            return proceed(self, result_type, chunked_fetch, chunk_size)
        finally:
            scope.query = outer

    return execute_sql


def hand_query_on(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Tell the statement which Query it comes from."""

    @wraps(proceed)
    def execute_sql(self: Any, *args: Any, **kwargs: Any) -> Any:
        if CURRENT.get() is None:
            return proceed(self, *args, **kwargs)
        # An update may run a SELECT of its own first: the outer Query comes back.
        scope = threads.scope
        outer, scope.query = scope.query, self.query
        try:
            return proceed(self, *args, **kwargs)
        finally:
            scope.query = outer

    return execute_sql


@contextmanager
def hand_model_on(model: Any) -> Iterator[None]:
    """Tell the statement of which model it is; it is run by a tool that expands lists."""
    scope = threads.scope
    outer = scope.raw_model, scope.takes_lists
    scope.raw_model, scope.takes_lists = model, True
    try:
        yield
    finally:
        scope.raw_model, scope.takes_lists = outer


def install() -> None:
    """Stand on every connection and around every Query."""
    events.raw_queries.subscribe(hand_model_on)
    connections.subscribe(record_statement)
    querysets.run_query.subscribe(hand_select_on)
    querysets.run_insert.subscribe(hand_query_on)


def uninstall() -> None:
    """Leave them."""
    events.raw_queries.unsubscribe(hand_model_on)
    connections.unsubscribe(record_statement)
    querysets.run_query.unsubscribe(hand_select_on)
    querysets.run_insert.unsubscribe(hand_query_on)
