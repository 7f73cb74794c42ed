"""The addresses of the dashboard: ``path("queryaudit/", include("queryaudit.dashboard.urls"))``."""

from django.urls import path

from queryaudit.dashboard import pages

app_name = "queryaudit"

urlpatterns = [
    path("", pages.requests, name="requests"),
    path("views/", pages.views, name="views"),
    path("view/", pages.view, name="view"),
    path("findings/", pages.findings, name="findings"),
    path("compare/", pages.compare, name="compare"),
    path("requests/<str:audit_id>/", pages.request, name="request"),
    path("requests/<str:audit_id>/shapes/<int:number>/", pages.shape, name="shape"),
    path("requests/<str:audit_id>/plans/<int:number>/", pages.plan, name="plan"),
    path("assets/<str:name>", pages.asset, name="asset"),
]
