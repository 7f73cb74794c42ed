"""A relation that a loop loads row by row: its next load is compared with the last one.

Once a load is one of a loop beyond doubt, it differs from the others in its times alone. These
are kept and counted many at once, which takes a fraction of what counting each of them takes.
"""

import sys
from itertools import chain, islice
from operator import add
from typing import Any, Final

from queryaudit.recording.callsite import RENDER
from queryaudit.recording.events import Learnt, Query
from queryaudit.recording.ignores import IGNORING
from queryaudit.recording.rowsets import SAMPLED, RelationLoad

MAX_SPANS: Final = 10_000  # of one text, of which the time line is drawn
MAX_WAITING: Final = 256


class Repeat:
    """Loads of one relation by one text from one place, that of ``learnt``.

    ``most`` are the seconds over which a load is to be looked at. ``waiting`` are start, seconds
    and parameters of loads that are not counted yet, in one piece each: two threads may load.
    """

    __slots__ = ("alias", "learnt", "load", "most", "query", "sql", "waiting")

    def __init__(self, query: Query, learnt: Learnt, load: RelationLoad, most: float) -> None:
        self.alias = query.alias
        self.sql = query.sql
        self.query = query
        self.learnt = learnt
        self.load = load
        self.most = most
        self.waiting: list[tuple[float, float, Any]] = []

    def again(self, alias: str, sql: str, start: float, seconds: float, params: Any) -> bool:
        """Note one more such load and return True, False where it is to be looked at.

        To be called one frame further out than ``Recorder.record_query()``.
        """
        learnt = self.learnt
        try:
            # One frame, where find() looks at two: what Django calls to load this relation is
            # the same each time, so another line of the site between makes the stack longer.
            frame = sys._getframe(learnt.depth - 2)  # noqa: SLF001
        except ValueError:
            return False
        waiting = self.waiting
        if (
            frame.f_code is not learnt.code
            or learnt.key != (frame.f_locals["self"] if learnt.code is RENDER else frame.f_lasti)
            or sql != self.sql
            or alias != self.alias
            or seconds > self.most
            or len(waiting) >= MAX_WAITING
            or IGNORING.get()
        ):
            return False
        waiting.append((start, seconds, params))
        return True

    def settle(self) -> tuple[int, float]:
        """Count the loads that wait, and return how many they were and their seconds."""
        waiting, self.waiting = self.waiting, []
        if not waiting:
            return 0, 0.0
        query, load = self.query, self.load
        starts, each, params = zip(*waiting, strict=True)
        count, seconds, slowest = len(each), sum(each), max(each)
        room = max(0, 2 * MAX_SPANS - len(query.spans))
        ends = map(add, starts, each)
        query.spans.extend(islice(chain.from_iterable(zip(starts, ends, strict=True)), room))
        query.count += count
        query.seconds += seconds
        query.slowest = max(query.slowest, slowest)
        load.count += count
        load.seconds += seconds
        load.asked.extend(params[: max(0, SAMPLED - len(load.asked))])
        return count, seconds
