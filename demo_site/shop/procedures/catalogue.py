"""Show the catalogue: releases, portraits, artists by their albums, shelves."""

from collections.abc import Iterable
from typing import Any

from shop.pages import Variant
from shop.providers import albums, catalogue

RELEASES = {"slow": albums.read_newest, "fast": albums.read_newest_with_artists}
PORTRAITS = {"slow": catalogue.read_portraits, "fast": catalogue.read_portraits_at_once}
COUNTS = {"slow": catalogue.count_each, "fast": catalogue.count_at_once}
SHELVES = {"slow": catalogue.shelve_each, "fast": catalogue.shelve_from_memory}


def list_releases(variant: Variant) -> Iterable[Any]:
    """Return the newest albums, whose artists the template reads."""
    return RELEASES[variant]()


def portray(variant: Variant) -> Iterable[Any]:
    """Return the newest albums, whose guests and tracks the template reads."""
    return PORTRAITS[variant]()


def count_albums(variant: Variant) -> list[Any]:
    """Return artists with the number of their albums."""
    return COUNTS[variant]()


def shelve(variant: Variant) -> list[Any]:
    """Return the newest albums with the names of their categories."""
    return SHELVES[variant]()
