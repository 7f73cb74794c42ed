"""The front page."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.pages import Pair


def show_index(request: HttpRequest, pairs: Sequence[Pair]) -> HttpResponse:
    """List the pairs, and say why those of DynamoDB are left out."""
    context = {
        "pairs": pairs,
        "leaves_out": not settings.DEMO_DYNAMODB,
        "lacks": settings.DEMO_DYNAMODB_LACKS,
    }
    return render(request, "shop/index.html", context)
