"""A list of Django's admin."""

from django.http import HttpRequest, HttpResponse

from shop.admin import DESKS
from shop.pages import Page


def show_orders(request: HttpRequest, page: Page) -> HttpResponse:
    """Show orders as the admin lists them."""
    # Nothing can be sent from here, and a token would only tell the twins apart.
    context = {"page": page, "csrf_token": "none"}
    return DESKS[page.variant].changelist_view(request, context)
