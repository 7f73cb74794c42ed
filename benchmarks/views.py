"""Pages with a number of queries that can be chosen."""

from django.http import HttpRequest, JsonResponse
from shop.models import Album, Label, Track


def list_tracks(_request: HttpRequest, shown: int) -> JsonResponse:
    """Ask once for so many tracks, then twice for each of them: its album and its artist."""
    tracks = Track.objects.filter(id__lte=shown).order_by("id")
    rows = [
        {"title": track.title, "album": track.album.title, "by": track.album.artist.name}
        for track in tracks
    ]
    return JsonResponse({"tracks": rows})


def ask_three_times(_request: HttpRequest) -> JsonResponse:
    """Ask three good questions."""
    albums = Album.objects.select_related("artist").order_by("id")[:10]
    return JsonResponse(
        {
            "albums": [f"{album.title} by {album.artist.name}" for album in albums],
            "labels": Label.objects.count(),
            "first": Label.objects.get(pk=1).name,
        }
    )
