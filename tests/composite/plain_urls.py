"""Addresses of an admin that is all Django's own."""

from django.urls import path

from tests.composite.site import plain_site

urlpatterns = [path("plain/", plain_site.urls)]
