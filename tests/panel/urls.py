"""Pages with the toolbar."""

from typing import Any

from debug_toolbar.toolbar import debug_toolbar_urls
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import override_settings
from django.urls import path

from tests.music.models import Album


def show(request: HttpRequest) -> bool:
    return True


def page(albums: object) -> HttpResponse:
    return HttpResponse(
        f"<html><body>{render_to_string('albums.html', {'albums': albums})}</body></html>"
    )


def albums(request: HttpRequest) -> HttpResponse:
    return page(Album.objects.all())


def repaired(request: HttpRequest) -> HttpResponse:
    return page(Album.objects.select_related("artist__label"))


urlpatterns: list[Any] = [path("albums/", albums), path("repaired/", repaired)]

with override_settings(DEBUG=True):  # without it the toolbar has no URLs
    urlpatterns += debug_toolbar_urls()
