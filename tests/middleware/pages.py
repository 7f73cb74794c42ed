"""Pages that the middleware tests ask for."""

import os
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.generic import ListView

import queryaudit
from tests.music.models import Album, Label


def albums(request: HttpRequest) -> HttpResponse:
    return render(request, "albums.html", {"albums": Album.objects.all()})


async def albums_async(request: HttpRequest) -> HttpResponse:
    rows = [album async for album in Album.objects.all()]
    return await sync_to_async(render)(request, "albums.html", {"albums": rows})


def some(request: HttpRequest, number: int) -> HttpResponse:
    for _ in range(number):
        Label.objects.count()
    return JsonResponse({"asked": number})


async def some_async(request: HttpRequest, number: int) -> HttpResponse:
    for _ in range(number):
        await Label.objects.acount()
    return JsonResponse({"asked": number})


def graph(request: HttpRequest) -> JsonResponse:
    """Many operations at one address, as GraphQL has them."""
    operation = request.GET["operation"]
    queryaudit.label(operation)
    names = [album.artist.name for album in Album.objects.all()] if operation == "albums" else []
    return JsonResponse({operation: names})


def parts() -> Iterator[bytes]:
    for album in Album.objects.all():
        yield f"{album.artist.name}\n".encode()


async def parts_async() -> AsyncIterator[bytes]:
    async for album in Album.objects.all():
        yield (await sync_to_async(lambda album: album.artist.name)(album)).encode() + b"\n"


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    Label.objects.count()
    return StreamingHttpResponse(parts())


async def streamed_async(request: HttpRequest) -> StreamingHttpResponse:
    await Label.objects.acount()
    return StreamingHttpResponse(parts_async())


def file(request: HttpRequest) -> HttpResponseBase:
    Label.objects.count()
    return FileResponse(open(__file__, "rb"))  # noqa: PTH123  # the response closes it


def broken(request: HttpRequest) -> HttpResponse:
    Label.objects.count()
    raise ZeroDivisionError


def streamed_closing(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        try:
            Label.objects.count()
            for _ in range(10):
                yield os.urandom(100_000)  # which does not compress into nothing
        finally:
            Label.objects.count()

    return StreamingHttpResponse(parts())


def broken_albums(request: HttpRequest) -> HttpResponse:
    for album in Album.objects.all():
        assert album.artist
    raise ZeroDivisionError


def reset(request: HttpRequest, uidb64: str, token: str, page: int) -> HttpResponse:
    return HttpResponse(token)


urlpatterns = [
    path("graph/", graph, name="graph"),
    path("reset/<uidb64>/<token>/<int:page>/", reset),
    path("broken/albums/", broken_albums),
    path("albums/", albums, name="albums"),
    path("async/albums/", albums_async),
    path(
        "generic/albums/",
        ListView.as_view(model=Album, template_name="albums.html", context_object_name="albums"),
    ),
    path("some/<int:number>/", some),
    path("async/some/<int:number>/", some_async),
    path("streamed/", streamed),
    path("streamed/closing/", streamed_closing),
    path("async/streamed/", streamed_async),
    path("file/", file),
    path("broken/", broken),
]
