"""The shop's addresses, and pages that only the benchmark has."""

from django.urls import include, path

from benchmarks import views

urlpatterns = [
    path("", include("shop.urls")),
    path("bench/tracks/<int:shown>/", views.list_tracks),
    path("bench/three/", views.ask_three_times),
]
