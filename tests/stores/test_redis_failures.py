"""A server that stops, hangs, is full, read-only or refuses, under a site with visitors."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import override_settings

from queryaudit import stores
from queryaudit.errors import MissingExtraError
from queryaudit.stores.writer import writer
from tests.stores.redis_process import RedisProcess
from tests.stores.site import Site

pytestmark = pytest.mark.urls("tests.middleware.pages")


@contextmanager
def site_at(url: str, caplog: pytest.LogCaptureFixture) -> Iterator[Site]:
    with override_settings(
        DEBUG=True,
        MIDDLEWARE=["queryaudit.middleware.QueryAuditMiddleware"],
        QUERYAUDIT={"STORE": url},
    ):
        yield Site(caplog)


@pytest.fixture
def site(redis_process: RedisProcess, caplog: pytest.LogCaptureFixture) -> Iterator[Site]:
    with site_at(redis_process.url, caplog) as site:
        yield site


def test_a_server_that_stops(site: Site, redis_process: RedisProcess) -> None:
    site.drill(
        f"the audit store {redis_process.url} cannot be used: Error ",
        redis_process.stop,
        redis_process.start,
    )


def test_a_server_that_hangs(site: Site, redis_process: RedisProcess) -> None:
    start = time.perf_counter()
    site.drill("Timeout reading", redis_process.hang, redis_process.go_on)
    assert time.perf_counter() - start < 5, "only the first of the records waited for it"


def test_a_server_that_hangs_holds_up_a_viewer_for_a_second(
    site: Site, redis_process: RedisProcess
) -> None:
    assert site.is_kept()
    redis_process.hang()
    start = time.perf_counter()
    assert stores.recent() == []
    assert time.perf_counter() - start < 5
    problem = stores.problem()
    assert problem is not None
    assert problem.part == "reading"
    redis_process.go_on()
    assert len(stores.recent()) == 1
    assert stores.problem() is None


def test_a_server_without_memory(site: Site, redis_process: RedisProcess) -> None:
    site.drill(
        f"{redis_process.url} cannot be used: command not allowed when used memory",
        lambda: redis_process.tell("CONFIG", "SET", "maxmemory", "1mb"),
        lambda: redis_process.tell("CONFIG", "SET", "maxmemory", "0"),
    )


def test_a_server_that_only_follows_another(site: Site, redis_process: RedisProcess) -> None:
    site.drill(
        "You can't write against a read only replica",
        lambda: redis_process.tell("REPLICAOF", "127.0.0.1", "1"),
        lambda: redis_process.tell("REPLICAOF", "NO", "ONE"),
    )


def test_a_wrong_password_is_not_told_again(
    redis_process: RedisProcess, caplog: pytest.LogCaptureFixture
) -> None:
    def change(new: str, old: str | None) -> None:
        redis_process.tell("CONFIG", "SET", "requirepass", new, password=old)
        redis_process.tell("CLIENT", "KILL", "TYPE", "normal", password=new)

    change("s3cret", None)
    url = redis_process.url.replace("redis://", "redis://:s3cret@")
    with site_at(url, caplog) as site:
        site.drill(
            f"the audit store {redis_process.url} cannot be used: ",
            lambda: change("other", "s3cret"),
            lambda: change("s3cret", "other"),
        )
        assert "s3cret" not in caplog.text


def test_a_connection_that_the_server_closed_is_opened_anew(
    site: Site, redis_process: RedisProcess
) -> None:
    for _ in range(2):
        assert site.is_kept()
        redis_process.tell("CLIENT", "KILL", "TYPE", "normal")
        time.sleep(0.01)
    assert stores.problem() is None


class TestWithoutTheExtra:
    @pytest.fixture(autouse=True)
    def _not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "redis", None)
        monkeypatch.delitem(sys.modules, "queryaudit.stores.redis")

    def test_the_error_names_the_setting_and_the_extra(self) -> None:
        with (
            override_settings(QUERYAUDIT={"STORE": "redis://localhost"}),
            pytest.raises(MissingExtraError, match=r"QUERYAUDIT\['STORE'\].*queryaudit\[redis\]"),
        ):
            stores.current()

    def test_no_visitor_is_told_and_the_page_is(self, caplog: pytest.LogCaptureFixture) -> None:
        with site_at("redis://localhost", caplog) as site:
            site.visit()
            assert writer.drain()
            assert "pip install 'queryaudit[redis]'" in str(stores.problem())
            assert len(site.told()) == 1
