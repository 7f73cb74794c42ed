"""The last call of an operation and a table: what the next one is compared with.

A loop asks the same but for values. Once it is a loop beyond doubt, its calls are compared
as wholes, which takes a fraction of what looking at each of their parts takes: what they ask
for when they begin, while it is at hand, who asks and what was answered when they end.
"""

import sys
from collections.abc import Mapping
from typing import Any, Final

from queryaudit.recording.callsite import RENDER
from queryaudit.recording.dynamocounts import MAX_WAITING, NOT_TOLD
from queryaudit.recording.dynamoshapes import DynamoGroup, copied
from queryaudit.recording.events import Learnt
from queryaudit.recording.ignores import IGNORING

_VALUES: Final = {"GetItem": "Key", "Query": "ExpressionAttributeValues"}
_NONE: Final = ""  # no parameter's name


class LastCall:
    """One call by its ``given``, which made its shape; ``learnt`` is who asked."""

    __slots__ = ("given", "group", "learnt")

    def __init__(self, given: Any, learnt: Learnt | None, group: DynamoGroup) -> None:
        *parts, names = given
        # A copy: the site may change its names in place for the next call.
        self.given = *parts, names and dict(names)
        self.learnt = learnt
        self.group = group

    def expect(self, params: Mapping[str, Any]) -> "Alike | None":
        """Return what further such calls are compared with, after one that was as the last.

        None where each is to be looked at.
        """
        group, learnt = self.group, self.learnt
        operation = group.shape.operation
        values = _VALUES.get(operation, _NONE)
        room = min(group.due - group.calls - 1, MAX_WAITING)
        if room <= 0 or values not in params or learnt is None or not learnt.depth:
            return None
        if group.varied:
            return Alike(group, learnt, params, values, room)
        if operation == "GetItem" and group.asked is not None and group.asked.count > 1:
            return Alike(group, learnt, params, _NONE, room)  # one key again
        return None


class Alike:
    """A call that ``room`` others may follow, all alike but for ``varying``, without a look.

    ``params`` has None for ``varying``, the parameter whose values differ from turn to turn.
    Whoever replaces it takes its room, so that a call under way is looked at when it ends.
    """

    __slots__ = (
        *("_code", "_depth", "_group", "_inner", "_is_get", "_is_node", "_key"),
        *("operation", "params", "room", "varying"),
    )

    def __init__(
        self,
        group: DynamoGroup,
        learnt: Learnt,
        params: Mapping[str, Any],
        varying: str,
        room: int,
    ) -> None:
        self.operation = group.shape.operation
        self.params = {name: copied(part) for name, part in {**params, varying: None}.items()}
        self.varying = varying
        self._group = group
        self._is_get = self.operation == "GetItem"
        self._depth = learnt.depth - 2  # from count() to what the place calls
        self._inner = learnt.inner
        self._code = learnt.code
        self._key = learnt.key
        self._is_node = learnt.code is RENDER
        self.room = room

    @property
    def is_one_key(self) -> bool:
        """Whether all ask for one key, whose answer any write may change."""
        return self.varying == _NONE

    def count(
        self, parsed: Mapping[str, Any], start: float, end: float, size: int, retries: int
    ) -> bool:
        """Count a call that was as expected and return True, False where it is to be looked at.

        To be called by the function that calls ``DynamoLedger.record()``, whose ``find()``
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
            or self.room <= 0
            or IGNORING.get()
        ):
            return False
        # A number equals no node, so the cheaper look comes first.
        if frame.f_lasti != self._key and not (
            self._is_node and frame.f_locals["self"] is self._key
        ):
            return False
        if self._is_get:
            returned = scanned = 1 if "Item" in parsed else 0
        elif "LastEvaluatedKey" in parsed:
            return False
        else:
            returned = parsed.get("Count", 0)
            scanned = parsed.get("ScannedCount", returned)
        consumed = parsed.get("ConsumedCapacity")
        units = NOT_TOLD if consumed is None else consumed.get("CapacityUnits") or 0.0
        group = self._group
        group.waiting.append((start, end, returned, scanned, size, retries, units))
        group.alike += 1
        self.room -= 1
        return True
