"""Addresses of the record shop."""

from django.urls import include, path

urlpatterns = [path("", include("shop.urls"))]
