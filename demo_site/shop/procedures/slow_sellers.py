"""Reprice the albums that sell worst."""

from typing import Any

from shop.pages import Variant
from shop.providers import reprices as provider
from shop.services import reprices

WRITERS = {"slow": provider.save_each, "fast": provider.save_all}


def reprice(variant: Variant) -> list[Any]:
    """Give the albums their new prices and return them."""
    albums = provider.read_slow_sellers()
    for album in albums:
        reprices.reprice(album)
    WRITERS[variant](albums)
    return albums
