"""The pages that are asked for."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Page:
    """An address, what the tables call it, and the queries it must make."""

    name: str
    path: str
    queries: int
    is_async: bool = False


ZERO: Final = Page("no query", "/", 0)
FAST: Final = Page("fast list", "/fast/albums/", 1)
ONE: Final = Page("tracks, 1 query", "/bench/tracks/0/", 1)
THREE: Final = Page("three queries", "/bench/three/", 3)
TEMPLATE: Final = Page("N+1 in a template", "/slow/albums/", 101)
PYTHON: Final = Page("N+1 in Python", "/slow/albums.json", 101)
ASYNC: Final = Page("N+1, async view", "/slow/async/albums/", 101, is_async=True)
TRACKS_51: Final = Page("N+1, 51 queries", "/bench/tracks/25/", 51)
TRACKS_201: Final = Page("N+1, 201 queries", "/bench/tracks/100/", 201)
TRACKS_2001: Final = Page("N+1, 2,001 queries", "/bench/tracks/1000/", 2_001)

PAGES: Final = (
    ZERO,
    FAST,
    ONE,
    THREE,
    TEMPLATE,
    PYTHON,
    ASYNC,
    TRACKS_51,
    TRACKS_201,
    TRACKS_2001,
)
# One view, so that nothing but the number of queries differs.
SLOPE: Final = (ONE, TRACKS_51, TRACKS_201, TRACKS_2001)
