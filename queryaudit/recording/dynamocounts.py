"""What calls of DynamoDB brought and took: items, bytes, capacity units, retries, time."""

from array import array
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from operator import sub
from typing import Any, Final

# Numbers, two of a call, of which the lane of time of its shape is drawn.
MAX_SPANS: Final = 20_000
NOT_TOLD: Final = -1.0  # units of a call that did not ask for them
MAX_WAITING: Final = 1_024
# Of a call: its start and end, items returned and scanned, bytes, retries, units or NOT_TOLD.
# Numbers alone: what is large would have to be freed here.
Waiting = tuple[float, float, int, int, int, int, float]


class DynamoCounts:
    """What calls brought and took.

    ``returned`` and ``scanned`` are items, ``size`` bytes of the answers, ``retries`` attempts
    after the first. ``capacity`` are units, ``wasted`` those of items that a filter left out;
    None where no request asked what it consumed. ``spans`` holds when calls began and ended.

    ``waiting`` are calls that ``settle()`` counts, many at a time, which costs a call less.
    """

    __slots__ = (
        "capacity",
        "count",
        "retries",
        "returned",
        "scanned",
        "seconds",
        "size",
        "spans",
        "waiting",
        "wasted",
    )

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.begin()

    def begin(self) -> None:
        """Count from zero."""
        self.count = 0
        self.seconds = 0.0
        self.returned = 0
        self.scanned = 0
        self.size = 0
        self.retries = 0
        self.capacity: float | None = None
        self.wasted: float | None = None
        self.spans = array("d")

    def add(self, other: "DynamoCounts") -> None:
        """Add what others brought and took."""
        self.count += other.count
        self.seconds += other.seconds
        self.returned += other.returned
        self.scanned += other.scanned
        self.size += other.size
        self.retries += other.retries
        self.spans.extend(other.spans[: max(0, MAX_SPANS - len(self.spans))])
        if other.capacity is not None:
            self.capacity = (self.capacity or 0.0) + other.capacity
        if other.wasted is not None:
            self.wasted = (self.wasted or 0.0) + other.wasted

    def settle(self) -> None:
        """Count the calls that wait."""
        waiting, self.waiting = self.waiting, []
        if not waiting:
            return
        starts, ends, returned, scanned, sizes, retries, units = zip(*waiting, strict=True)
        room = max(0, MAX_SPANS - len(self.spans))
        self.spans.extend(islice(chain.from_iterable(zip(starts, ends, strict=True)), room))
        self.count += len(starts)
        self.seconds += sum(map(sub, ends, starts))
        self.returned += sum(returned)
        self.scanned += sum(scanned)
        self.size += sum(sizes)
        self.retries += sum(retries)
        if max(units) > NOT_TOLD:
            self._consume(units, returned, scanned)

    def _consume(
        self, told: tuple[float, ...], returned: tuple[int, ...], read: tuple[int, ...]
    ) -> None:
        self.capacity = self.capacity or 0.0
        for units, kept, scanned in zip(told, returned, read, strict=True):
            if units > NOT_TOLD:
                self.capacity += units
                if scanned > kept:
                    self.wasted = (self.wasted or 0.0) + units * (scanned - kept) / scanned


def units_of(consumed: Any) -> float:
    """Return the units that an answer tells of as ``ConsumedCapacity``."""
    if consumed is None:
        return NOT_TOLD
    if isinstance(consumed, dict):
        return float(consumed.get("CapacityUnits") or 0.0)
    return float(sum(one.get("CapacityUnits") or 0.0 for one in consumed))  # batches: by table


def count_items(operation: str, parsed: Mapping[str, Any]) -> int:
    """Return how many items an answer brought, by its own count where it has one."""
    if operation == "GetItem":
        return 1 if "Item" in parsed else 0
    told = parsed.get("Count")
    if told is not None:
        return int(told)
    responses: Any = parsed.get("Responses") or ()
    if isinstance(responses, dict):  # by table
        return sum(map(len, responses.values()))
    if responses:  # one for each item that a transaction or a batch of statements asks
        return sum("Item" in one for one in responses)
    return len(parsed.get("Items") or ())  # of a statement, which counts none


def sum_up(parts: Iterable[DynamoCounts]) -> DynamoCounts:
    """Return what all ``parts`` brought and took."""
    found = DynamoCounts()
    for part in parts:
        found.add(part)
    return found
