"""Addresses of the shop, and of the tools that want some."""

import debug_toolbar.urls
from django.urls import include, path

urlpatterns = [
    path("", include("shop.urls")),
    path("__debug__/", include(debug_toolbar.urls)),
    path("silk/", include("silk.urls")),
]
