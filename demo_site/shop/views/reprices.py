"""The page that writes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.pages import Page
from shop.procedures import slow_sellers


def show_reprices(request: HttpRequest, page: Page) -> HttpResponse:
    """Reprice the albums that sell worst, and list them."""
    albums = slow_sellers.reprice(page.variant)
    return render(request, "shop/reprices.html", {"page": page, "albums": albums})
