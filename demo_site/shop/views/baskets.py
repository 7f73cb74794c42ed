"""The basket, which lives in the session, and the order it becomes."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from shop.pages import Page
from shop.procedures import buying

KEY = "basket"  # of the session: pieces by product, whose key JSON keeps as text


def show_basket(request: HttpRequest, page: Page) -> HttpResponse:
    """Show the basket; what is posted puts in a product, or orders all."""
    if request.method != "POST":
        return _show(request, page)
    session: Any = request.session
    pieces, posted = _pieces(session), request.POST
    try:
        if "add" in posted:
            session[KEY] = buying.add(pieces, posted["add"])
            return HttpResponseRedirect(page.url)
        name, email = posted.get("name", ""), posted.get("email", "")
        order = buying.order(page.variant, pieces, name, email, timezone.now())
    except buying.WishError as error:
        return _show(request, page, problem=str(error))
    session[KEY] = {}
    return HttpResponseRedirect(f"{page.url}?ordered={order}")


def _show(request: HttpRequest, page: Page, problem: str = "") -> HttpResponse:
    context = {
        "page": page,
        "basket": buying.show(page.variant, _pieces(request.session)),
        "ordered": request.GET.get("ordered", "")[:20],
        "problem": problem,
    }
    return render(request, "shop/basket.html", context, status=400 if problem else 200)


def _pieces(session: Any) -> dict[int, int]:
    return {int(product): pieces for product, pieces in session.get(KEY, {}).items()}
