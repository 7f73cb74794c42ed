"""The kinds of work whose growth is measured: what is prepared is not timed, what is run is."""

from typing import Final

from benchmarks.works import masterdata, recording, stores
from benchmarks.works.base import Work

__all__ = ["Work", "works"]

QUERIES: Final = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
SHAPES: Final = (1, 10, 100, 1_000, 10_000)
DEPTHS: Final = (10, 20, 50, 100, 200)
REQUESTS: Final = (10, 100, 1_000, 10_000, 100_000)
ROWS: Final = (100, 1_000, 10_000, 100_000, 1_000_000)
FINDINGS: Final = (1, 10, 100, 1_000)


def works() -> list[Work]:
    """Return them all."""
    return [
        Work("record queries", "queries", QUERIES, QUERIES[:4], recording.recording),
        Work("judge queries", "queries", QUERIES, QUERIES[:4], recording.judging),
        Work("record shapes", "shapes", SHAPES, SHAPES[:4], recording.recording_shapes),
        Work("judge shapes", "shapes", SHAPES, SHAPES[:4], recording.judging_shapes),
        Work("record from a stack", "frames", DEPTHS, DEPTHS, recording.recording_deep),
        Work(
            "write one, memory",
            "requests",
            REQUESTS,
            REQUESTS[:3],
            stores.writing_memory,
        ),
        Work(
            "write one, SQLite",
            "requests",
            REQUESTS,
            REQUESTS[:3],
            stores.writing_sqlite,
        ),
        Work(
            "read all, memory",
            "requests",
            REQUESTS,
            REQUESTS[:3],
            stores.reading_memory,
        ),
        Work(
            "read all, SQLite",
            "requests",
            REQUESTS,
            REQUESTS[:3],
            stores.reading_sqlite,
        ),
        Work("sum up for the dashboard", "requests", REQUESTS, REQUESTS[:3], stores.summing),
        Work("load master data", "rows", ROWS, ROWS[:3], masterdata.loading),
        Work("read master data by key", "rows", ROWS, ROWS[:3], masterdata.reading_rows),
        Work("filter master data", "rows", ROWS, ROWS[:3], masterdata.filtering_rows),
        Work("judge findings", "findings", FINDINGS, FINDINGS[:3], recording.judging_findings),
        Work("report findings", "findings", FINDINGS, FINDINGS[:3], recording.reporting_findings),
    ]
