"""The dashboard beside a page, on a site of its own."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from tests.music.models import Album


def albums(request: HttpRequest) -> HttpResponse:
    return HttpResponse(", ".join(album.artist.name for album in Album.objects.all()))


urlpatterns = [
    path("albums/", albums, name="albums"),
    path("audits/", include("queryaudit.dashboard.urls")),
]
