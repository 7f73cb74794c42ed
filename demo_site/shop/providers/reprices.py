"""Read and write albums whose prices change."""

from collections.abc import Iterable

from shop.models import Album

SHOWN = 50


def read_slow_sellers() -> list[Album]:
    """Return the albums that sell worst, as instances."""
    albums: list[Album] = Album.rows.slow_sellers.fetch_models(most=SHOWN)
    return albums


def save_each(albums: Iterable[Album]) -> None:
    """Write the prices one by one."""
    for album in albums:
        album.save(update_fields=["price"])


def save_all(albums: Iterable[Album]) -> None:
    """Write the prices in one statement."""
    Album.objects.bulk_update(albums, ["price"])
