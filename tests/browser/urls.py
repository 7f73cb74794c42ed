"""The shop's addresses, and pages that only tests ask for."""

from config import urls
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from shop.models import Album


def many_queries(request: HttpRequest) -> HttpResponse:
    """Ask 2,001 times: once, and in 40 loops over 11, 13, ... 89 albums, each for other columns."""
    titles = [str(Album.objects.order_by("id").values_list("title").first())]
    columns = ["id", "title", "price", "released", "artist_id", "category_id"]
    for number in range(40):
        chosen = [column for bit, column in enumerate(columns) if (number + 1) & (1 << bit)]
        titles += [
            str(Album.objects.filter(pk=pk).values_list(*chosen).first())
            for pk in range(11 + 2 * number)
        ]
    return render(request, "shop/index.html", {"titles": titles})


urlpatterns = [path("many/", many_queries), *urls.urlpatterns]
