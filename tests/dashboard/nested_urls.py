"""The dashboard within a namespace of the site's own."""

from django.urls import include, path

nested = ([path("audits/", include("queryaudit.dashboard.urls"))], "ops")
urlpatterns = [path("ops/", include(nested))]
