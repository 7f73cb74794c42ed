"""What this thread's ORM code is loading just now, for the statement that follows."""

import threading

from queryaudit.recording.events import RowSet


class _Scope(threading.local):
    """``load`` is the relation and the key of the row it is loaded for, or None.

    The first statement takes it: what a signal handler asks after it is its own.

    A thread-local and no ContextVar: the ORM never awaits between asking for a
    relation and the statement that loads it.
    """

    load: tuple[RowSet, object] | None = None


scope = _Scope()
