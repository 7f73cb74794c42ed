"""Show what the newest albums cost in a country."""

from decimal import Decimal
from typing import Any, NamedTuple

from shop.pages import Variant
from shop.providers import albums
from shop.providers import prices as provider

COUNTRY = "FR"
READERS = {"slow": provider.read_each, "fast": provider.read_all}


class Line(NamedTuple):
    """An album and its price in euros; None where it has none in the country."""

    album: Any
    price: Decimal | None


def show(variant: Variant) -> list[Line]:
    """Return the newest albums with their prices in France."""
    newest = list(albums.read_newest_with_artists())
    cents = READERS[variant](COUNTRY, newest)
    return [
        Line(album, Decimal(cents[album.pk]) / 100 if album.pk in cents else None)
        for album in newest
    ]
