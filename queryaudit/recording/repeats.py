"""A relation that a loop loads row by row: its next load is compared with the last one.

Once a load is one of a loop beyond doubt, it differs from the others in its times alone. These
are kept, and counted when somebody asks for a count: mostly when the visitor has the page.
"""

import sys
from collections import deque
from typing import Any, Final

from queryaudit.recording.callsite import RENDER
from queryaudit.recording.events import Learnt, Query
from queryaudit.recording.ignores import IGNORING
from queryaudit.recording.rowsets import SAMPLED, RelationLoad

MAX_SPANS: Final = 10_000  # of one text, of which the time line is drawn
MAX_WAITING: Final = 256


class Repeat:
    """Loads of one relation by one text from one place, that of ``learnt``.

    ``most`` are the seconds over which a load is to be looked at. ``waiting`` are the loads of
    a recording that are not counted yet, in one piece each: several threads may load.
    """

    __slots__ = ("alias", "learnt", "load", "most", "query", "sql", "waiting")

    def __init__(
        self,
        query: Query,
        learnt: Learnt,
        load: RelationLoad,
        most: float,
        waiting: "deque[Waiting]",
    ) -> None:
        self.alias = query.alias
        self.sql = query.sql
        self.query = query
        self.learnt = learnt
        self.load = load
        self.most = most
        self.waiting = waiting

    def again(self, alias: str, sql: str, start: float, seconds: float, params: Any) -> bool:
        """Note one more such load and return True, False where it is to be looked at.

        To be called one frame further out than ``Recorder.record_query()``, whose ``find()``
        compares the same.
        """
        learnt = self.learnt
        try:
            inner = sys._getframe(learnt.depth - 3)  # noqa: SLF001
        except ValueError:
            return False
        frame = inner.f_back
        if (
            frame is None
            or frame.f_code is not learnt.code
            or inner.f_code is not learnt.inner
            or sql != self.sql
            or alias != self.alias
            or seconds > self.most
            or len(self.waiting) >= MAX_WAITING
            or IGNORING.get()
        ):
            return False
        if learnt.code is RENDER:
            if frame.f_locals["self"] is not learnt.key:
                return False
        elif frame.f_lasti != learnt.key:
            return False
        self.waiting.append((self, start, seconds, params))
        return True

    def count(self, start: float, seconds: float, params: Any) -> None:
        """Count one of the loads that waited."""
        query, load = self.query, self.load
        query.count += 1
        query.seconds += seconds
        if len(query.spans) < 2 * MAX_SPANS:
            query.spans.extend((start, start + seconds))
        query.slowest = max(query.slowest, seconds)
        load.count += 1
        load.seconds += seconds
        if len(load.asked) < SAMPLED:
            load.asked.append(params)


# A load, its start as perf_counter() tells, seconds and parameters.
Waiting = tuple[Repeat, float, float, Any]
