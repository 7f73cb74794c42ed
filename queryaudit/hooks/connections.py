"""Keep execute wrappers on every database connection, also on those opened later.

Django's own hooks are used: ``connection.execute_wrappers`` and the signal
``connection_created``. A wrapper stands at index 0, the outermost place: it sees
every statement once, and a ``with connection.execute_wrapper(...)`` of the site
still finds its own wrapper last in the list when it takes it off.
"""

import gc
import threading
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

ExecuteWrapper = Callable[..., Any]  # Django's (execute, sql, params, many, context)

_lock = threading.RLock()
_wrappers: list[ExecuteWrapper] = []


def subscribe(wrapper: ExecuteWrapper) -> None:
    """Put ``wrapper`` on every connection, open or opened later; twice changes nothing."""
    with _lock:
        if wrapper not in _wrappers:
            _wrappers.append(wrapper)
            # The last to be told of a connection stands outside of what others put there.
            connection_created.disconnect(dispatch_uid="queryaudit.connections")
            connection_created.connect(_attach_created, dispatch_uid="queryaudit.connections")
            for connection in _existing():
                _attach(connection)


def unsubscribe(wrapper: ExecuteWrapper) -> None:
    """Take ``wrapper`` off every connection of every thread."""
    with _lock:
        if wrapper in _wrappers:
            _wrappers.remove(wrapper)
            for connection in _existing():
                connection.execute_wrappers[:] = [
                    other for other in connection.execute_wrappers if other is not wrapper
                ]
        if not _wrappers:
            connection_created.disconnect(dispatch_uid="queryaudit.connections")


def text_of(sql: Any, context: dict[str, Any]) -> str:
    """Return the text of what a driver takes besides str: bytes, psycopg's sql.SQL, lazy text."""
    if isinstance(sql, bytes):
        return sql.decode(errors="replace")
    as_string = getattr(sql, "as_string", None)
    return str(sql) if as_string is None else str(as_string(context["cursor"].cursor))


def _existing() -> list[BaseDatabaseWrapper]:
    """Return the connections of all threads.

    ``django.db.connections`` shows those of the running thread only, and an audit
    that begins on an event loop has its queries in another one. The garbage
    collector knows them all; it is asked once a subscription, for some 10 ms. By
    ``type()``: ``isinstance`` would wake lazy objects. Frozen objects it does not
    show, so this thread's are asked for, too.
    """
    found = {id(one): one for one in connections.all(initialized_only=True)}
    for one in gc.get_objects():
        if issubclass(type(one), BaseDatabaseWrapper):
            found[id(one)] = one
    return list(found.values())


def _attach_created(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    _attach(connection)


def _attach(connection: BaseDatabaseWrapper) -> None:
    with _lock:
        for wrapper in _wrappers:
            if wrapper not in connection.execute_wrappers:
                connection.execute_wrappers.insert(0, wrapper)
