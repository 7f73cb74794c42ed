"""The addresses of the dashboard: ``path("queryaudit/", include("queryaudit.dashboard.urls"))``."""

from django.urls import path

from queryaudit.dashboard import pages

app_name = "queryaudit"

urlpatterns = [
    path("", pages.show_requests, name="requests"),
    path("views/", pages.show_views, name="views"),
    path("view/", pages.show_view, name="view"),
    path("findings/", pages.show_findings, name="findings"),
    path("memory/", pages.show_memory, name="memory"),
    path("compare/", pages.show_comparison, name="compare"),
    path("requests/<str:audit_id>/", pages.show_request, name="request"),
    path("requests/<str:audit_id>/shapes/<int:number>/", pages.show_shape, name="shape"),
    path("requests/<str:audit_id>/plans/<int:number>/", pages.show_plan, name="plan"),
    path("assets/<str:name>", pages.serve_asset, name="asset"),
]
