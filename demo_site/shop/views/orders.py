"""The page about orders."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.pages import Page
from shop.procedures import newest_orders


def show_orders(request: HttpRequest, page: Page) -> HttpResponse:
    """Show the newest orders with their lines."""
    orders = newest_orders.show(page.variant)
    return render(request, "shop/orders.html", {"page": page, "orders": orders})
