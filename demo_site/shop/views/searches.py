"""Pages to find an album, and to look at it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.pages import Page
from shop.procedures import searching


def show_search(request: HttpRequest, page: Page) -> HttpResponse:
    """Show the albums with the words ``q`` in title or artist, at most ``most`` of them (50)."""
    asked = request.GET
    try:
        results = searching.search(page.variant, asked.get("q", ""), asked.get("most", "50"))
    except searching.WishError as error:
        return _refuse(str(error), 400)
    return render(request, "shop/search.html", {"page": page, "results": results})


def show_album(request: HttpRequest, page: Page) -> HttpResponse:
    """Show an album by its key ``album``, the newest without it."""
    key = request.GET.get("album")
    try:
        album = searching.tell(page.variant, key)
    except searching.WishError as error:
        return _refuse(str(error), 400)
    if album is None and key is not None:
        return _refuse(f"There is no album {key}.", 404)
    return render(request, "shop/album.html", {"page": page, "album": album})


def _refuse(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")
