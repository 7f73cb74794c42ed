"""The dashboard under a namespace that the site has named."""

from django.urls import include, path

urlpatterns = [path("audits/", include("queryaudit.dashboard.urls", namespace="audits"))]
