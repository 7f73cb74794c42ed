"""Invent how often an album was played: the same for the same album, on every machine."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

COUNTRIES = ("AT", "DE", "FR", "IT")
LAST_DAY = date(2025, 12, 31)  # with the year of the shop's orders
YEARS = 6
SHOWN_DAYS = 28


class Played(NamedTuple):
    """The plays of a day, and of each of its hours by country."""

    day: date
    plays: int
    hours: dict[str, list[int]]


def first_shown() -> date:
    """Return the first day of those that are shown."""
    return LAST_DAY - timedelta(days=SHOWN_DAYS - 1)


def invent(album: int) -> Iterator[Played]:
    """Yield the plays of an album on each day of some years, up to the last day."""
    dice = Random(album)  # noqa: S311  # nothing here is a secret
    for ago in reversed(range(YEARS * 365)):
        hours = {name: [dice.randrange(100, 1_000) for _ in range(24)] for name in COUNTRIES}
        plays = sum(map(sum, hours.values()))
        yield Played(LAST_DAY - timedelta(days=ago), plays, hours)
