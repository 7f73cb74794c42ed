"""Addresses of the shop: the front page and both pages of every pair."""

from django.urls import path

from shop.pairs import PAIRS
from shop.views.index import show_index

urlpatterns = [path("", show_index, {"pairs": PAIRS}, name="index")]
urlpatterns += [
    path(page.route, pair.view, {"page": page}, name=page.route)
    for pair in PAIRS
    for page in (pair.slow, pair.fast)
]
