"""A tour of all pairs, with what they cost on this machine."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from shop.pages import Pair
from shop.procedures import tour

_measured: list[tour.Stop] = []  # by this process, the last time that somebody asked for it


@require_http_methods(["GET", "HEAD", "POST"])
def show_tour(request: HttpRequest, pairs: Sequence[Pair]) -> HttpResponse:
    """List the pairs with measured counts and times; POST measures them."""
    if request.method == "POST":
        _measured[:] = tour.walk(pairs, request.get_host())
        return HttpResponseRedirect(request.path)
    return render(request, "shop/tour.html", {"stops": _measured, "pairs": pairs})
