"""Read albums with what stands around them: artists, tracks, guests, categories."""

from typing import NamedTuple

from django.db.models import Count, QuerySet

from shop.models import Album, Artist, HeldCategory
from shop.providers.albums import NEWEST_FIRST, SHOWN

PORTRAYED = 25
LISTED = 40


class Counted(NamedTuple):
    """An artist's name and the number of the albums."""

    artist: str
    albums: int


class Shelved(NamedTuple):
    """An album and the names of its category and of the one above."""

    album: Album
    above: str
    category: str


def read_portraits() -> QuerySet[Album]:
    """Return the newest albums; tracks and guests are for the template to ask."""
    return Album.objects.order_by(*NEWEST_FIRST)[:PORTRAYED]


def read_portraits_at_once() -> QuerySet[Album]:
    """Return the newest albums with tracks and guests: one query for each set of rows."""
    albums = Album.objects.prefetch_related("guests", "tracks")
    return albums.order_by(*NEWEST_FIRST)[:PORTRAYED]


def count_each() -> list[Counted]:
    """Return the first artists, each asked for the number of its albums."""
    artists = Artist.objects.order_by("name", "id")[:LISTED]
    return [Counted(artist.name, artist.albums.count()) for artist in artists]


def count_at_once() -> list[Counted]:
    """Return the same by one query, which counts beside each artist."""
    artists = Artist.objects.annotate(album_count=Count("albums")).order_by("name", "id")[:LISTED]
    return [Counted(artist.name, artist.album_count) for artist in artists]


def shelve_each() -> list[Shelved]:
    """Return the newest albums, each asked for its category and the one above."""
    return [
        Shelved(album, album.category.parent.name, album.category.name)
        for album in Album.objects.order_by(*NEWEST_FIRST)[:SHOWN]
        if album.category.parent is not None
    ]


def shelve_from_memory() -> list[Shelved]:
    """Return the same with categories from this process's memory."""
    shelved = []
    for album in Album.objects.order_by(*NEWEST_FIRST)[:SHOWN]:
        category = HeldCategory.cached.get(pk=album.category_id)
        if category.parent_id is not None:
            above = HeldCategory.cached.get(pk=category.parent_id)
            shelved.append(Shelved(album, above.name, category.name))
    return shelved
