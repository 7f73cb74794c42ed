"""Find albums, and tell all of one."""

from typing import Any, NamedTuple

from shop.pages import Variant
from shop.providers import searches
from shop.services.wishes import MOST_KEY, MOST_SHOWN, WishError, read_number

__all__ = ["Results", "WishError", "search", "tell"]

FINDERS = {"slow": searches.find, "fast": searches.find_with_formats}
READERS = {"slow": searches.read_album, "fast": searches.read_album_with_shelves}
LONGEST = 100  # letters


class Results(NamedTuple):
    """What was searched for, and the albums that fit."""

    words: str
    most: int
    albums: Any


def search(variant: Variant, words: str, most: str) -> Results:
    """Return the albums that fit, whose artists and formats the template reads.

    Raises WishError where ``most`` is no number of albums that may be shown.
    """
    words, number = words[:LONGEST], read_number("most", most, MOST_SHOWN)
    return Results(words, number, FINDERS[variant](words, number))


def tell(variant: Variant, album: str | None) -> Any:
    """Return an album, the newest where none is named; None where there is no such album.

    Raises WishError where ``album`` is no key.
    """
    key = None if album is None else read_number("album", album, MOST_KEY)
    return READERS[variant](key)
