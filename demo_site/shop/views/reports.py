"""Pages with figures."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.pages import Page
from shop.procedures import label_report


def show_sales(request: HttpRequest, page: Page) -> HttpResponse:
    """Show what each label sold as a table."""
    lines = label_report.report(page.variant)
    return render(request, "shop/report.html", {"page": page, "lines": lines})
