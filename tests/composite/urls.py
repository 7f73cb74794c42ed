"""Addresses of the admin that is tested here."""

from django.urls import path

from tests.composite.site import site

urlpatterns = [path("admin/", site.urls)]
