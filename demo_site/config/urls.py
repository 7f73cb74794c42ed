"""Addresses of the record shop."""

from debug_toolbar.toolbar import debug_toolbar_urls
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("shop.urls")),
    path("admin/", admin.site.urls),
    path("queryaudit/", include("queryaudit.dashboard.urls")),
    *debug_toolbar_urls(),
]
