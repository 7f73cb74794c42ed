"""Fill the tables of DynamoDB from what the shop has."""

from shop.providers import albums
from shop.providers import plays as counts_provider
from shop.providers import prices as prices_provider
from shop.services import plays, prices


def fill_items() -> int:
    """Write prices of all newest albums and play counts of the first; return the items."""
    newest = list(albums.read_newest())
    written = prices_provider.save_all(
        [
            (country, album.pk, prices.cents_in(country, album.price))
            for country in prices.RATES
            for album in newest
        ]
    )
    for album in newest[:1]:
        written += counts_provider.save_all(album, plays.invent(album.pk))
    return written
