"""The front page."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.pages import Pair


def show_index(request: HttpRequest, pairs: Sequence[Pair]) -> HttpResponse:
    """List the pairs."""
    return render(request, "shop/index.html", {"pairs": pairs})
