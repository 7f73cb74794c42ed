"""Pages of the catalogue."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.pages import Page
from shop.procedures import catalogue


def show_releases(request: HttpRequest, page: Page) -> HttpResponse:
    """Show the newest albums with their artists."""
    albums = catalogue.list_releases(page.variant)
    return render(request, "shop/releases.html", {"page": page, "albums": albums})


def show_portraits(request: HttpRequest, page: Page) -> HttpResponse:
    """Show the newest albums with guests and tracks."""
    albums = catalogue.portray(page.variant)
    return render(request, "shop/portraits.html", {"page": page, "albums": albums})


def show_artists(request: HttpRequest, page: Page) -> HttpResponse:
    """Show artists with the number of their albums."""
    artists = catalogue.count_albums(page.variant)
    return render(request, "shop/artists.html", {"page": page, "artists": artists})


def show_shelves(request: HttpRequest, page: Page) -> HttpResponse:
    """Show the newest albums with category and the category above."""
    shelved = catalogue.shelve(page.variant)
    return render(request, "shop/shelves.html", {"page": page, "shelved": shelved})
