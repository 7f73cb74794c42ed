"""What this thread's ORM code is doing just now, for the statement that follows."""

import threading
from typing import Any, Final

from queryaudit.recording.recorder import Load
from queryaudit.recording.rowsets import RowSet

EAGER: Final = "queryaudit_eager"  # on sql.Query: the lines that ask for its eager loads
ORIGIN: Final = "queryaudit_origin"  # on sql.Query: where its queryset was made
ROWS: Final = "queryaudit_rows"  # on instance._state: the rows it came with


class Scope:
    """What one thread does: the ``load`` for one row, and the ``sql.Query`` that it runs.

    ``raw_model`` is the model of a raw queryset while its SQL is run, ``takes_lists`` True
    while it is run by a tool that expands lists.
    ``in_prefetch`` is True while a prefetch is made, ``asked`` what a query whose rows
    are wanted asks of a set, ``in_template`` True while a template is rendered.
    """

    __slots__ = ("asked", "in_prefetch", "in_template", "load", "query", "raw_model", "takes_lists")

    def __init__(self) -> None:
        self.load: Load | None = None
        self.query: Any = None
        self.raw_model: Any = None
        self.takes_lists = False
        self.in_prefetch = False
        self.in_template = False
        self.asked: tuple[Any, RowSet] | None = None


class _Threads(threading.local):
    """The scope of each thread.

    A thread-local and no ContextVar: the ORM never awaits between asking for a relation
    and the statement that loads it.
    """

    def __init__(self) -> None:
        self.scope = Scope()


threads = _Threads()


def take_load(scope: Scope) -> Load | None:
    """Return the load that the statement now run belongs to.

    The first statement for the loaded model takes it: what a manager asks before
    it, or a signal handler after it, is a query of its own. A generic key asks for
    its content type first.
    """
    load, query = scope.load, scope.query
    if load is None:
        return None
    if query is not None and query.model is not load[2]:
        if query.model is None:  # an expression that Django has the database evaluate
            return None
        meta, wanted = query.model._meta, load[2]  # noqa: SLF001
        if wanted is None:
            if meta.label == "contenttypes.ContentType":
                return None
        elif meta.concrete_model is not wanted._meta.concrete_model:  # type: ignore[attr-defined]  # noqa: SLF001
            load[0].asks_more = True
            return None
    scope.load = None
    return load
