from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.test import RequestFactory, override_settings

from queryaudit import errors, viewers
from queryaudit.viewers import may_view


def request_of(address: str = "203.0.113.7", **attributes: Any) -> HttpRequest:
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    for name, value in attributes.items():
        setattr(request, name, value)
    return request


@pytest.mark.parametrize(
    ("address", "sees"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("198.51.100.1", True),  # INTERNAL_IPS
        ("172.17.0.1", True),  # the gateway
        ("172.17.0.9", False),
        ("203.0.113.7", False),
        ("", False),
    ],
)
def test_in_debug_who_is_near_may_see(
    address: str, sees: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "_gateways", lambda: frozenset({"172.17.0.1"}))
    with override_settings(DEBUG=True, INTERNAL_IPS=["198.51.100.1"]):
        assert may_view(request_of(address)) is sees
    with override_settings(DEBUG=False):
        assert not may_view(request_of(address))


@pytest.mark.parametrize(
    ("addresses", "gateways"),
    [(["172.17.0.5"], {"172.17.0.1"}), (["8.8.8.8"], set()), ([], set())],
)
def test_the_gateway_of_a_container_is_the_first_address_of_its_private_network(
    addresses: list[str], gateways: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(viewers, "_CONTAINER_MARKS", (tmp_path,))
    monkeypatch.setattr("socket.gethostbyname_ex", lambda name: (name, [], addresses))
    assert viewers._gateways.__wrapped__() == gateways
    monkeypatch.setattr(viewers, "_CONTAINER_MARKS", (tmp_path / "missing",))
    assert viewers._gateways.__wrapped__() == set()


def no() -> bool:
    return False


class Asynchronous:
    async def __call__(self, request: HttpRequest) -> bool:
        return no()


answers_asynchronously = Asynchronous()


def answers_a_coroutine(request: HttpRequest) -> Any:
    coroutine = answers_asynchronously(request)
    coroutine.close()
    return coroutine


def answers_a_text(request: HttpRequest) -> str:
    return "no"


@pytest.mark.parametrize(
    "name", ["answers_asynchronously", "answers_a_coroutine", "answers_a_text"]
)
def test_what_is_no_bool_opens_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(errors, "_told", set())
    with override_settings(DEBUG=True, QUERYAUDIT={"VIEWERS": f"tests.test_viewers.{name}"}):
        assert not may_view(request_of("127.0.0.1"))
        assert not may_view(request_of("127.0.0.1"))
    assert len(caplog.records) == 1


def test_a_server_of_both_protocols_sees_this_machine() -> None:
    with override_settings(DEBUG=True):
        assert may_view(request_of("::ffff:127.0.0.1"))
        assert not may_view(request_of("::ffff:203.0.113.7"))


def test_without_debug_active_staff_that_the_request_has_loaded_may_see() -> None:
    staff = User(is_staff=True, is_active=True)
    assert may_view(request_of(_cached_user=staff))
    assert may_view(request_of(_acached_user=staff))
    assert not may_view(request_of(user=staff)), "asking it would be a query"
    assert not may_view(request_of(_cached_user=User(is_staff=True, is_active=False)))
    assert not may_view(request_of(_cached_user=User(is_staff=False)))
    assert not may_view(request_of(_cached_user=AnonymousUser()))
    assert not may_view(request_of(_cached_user=object())), "a site's own user model"


def allow_marked(request: HttpRequest) -> bool:
    return "mark" in request.GET


def fail(request: HttpRequest) -> bool:
    raise ZeroDivisionError


async def allow_later(request: HttpRequest) -> bool:
    return False


def test_a_coroutine_function_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would answer with a coroutine, which is true."""
    monkeypatch.setattr(errors, "_told", set())
    with override_settings(DEBUG=True, QUERYAUDIT={"VIEWERS": f"{__name__}.allow_later"}):
        assert not may_view(request_of("127.0.0.1"))


def test_a_function_of_the_site_decides(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(errors, "_told", set())
    with override_settings(DEBUG=True, QUERYAUDIT={"VIEWERS": f"{__name__}.allow_marked"}):
        assert may_view(RequestFactory().get("/?mark=1", REMOTE_ADDR="203.0.113.7"))
        assert not may_view(request_of("127.0.0.1"))
    with override_settings(DEBUG=True, QUERYAUDIT={"VIEWERS": f"{__name__}.fail"}):
        assert not may_view(request_of("127.0.0.1"))
    assert "asking VIEWERS" in caplog.text
