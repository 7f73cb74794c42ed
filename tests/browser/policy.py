"""Middlewares for a strict Content-Security-Policy, on each Django."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from queryaudit._compat import get_nonce

View = Callable[[HttpRequest], HttpResponse]


def set_policy(get_response: View) -> View:
    """Do in Django 5.2 what ContentSecurityPolicyMiddleware does since 6.0."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        policy = "default-src 'self'; base-uri 'none'; object-src 'none'"
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return answer


def use_nonce(get_response: View) -> View:
    """Use the nonce as a page with scripts of its own: until then the toolbar takes none."""

    def answer(request: HttpRequest) -> HttpResponse:
        get_nonce(request)
        return get_response(request)

    return answer
