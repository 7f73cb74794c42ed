"""How facts get in: subscribes the recording to the hooks."""

from threading import Lock

from django.db import connections

from queryaudit.capture import (
    dynamodb,
    eager,
    memory,
    reads,
    relations,
    rows,
    sets,
    sql,
    templates,
    threads,
)
from queryaudit.hooks import marks

_WATCHERS = (sql, rows, relations, sets, eager, reads, templates, memory, threads, dynamodb)
_lock = Lock()
_installed = False


def install() -> None:
    """Stand in all hooks; the second call changes nothing."""
    global _installed  # noqa: PLW0603
    if not _installed:
        with _lock:
            marks.install()
            for watcher in _WATCHERS:
                watcher.install()
            _installed = True


def missing() -> list[str]:
    """Return why statements of this thread's connections are not seen; nothing where they are."""
    if not _installed:
        return ["the auditor has left its hooks"]
    return [
        f"the connection {connection.alias!r} has lost its execute wrapper"
        for connection in connections.all(initialized_only=True)
        if sql.record_statement not in connection.execute_wrappers
    ]


def uninstall() -> None:
    """Leave all hooks; Django's attributes are what they were."""
    global _installed  # noqa: PLW0603
    with _lock:
        for watcher in _WATCHERS:
            watcher.uninstall()
        _installed = False
