"""Addresses of the shop: the front page and both pages of every pair."""

from collections.abc import Sequence

from django.urls import URLPattern, path

from shop.pages import Pair
from shop.pairs import PAIRS
from shop.views.index import show_index
from shop.views.tour import show_tour


def addresses(pairs: Sequence[Pair]) -> list[URLPattern]:
    """Return the front page, which lists the pairs, the tour, and both pages of each."""
    pages = [page for pair in pairs for page in (pair.slow, pair.fast)]
    return [
        path("", show_index, {"pairs": pairs}, name="index"),
        path("tour/", show_tour, {"pairs": pairs}, name="tour"),
        *(path(page.route, page.pair.view, {"page": page}, name=page.route) for page in pages),
    ]


urlpatterns = addresses(PAIRS)
