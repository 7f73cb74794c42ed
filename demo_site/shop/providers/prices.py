"""Read and write prices by country."""

from collections.abc import Iterable, Sequence

from shop.items import Price
from shop.models import Album

Cents = dict[int, int]  # by the key of the album


def read_each(country: str, albums: Iterable[Album]) -> Cents:
    """Return the prices of the albums in a country, asked for one by one."""
    cents: Cents = {}
    for album in albums:
        try:
            cents[album.pk] = Price.objects.get(country=country, album=album.pk).cents
        except Price.DoesNotExist:
            continue
    return cents


def read_all(country: str, albums: Iterable[Album]) -> Cents:
    """Return the same by one batch."""
    prices = Price.objects.in_bulk([(country, album.pk) for album in albums])
    return {price.album: price.cents for price in prices.values()}


def save_all(prices: Sequence[tuple[str, int, int]]) -> int:
    """Write prices of (country, album, cents); return how many."""
    items = [Price(country=country, album=album, cents=cents) for country, album, cents in prices]
    return len(Price.objects.bulk_create(items))
