"""Reads that local memory answered, counted by the source of the rows."""

from collections.abc import Iterator
from typing import NamedTuple

MAX_SOURCES = 100  # master data are some tables; a record does not grow with them


class MemoryReads(NamedTuple):
    """Reads of one source, ``app.Model``, by what answered them, and the rows returned.

    ``hits``: memory. ``loads``: the database, for all that follow. ``misses``: the database,
    for this read alone.
    """

    source: str
    hits: int
    loads: int
    misses: int
    rows: int


class MemoryLedger:
    """The reads of one recording."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = {}

    def add(self, source: str, outcome: str, rows: int) -> None:
        """Count one read: its ``outcome`` is "hit", "load" or "miss"."""
        counts = self.counts.get(source)
        if counts is None:
            if len(self.counts) >= MAX_SOURCES:
                return
            counts = self.counts[source] = {"hit": 0, "load": 0, "miss": 0, "rows": 0}
        counts[outcome] += 1
        counts["rows"] += rows

    def add_all(self, other: "MemoryLedger") -> None:
        """Add what an audit inside counted."""
        for source, theirs in other.counts.items():
            ours = self.counts.setdefault(source, dict.fromkeys(theirs, 0))
            for name, count in theirs.items():
                ours[name] += count

    def __iter__(self) -> Iterator[MemoryReads]:
        """Yield the sources, the busiest first."""
        found = [
            MemoryReads(source, one["hit"], one["load"], one["miss"], one["rows"])
            for source, one in self.counts.items()
        ]
        return iter(sorted(found, key=lambda reads: -(reads.hits + reads.misses)))
