"""Record every statement that passes a Django cursor, on every alias."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from queryaudit.capture.scope import scope
from queryaudit.errors import log_once
from queryaudit.hooks import connections
from queryaudit.recording.recorder import CURRENT


def record_statement(
    execute: Callable[..., Any],
    sql: Any,
    params: Any,
    many: bool,  # noqa: FBT001  # Django's own signature
    context: dict[str, Any],
) -> Any:
    """Run the statement and count it, also when the database refuses it."""
    recorder = CURRENT.get()
    if recorder is None:
        return execute(sql, params, many, context)
    load, scope.load = scope.load, None
    start = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = perf_counter() - start
        try:
            recorder.record_query(
                context["connection"].alias,
                sql if type(sql) is str else _text_of(sql, context),
                seconds,
                load,
            )
        except Exception:  # noqa: BLE001
            log_once("recording a query")


def _text_of(sql: Any, context: dict[str, Any]) -> str:
    """Return the text of what a driver takes besides str: bytes, psycopg's sql.SQL, lazy text."""
    if isinstance(sql, bytes):
        return sql.decode(errors="replace")
    as_string = getattr(sql, "as_string", None)
    return str(sql) if as_string is None else str(as_string(context["cursor"].cursor))


def install() -> None:
    """Stand on every connection."""
    connections.subscribe(record_statement)


def uninstall() -> None:
    """Leave every connection."""
    connections.unsubscribe(record_statement)
