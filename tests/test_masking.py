import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, include, path, re_path

from queryaudit.masking import masked_path


def view(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse()


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
    ],
)
def test_parts_that_look_secret_are_dots(pattern: object, url: str, masked: str) -> None:
    match = pattern.resolve(url)  # type: ignore[attr-defined]
    assert isinstance(match, ResolverMatch)
    assert masked_path(f"/{url}", match) == masked


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
