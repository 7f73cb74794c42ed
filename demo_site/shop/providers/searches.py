"""Find albums by words, and read one with all that is told of it."""

from django.db.models import Q, QuerySet

from shop.models import Album

NEWEST_FIRST = ("-released", "-id")


def find(words: str, most: int) -> QuerySet[Album]:
    """Return the newest albums whose title or artist has the words, alone."""
    named = Q(title__icontains=words) | Q(artist__name__icontains=words)
    return Album.objects.filter(named).order_by(*NEWEST_FIRST)[:most]


def find_with_formats(words: str, most: int) -> QuerySet[Album]:
    """Return the same with their artists and the formats they are sold in."""
    return find(words, most).select_related("artist").prefetch_related("products")


def read_album(album: int | None) -> Album | None:
    """Return an album by its key, the newest where none is given, None where there is none.

    Its artist and label come along; tracks, products and their stock are asked for when shown.
    """
    return _pick(Album.objects.select_related("artist__label"), album)


def read_album_with_shelves(album: int | None) -> Album | None:
    """Return the same with its products, what is in stock of them, and where."""
    told = Album.objects.select_related("artist__label")
    return _pick(told.prefetch_related("products__stock__warehouse"), album)


def _pick(albums: QuerySet[Album], album: int | None) -> Album | None:
    if album is None:
        return albums.order_by(*NEWEST_FIRST).first()
    return albums.filter(pk=album).first()
