"""What calls of DynamoDB brought and took: items, bytes, capacity units, retries, time."""

from array import array
from collections.abc import Iterable, Mapping
from typing import Any, Final

# Numbers, two of a call, of which the lane of time of its shape is drawn.
MAX_SPANS: Final = 20_000
# What an answer holds of counts: metadata, consumed capacity, items returned and scanned, bytes.
Brought = tuple[Any, Any, int, int, int]


class DynamoCounts:
    """What calls brought and took.

    ``returned`` and ``scanned`` are items, ``size`` bytes of the answers, ``retries`` attempts
    after the first. ``capacity`` are units, ``wasted`` those of items that a filter left out;
    None where no request asked what it consumed. ``answers`` wait to be counted by ``settle()``,
    many at a time, which costs a call less than half; ``spans`` holds when calls began and ended.
    """

    __slots__ = (
        "answers",
        "capacity",
        "count",
        "retries",
        "returned",
        "scanned",
        "seconds",
        "size",
        "spans",
        "wasted",
    )

    def __init__(self) -> None:
        self.answers: list[tuple[float, float, Brought]] = []
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
        """Count the answers that wait."""
        answers, self.answers = self.answers, []
        room = MAX_SPANS - len(self.spans)
        for start, seconds, _ in answers[: (room + 1) // 2]:
            self.spans.append(start)
            self.spans.append(start + seconds)
        retries = size = returned = scanned = 0
        for _, _, (metadata, consumed, brought, read, length) in answers:
            if metadata is not None:
                retries += metadata.get("RetryAttempts") or 0
                size += int((metadata.get("HTTPHeaders") or {}).get("content-length") or length)
            returned += brought
            scanned += read
            if consumed is not None:
                self._consume(consumed, brought, read)
        self.retries += retries
        self.size += size
        self.returned += returned
        self.scanned += scanned

    def _consume(self, consumed: Any, returned: int, scanned: int) -> None:
        if isinstance(consumed, dict):
            units = consumed.get("CapacityUnits") or 0.0
        else:  # batches tell it for each table
            units = sum(one.get("CapacityUnits") or 0.0 for one in consumed)
        self.capacity = (self.capacity or 0.0) + units
        if scanned > returned:
            self.wasted = (self.wasted or 0.0) + units * (scanned - returned) / scanned


def count_items(parsed: Mapping[str, Any]) -> int:
    """Return how many items an answer brought that does not tell it."""
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
