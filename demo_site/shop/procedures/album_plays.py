"""Show how often the newest album was played of late."""

from typing import Any, NamedTuple

from shop.pages import Variant
from shop.providers import albums
from shop.providers import plays as provider
from shop.services import plays

READERS = {"slow": provider.read_partition, "fast": provider.read_range}


class Plays(NamedTuple):
    """The newest album and its counts, the latest day first; None in an empty shop."""

    album: Any
    counts: list[Any]


def show(variant: Variant) -> Plays:
    """Return the plays of the last four weeks that were counted."""
    newest = next(iter(albums.read_newest()), None)
    if newest is None:
        return Plays(None, [])
    counts = READERS[variant](newest, plays.first_shown())
    return Plays(newest, counts[::-1])
