"""The shop's addresses, and pages that only tests ask for."""

from collections.abc import Callable

from config import urls
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from shop.models import Album


def set_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Do in Django 5.2 what ContentSecurityPolicyMiddleware does since 6.0."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        policy = "default-src 'self'; base-uri 'none'; object-src 'none'"
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return answer


def many_queries(request: HttpRequest) -> HttpResponse:
    """Ask 2,001 times: 50 look-ups of each of 40 shapes, and once more."""
    titles = [Album.objects.order_by("id").values_list("title", flat=True)[0]]
    columns = ["id", "title", "price", "released", "artist_id", "category_id"]
    for shape in range(40):
        # Which columns are read makes the shape.
        chosen = [column for bit, column in enumerate(columns) if (shape + 1) & (1 << bit)]
        for pk in range(50):
            titles.append(str(Album.objects.filter(pk=pk).values_list(*chosen).first()))
    return render(request, "shop/index.html", {"titles": titles})


urlpatterns = [path("many/", many_queries), *urls.urlpatterns]
