"""How facts get in: subscribes the recording to the hooks."""

from threading import Lock

from queryaudit.capture import (
    dynamodb,
    eager,
    reads,
    relations,
    rows,
    sets,
    sql,
    templates,
    threads,
)

_WATCHERS = (sql, rows, relations, sets, eager, reads, templates, threads, dynamodb)
_lock = Lock()
_installed = False


def install() -> None:
    """Stand in all hooks; the second call changes nothing."""
    global _installed  # noqa: PLW0603
    if not _installed:
        with _lock:
            for watcher in _WATCHERS:
                watcher.install()
            _installed = True


def uninstall() -> None:
    """Leave all hooks; Django's attributes are what they were."""
    global _installed  # noqa: PLW0603
    with _lock:
        for watcher in _WATCHERS:
            watcher.uninstall()
        _installed = False
