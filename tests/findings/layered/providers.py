"""The layer that may ask, for test_limits."""

from django.db.models import QuerySet

from tests.music.models import Album


def lazily() -> QuerySet[Album]:
    """Return rows that nobody has read yet."""
    return Album.objects.all()  # built


def at_once() -> list[Album]:
    """Return rows that are read."""
    return list(Album.objects.select_related("artist"))


def count() -> int:
    """Ask at once."""
    return Album.objects.count()


async def acount() -> int:
    """Ask without blocking."""
    return await Album.objects.acount()
