"""Pages as they are found: that fail, redirect, stream, close, end a visit."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import path, re_path

import queryaudit
from tests.music.models import Album, Label

LINKS = """
<a href="/boom/">x</a> <a href='/stream/'>x</a> <A HREF=/unquoted/>x</A> <a data-href="/no/">x</a>
<a href="/caf%C3%A9/">x</a> <a href="/login/">x</a> <a href="http://[nothing">x</a>
<a href=" ?page=2 ">x</a>
<a href="/sign-off/">x</a> <a href="/bye/">x</a> <a href="/item/404/">x</a>
<a href="//other.example/">x</a>
""" + " ".join(f"<a href=/item/{n}/>x</a>" for n in range(20))


def show_home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(LINKS)


def show_boom(request: HttpRequest) -> HttpResponse:
    msg = "first line\nsecond line"
    raise ValueError(msg)


def show_stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(album.artist.name for album in Album.objects.all())


def show_endless(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        while True:
            yield b"x" * 2**20

    return StreamingHttpResponse(parts())


async def show_async_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    return StreamingHttpResponse(parts())


def show_item(request: HttpRequest, pk: int) -> HttpResponse:
    if pk == 404:
        raise Http404
    return HttpResponse(str(pk))


def leave(request: HttpRequest) -> HttpResponse:
    raise AssertionError("a crawl ended the visit")


def logout_here(request: HttpRequest) -> HttpResponse:
    return leave(request)


def show_plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


def redirect_away(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("/found/")


def only_post(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    Label.objects.create(name=request.POST["name"])
    return HttpResponse("made")


def write_durably(request: HttpRequest) -> HttpResponse:
    with transaction.atomic(durable=True):
        Label.objects.create(name="durable")
    Label.objects.using("other").create(name="other")
    return HttpResponse("made")


def echo(request: HttpRequest) -> JsonResponse:
    told: Any = {
        "method": request.method,
        "body": request.body.decode(),
        "type": request.content_type,
        "host": request.get_host(),
        "secure": request.is_secure(),
        "header": request.headers.get("X-Test"),
    }
    Label.objects.create(name=str(told))
    return JsonResponse(told)


def graphql(request: HttpRequest) -> HttpResponse:
    queryaudit.label(request.GET["operation"])
    return HttpResponse(str([label.name for label in Label.objects.all()]))


urlpatterns = [
    path("", show_home),
    path("boom/", show_boom),
    path("stream/", show_stream),
    path("endless/<int:pk>/", lambda request, pk: show_endless(request)),
    path("async-stream/", show_async_stream),
    path("item/<int:pk>/", show_item),
    path("sign-off/", leave),
    path("bye/", logout_here),
    path("unquoted/", show_plain),
    path("café/", show_plain),
    path("found/", show_plain),
    path("login/", show_plain),
    path("closed/", login_required(show_plain, login_url="/login/")),
    path("moved/", redirect_away),
    path("only-post/", only_post),
    path("durably/", write_durably),
    path("echo/<int:pk>/", lambda request, pk: echo(request)),
    path("graphql/<int:pk>/", lambda request, pk: graphql(request)),
    re_path(r"^either/(?:a|b)/$", show_plain),
    re_path(r"^plain/$", show_plain),
]
