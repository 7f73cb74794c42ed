"""Keep execute wrappers on every database connection, also on those opened later.

Django's own hooks are used: ``connection.execute_wrappers`` and the signal
``connection_created``. A wrapper stands at index 0, the outermost place: it sees
every statement once, and a ``with connection.execute_wrapper(...)`` of the site
still finds its own wrapper last in the list when it takes it off.
"""

import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

ExecuteWrapper = Callable[..., Any]  # Django's (execute, sql, params, many, context)

_lock = threading.RLock()
_wrappers: list[ExecuteWrapper] = []
_attached: WeakSet[BaseDatabaseWrapper] = WeakSet()


class _Seen(threading.local):
    """How many subscriptions this thread's open connections have been through."""

    changes = 0


_seen = _Seen()
_changes = 0


def subscribe(wrapper: ExecuteWrapper) -> None:
    """Put ``wrapper`` on every connection, open or opened later; twice changes nothing."""
    global _changes  # noqa: PLW0603
    with _lock:
        if wrapper in _wrappers:
            return
        _wrappers.append(wrapper)
        _changes += 1
        connection_created.connect(_attach_created, dispatch_uid="queryaudit.connections")
    attach_open()


def unsubscribe(wrapper: ExecuteWrapper) -> None:
    """Take ``wrapper`` off every connection of every thread."""
    with _lock:
        if wrapper in _wrappers:
            _wrappers.remove(wrapper)
        for connection in list(_attached):
            connection.execute_wrappers[:] = [
                other for other in connection.execute_wrappers if other is not wrapper
            ]
        if not _wrappers:
            connection_created.disconnect(dispatch_uid="queryaudit.connections")
            _attached.clear()


def attach_open() -> None:
    """Attach to the connections that this thread had open before the subscription.

    Other threads' connections cannot be reached from here, so whoever starts to
    record calls this in the thread it records in. The second call costs a look-up.
    """
    if _seen.changes != _changes:
        for connection in connections.all(initialized_only=True):
            _attach(connection)
        _seen.changes = _changes


def _attach_created(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    _attach(connection)


def _attach(connection: BaseDatabaseWrapper) -> None:
    with _lock:
        for wrapper in _wrappers:
            if wrapper not in connection.execute_wrappers:
                connection.execute_wrappers.insert(0, wrapper)
        _attached.add(connection)
