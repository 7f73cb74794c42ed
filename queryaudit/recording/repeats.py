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

    __slots__ = (
        *("_alias", "_code", "_depth", "_inner", "_is_node", "_key"),
        *("_load", "_most", "_query", "_sql", "waiting"),
    )

    def __init__(
        self,
        query: Query,
        learnt: Learnt,
        load: RelationLoad,
        most: float,
        waiting: "deque[Waiting]",
    ) -> None:
        self._alias = query.alias
        self._sql = query.sql
        self._query = query
        self._depth = learnt.depth - 3  # from again() to what the place calls
        self._inner = learnt.inner
        self._code = learnt.code
        self._key = learnt.key
        self._is_node = learnt.code is RENDER
        self._load = load
        self._most = most
        self.waiting = waiting

    def again(self, alias: str, sql: str, start: float, seconds: float, params: Any) -> bool:
        """Note one more such load and return True, False where it is to be looked at.

        To be called one frame further out than ``Recorder.record_query()``, whose ``find()``
        compares the same.
        """
        try:
            inner = sys._getframe(self._depth)  # noqa: SLF001
        except ValueError:
            return False
        frame = inner.f_back
        if (
            frame is None
            or frame.f_code is not self._code
            or inner.f_code is not self._inner
            or sql != self._sql
            or alias != self._alias
            or seconds > self._most
            or len(self.waiting) >= MAX_WAITING
            or IGNORING.get()
        ):
            return False
        # A number equals no node, so the cheaper look comes first.
        if frame.f_lasti != self._key and not (
            self._is_node and frame.f_locals["self"] is self._key
        ):
            return False
        self.waiting.append((self, start, seconds, params))
        return True

    def count(self, start: float, seconds: float, params: Any) -> None:
        """Count one of the loads that waited."""
        query, load = self._query, self._load
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
