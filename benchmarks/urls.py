"""The shop's addresses, and pages that only the benchmark has."""

import os

from django.urls import include, path

from benchmarks import views
from benchmarks.tools import NOBODY, PEERS

PEER = PEERS.get(os.environ.get("BENCHMARK_PEER", ""), NOBODY)

urlpatterns = [
    path("", include("shop.urls")),
    path("bench/tracks/<int:shown>/", views.list_tracks),
    path("bench/three/", views.ask_three_times),
    *(path(f"{name}/", include(name)) for name in PEER.urls),
]
