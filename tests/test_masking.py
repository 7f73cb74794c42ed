import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import ResolverMatch, path, re_path

from queryaudit.masking import masked_path


def view(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse()


@pytest.mark.parametrize(
    ("pattern", "url", "masked"),
    [
        (path("reset/<uidb64>/<token>/", view), "reset/MQ/5rt-x1/", "/reset/.../.../"),
        (path("v1/<slug:design>/<int:code>/", view), "v1/a1/1/", "/v1/a1/.../"),
        (path("codes/<int:page>/", view), "codes/3/", "/codes/3/"),
        (re_path(r"^opt/(?P<code>\w*)$", view), "opt/", "/opt/"),
        (re_path(r"^reset/(\w+)/$", view), "reset/s3cr3t/", "/reset/.../"),
        (re_path(r"^albums/(\d+)/$", view), "albums/5/", "/albums/5/"),
    ],
)
def test_parts_that_look_secret_are_dots(pattern: object, url: str, masked: str) -> None:
    match = pattern.resolve(url)  # type: ignore[attr-defined]
    assert isinstance(match, ResolverMatch)
    request = RequestFactory().get(f"/{url}")
    request.resolver_match = match
    assert masked_path(request) == masked


def test_an_address_that_leads_nowhere_is_shown() -> None:
    assert masked_path(RequestFactory().get("/nowhere/")) == "/nowhere/"
