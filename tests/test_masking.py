from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, URLResolver, include, path, re_path
from django.urls.resolvers import RegexPattern

from queryaudit.masking import masked_path


def view(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse()


def resolved(pattern: Any, url: str) -> ResolverMatch:
    """Return what the root of a site, whose only pattern it is, makes of an address."""
    root = URLResolver(RegexPattern(r"^/"), [pattern])
    return root.resolve(f"/{url}")


@pytest.mark.parametrize(
    ("pattern", "url", "masked"),
    [
        (path("reset/<uidb64>/<token>/", view), "reset/MQ/5rt-x1/", "/reset/.../.../"),
        (path("v1/<slug:design>/<int:code>/", view), "v1/a1/1/", "/v1/a1/.../"),
        (path("codes/<int:page>/", view), "codes/3/", "/codes/3/"),
        (path("f/<path:token>", view), "f/a/b/c", "/f/..."),
        (path("c/<str:token>.ics", view), "c/s3cr3t.ics", "/c/..."),
        (re_path(r"^reset-(?P<token>\w+)/$", view), "reset-s3cr3t/", "/.../"),
        (re_path(r"^r/x(\w+)y/$", view), "r/xs3cr3ty/", "/r/.../"),
        (path("i/<str:invitation>/<str:access_tokens>/", view), "i/a/b/", "/i/.../.../"),
        (re_path(r"^opt/(?P<code>\w*)$", view), "opt/", "/opt/"),
        (re_path(r"^reset/(\w+)/$", view), "reset/s3cr3t/", "/reset/.../"),
        (re_path(r"^albums/(\d+)/$", view), "albums/5/", "/albums/5/"),
        (path("s/<str:token>/", include([path("x/", view)])), "s/s3cr3t/x/", "/s/.../x/"),
        (path("shown/", view, {"token": "shown"}), "shown/", "/shown/"),
        (path("s/<str:token>/", view, {"token": "another"}), "s/s3cr3t/", "/s/.../"),
        (
            path("o/<str:token>/", include([path("x/", view, {"token": "t"})])),
            "o/s3cr3t-0123456789/x/",
            "/o/.../x/",
        ),
        (
            path("n/<str:token>/", include([path("<str:token>/", view)])),
            "n/s3cr3t-0123456789/s3cr3t-9876543210/",
            "/n/.../.../",
        ),
    ],
)
def test_parts_that_look_secret_are_dots(pattern: object, url: str, masked: str) -> None:
    match = resolved(pattern, url)
    assert masked_path(f"/{url}", match) == masked


@pytest.mark.parametrize(
    ("change", "masked"),
    [
        (lambda kwargs: kwargs.pop("token"), "/p/.../5/"),
        (lambda kwargs: kwargs.update(token=5), "/p/.../5/"),
        (lambda kwargs: kwargs.clear(), "/p/.../5/"),
    ],
)
def test_a_middleware_that_changes_what_the_view_gets_shows_no_secret(
    change: Callable[[dict[str, object]], object], masked: str
) -> None:
    match = resolved(path("p/<str:token>/<int:pk>/", view), "p/s3cr3t/5/")
    change(match.kwargs)
    assert masked_path("/p/s3cr3t/5/", match) == masked


def test_what_include_captured_and_a_middleware_took_away_is_not_shown() -> None:
    tree = path("p/<str:token>/", include([path("x/", view)]))
    match = resolved(tree, "p/s3cr3t-0123456789/x/")
    match.kwargs.clear()
    assert masked_path("/p/s3cr3t-0123456789/x/", match) == "/p/.../x/"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/nowhere/", "/nowhere/"),
        ("/albums/17", "/albums/17"),
        ("/reset/MQ/5rt-x1b2c3d4e5f6", "/reset/MQ/..."),
        ("/files/0123456789/report.pdf", "/files/.../report.pdf"),
        ("/a/abcdefghijklmnopqrstuvwxyz", "/a/..."),
    ],
)
def test_of_an_address_that_leads_nowhere_plain_words_are_shown(asked: str, shown: str) -> None:
    assert masked_path(asked, None) == shown
