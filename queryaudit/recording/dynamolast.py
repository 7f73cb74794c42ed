"""The last call of an operation and a table: what the next one is compared with.

A loop asks the same but for values. Once it is a loop beyond doubt, its calls are compared
as wholes, which takes a fraction of what looking at each of their parts takes.
"""

from collections.abc import Mapping
from typing import Any, Final

from queryaudit.recording.dynamocounts import MAX_WAITING
from queryaudit.recording.dynamoshapes import DynamoGroup, copied
from queryaudit.recording.events import Learnt

_VALUES: Final = {"GetItem": "Key", "Query": "ExpressionAttributeValues"}
_NONE: Final = ""  # no parameter's name


class LastCall:
    """One call by its ``given``, which made its shape; ``learnt`` is who asked.

    ``alike`` are the parameters of a call that needs no further look: those of the last one,
    with None for ``varying``, whose values differ from turn to turn. None where each call is to
    be looked at. ``room`` is how many may follow, ``serial`` tells what was written before,
    where that makes a difference.
    """

    __slots__ = ("alike", "given", "group", "learnt", "room", "serial", "varying")

    def __init__(self, given: Any, learnt: Learnt | None, group: DynamoGroup) -> None:
        *parts, names = given
        # A copy: the site may change its names in place for the next call.
        self.given = *parts, names and dict(names)
        self.learnt = learnt
        self.group = group
        self.alike: dict[str, Any] | None = None
        self.varying = _NONE
        self.room = 0
        self.serial: int | None = None

    def expect(self, params: Mapping[str, Any], serial: int) -> None:
        """Expect more such calls, after one that was as the last; ``serial`` is that of now."""
        group = self.group
        operation = group.shape.operation
        values = _VALUES.get(operation)
        self.room = min(group.due - group.calls - 1, MAX_WAITING)
        if not group.is_loop or self.room <= 0 or values is None or values not in params:
            return
        if group.varied:
            self.varying, self.serial = values, None
        elif operation == "GetItem" and group.asked is not None and group.asked.count > 1:
            # One key again: any write may have made it another answer.
            self.varying, self.serial = _NONE, serial
        else:
            return
        alike = {**params, self.varying: None}
        self.alike = {name: copied(part) for name, part in alike.items()}
