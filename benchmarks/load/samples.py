"""What one request brought."""

from typing import NamedTuple


class Sample(NamedTuple):
    """A request: its page, when it began in a run, how long it took, and what was told of it."""

    page: str
    second: float  # since the run began
    ms: float
    has_failed: bool
    queries: int | None  # where Server-Timing told
    db_ms: float | None
