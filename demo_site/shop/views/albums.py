"""Pages about albums."""

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from shop.pages import Page
from shop.procedures import newest_albums
from shop.round_trips import get_round_trips


def show_albums(request: HttpRequest, page: Page) -> HttpResponse:
    """Show the newest albums as a table."""
    offers = newest_albums.offer(page.variant)
    return render(request, "shop/albums.html", {"page": page, "offers": offers})


def export_albums(_request: HttpRequest, page: Page) -> JsonResponse:
    """Give the newest albums as JSON, and what a box would tell under "about"."""
    albums = newest_albums.export(page.variant)
    about = {"why": page.why, "twin": page.twin.url, "queries": get_round_trips().count}
    return JsonResponse({"albums": albums, "about": about})


async def show_albums_async(request: HttpRequest, page: Page) -> HttpResponse:
    """Show the newest albums as a table, without blocking other requests."""
    offers = await newest_albums.offer_async(page.variant)
    # A template may query the database, which Django forbids on the event loop.
    return await sync_to_async(render)(
        request, "shop/albums.html", {"page": page, "offers": offers}
    )
