"""Offer the newest albums."""

from shop.pages import Variant
from shop.providers import albums
from shop.services import offers

READERS = {"slow": albums.read_newest, "fast": albums.read_newest_with_labels}


def offer(variant: Variant) -> list[offers.Offer]:
    """Return the newest albums with the prices customers pay."""
    return [offers.make_offer(album) for album in READERS[variant]()]


async def offer_async(variant: Variant) -> list[offers.Offer]:
    """Do what ``offer`` does, without blocking the event loop."""
    return [offers.make_offer(album) async for album in READERS[variant]()]


def export(variant: Variant) -> list[dict[str, str]]:
    """Return the newest albums with the prices customers pay, ready for JSON."""
    return [offers.serialize_offer(made) for made in offer(variant)]
