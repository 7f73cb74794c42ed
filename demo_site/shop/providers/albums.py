"""Read albums."""

from django.db.models import QuerySet

from shop.models import Album

NEWEST_FIRST = ("-released", "-id")
SHOWN = 50


def read_newest() -> QuerySet[Album]:
    """Return the newest albums alone."""
    return Album.objects.order_by(*NEWEST_FIRST)[:SHOWN]


def read_newest_with_labels() -> QuerySet[Album]:
    """Return the newest albums with their artists and the artists' labels."""
    return Album.objects.select_related("artist__label").order_by(*NEWEST_FIRST)[:SHOWN]


def read_newest_with_artists() -> QuerySet[Album]:
    """Return the newest albums with their artists."""
    return Album.objects.select_related("artist").order_by(*NEWEST_FIRST)[:SHOWN]
