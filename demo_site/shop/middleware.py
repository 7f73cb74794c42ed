"""Give each request its own count of round trips."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shop.round_trips import count_round_trips

Response: TypeAlias = HttpResponseBase | Awaitable[HttpResponseBase]


class RoundTripsMiddleware:
    """Count from zero for every request, under WSGI as under ASGI."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Response]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Response:
        """Answer the request, or return the coroutine which does."""
        if self._is_async:
            return self._answer(request)
        with count_round_trips():
            return self._get_response(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        with count_round_trips():
            return await cast("Awaitable[HttpResponseBase]", self._get_response(request))
