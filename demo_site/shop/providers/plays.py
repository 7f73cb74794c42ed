"""Read and write play counts by album and day."""

from collections.abc import Iterable
from datetime import date

from shop.items import PlayCount
from shop.models import Album


def read_partition(album: Album, first: date) -> list[PlayCount]:
    """Return the counts since ``first``, picked out of all that the album has."""
    counts = PlayCount.objects.filter(album=album.pk)
    return [count for count in counts if count.day >= first.isoformat()]


def read_range(album: Album, first: date) -> list[PlayCount]:
    """Return the same by a condition on the range key."""
    return list(PlayCount.objects.filter(album=album.pk, day__gte=first.isoformat()))


def save_all(album: Album, played: Iterable[tuple[date, int, dict[str, list[int]]]]) -> int:
    """Write the counts of an album, plays and hours by day; return how many days they are."""
    items = [
        PlayCount(album=album.pk, day=day.isoformat(), plays=plays, hours=hours)
        for day, plays, hours in played
    ]
    return len(PlayCount.objects.bulk_create(items))
