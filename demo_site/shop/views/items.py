"""Pages about what is in DynamoDB."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.pages import Page
from shop.procedures import album_plays, country_prices


def show_prices(request: HttpRequest, page: Page) -> HttpResponse:
    """Show what the newest albums cost in a country."""
    lines = country_prices.show(page.variant)
    return render(request, "shop/prices.html", {"page": page, "lines": lines})


def show_plays(request: HttpRequest, page: Page) -> HttpResponse:
    """Show how often the newest album was played in the last weeks."""
    album, counts = album_plays.show(page.variant)
    return render(request, "shop/plays.html", {"page": page, "album": album, "counts": counts})
