"""Pages about what is in stock."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from shop.pages import Page
from shop.procedures import stock_keeping


def show_movements(request: HttpRequest, page: Page) -> HttpResponse:
    """Show the newest movements with what is left."""
    moves = stock_keeping.list_movements(page.variant)
    return render(request, "shop/movements.html", {"page": page, "moves": moves})


def show_corrections(request: HttpRequest, page: Page) -> HttpResponse:
    """Correct what is in stock, and list it."""
    stock = stock_keeping.correct(page.variant)
    return render(request, "shop/stock.html", {"page": page, "stock": stock})


def show_counts(request: HttpRequest, page: Page) -> HttpResponse:
    """Count shelves for today, and list them."""
    stock = stock_keeping.count(page.variant, timezone.localdate())
    return render(request, "shop/stock.html", {"page": page, "stock": stock})
