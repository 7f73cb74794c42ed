"""``manage.py queryaudit request`` and ``crawl`` on pages as they are found, and on plain sites."""

import ast
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from queryaudit.management import asking
from queryaudit.management.frontier import Frontier
from queryaudit.management.rollback import reachable
from tests.management.test_queryaudit import call
from tests.music.models import Album, Label

pytestmark = pytest.mark.django_db(databases="__all__")

MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
AUDITED = ["queryaudit.middleware.QueryAuditMiddleware", *MIDDLEWARE]
QUIET = {"STORE": "memory", "ENABLED": False}


@pytest.fixture(autouse=True)
def _site(tmp_path: Path) -> Iterator[None]:
    with override_settings(
        ROOT_URLCONF="tests.management.urls",
        MIDDLEWARE=[
            *MIDDLEWARE,
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        LOGIN_URL="/login/",
        QUERYAUDIT={**QUIET, "BASELINE": str(tmp_path / "known.json")},
    ):
        yield


def echoed(*arguments: str) -> dict[str, Any]:
    assert call("request", "/echo/1/", "--commit", *arguments)[0] == 0
    told: dict[str, Any] = ast.literal_eval(Label.objects.latest("pk").name)
    return told


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ([], "localhost"),
        (["*"], "localhost"),
        (["shop.example"], "shop.example"),
        ([".shop.example", "x"], "shop.example"),
    ],
)
def test_a_host_is_asked_that_the_site_allows(allowed: list[str], host: str) -> None:
    """A project as startproject makes it allows no host that a test client has."""
    with override_settings(ALLOWED_HOSTS=allowed, DEBUG=True):
        assert echoed()["host"] == host
    with override_settings(ALLOWED_HOSTS=["*"]):
        assert echoed("--header", "Host: other.example")["host"] == "other.example"


def test_a_site_that_redirects_to_https_is_asked_so() -> None:
    security = ["django.middleware.security.SecurityMiddleware", *MIDDLEWARE]
    with override_settings(SECURE_SSL_REDIRECT=True, MIDDLEWARE=security):
        assert echoed()["secure"] is True
    assert echoed()["secure"] is False


def test_method_body_and_headers_are_asked_as_given() -> None:
    told = echoed(
        "--method", "put", "--data", '{"a": "ä"}', "--content-type", "application/json",
        "--header", "X-Test: a:b", "--json",
    )  # fmt: skip
    assert told == {
        "method": "PUT",
        "body": '{"a": "ä"}',
        "type": "application/json",
        "host": told["host"],
        "secure": False,
        "header": "a:b",
    }


def test_an_address_may_be_quoted() -> None:
    assert call("request", "/café/")[0] == call("request", "/caf%C3%A9/")[0] == 0


@pytest.mark.parametrize("path", ["/nope/", "/café/nope/", "http://x/nope/"])
def test_what_is_no_address_is_one_line(path: str, caplog: pytest.LogCaptureFixture) -> None:
    code, out, err = call("request", path)
    assert (code, out) == (2, "")
    assert err == f"{path} is no address of this site"
    assert not caplog.records


def test_a_page_that_raises_says_what_and_mails_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        code, _, err = call("request", "/boom/")
    assert code == 0
    assert err.startswith("It answers 500: ValueError: first line.\n")
    assert not [record for record in caplog.records if record.name == "django.request"]
    assert logging.getLogger("django.request").level == logging.NOTSET


def test_what_is_written_is_rolled_back_on_every_database_also_by_durable_blocks() -> None:
    assert call("request", "/durably/")[2].startswith("What was written is rolled back")
    assert not Label.objects.filter(name="durable").exists()
    assert not Label.objects.using("other").filter(name="other").exists()


@pytest.mark.usefixtures("albums")
def test_streamed_bodies_are_read_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = call("request", "/stream/")
    assert (code, out.partition(",")[0]) == (1, "GET /stream/: 7 queries")
    assert Album.objects.count() == 6
    monkeypatch.setattr(asking, "MAX_BYTES", 3 * 2**20)
    assert call("request", "/endless/1/")[0] == 0
    assert call("request", "/async-stream/")[0] == 0


def test_a_page_is_told_once_where_the_middleware_tells_it_too(
    caplog: pytest.LogCaptureFixture, albums: list[Album]
) -> None:
    with (
        override_settings(MIDDLEWARE=AUDITED, QUERYAUDIT={"ENABLED": True, "STORE": "memory"}),
        caplog.at_level(logging.WARNING, "queryaudit"),
    ):
        _, out, _ = call("request", "/stream/")
    assert out.count("N+1   music.Album.artist") == 1
    assert not caplog.records


@pytest.mark.parametrize("middleware", [MIDDLEWARE, AUDITED], ids=["alone", "with the middleware"])
def test_budgets_by_the_name_of_an_operation(middleware: list[str], albums: list[Album]) -> None:
    settings = {"STORE": "memory", "ENABLED": True, "BUDGETS": {"labels": 0, "others": 5}}
    with override_settings(MIDDLEWARE=middleware, QUERYAUDIT=settings):
        _, out, _ = call("request", "/graphql/1/?operation=labels", "--json", "--fail-on", "budget")
        (finding,) = json.loads(out)["audits"][0]["findings"]
        assert (finding["kind"], finding["count"]) == ("query_budget", 1)
        arguments = ["request", "/graphql/1/?operation=others", "--fail-on", "budget"]
        assert call(*arguments)[0] == 0


def test_budgets_of_a_page_are_told_once(albums: list[Album]) -> None:
    settings = {"STORE": "memory", "ENABLED": True, "BUDGETS": {"/stream/": 5}}
    with override_settings(MIDDLEWARE=AUDITED, QUERYAUDIT=settings):
        _, out, _ = call("request", "/stream/", "--json")
    findings = json.loads(out)["audits"][0]["findings"]
    assert [one["count"] for one in findings if one["kind"] == "query_budget"] == [7]


@pytest.mark.usefixtures("albums")
def test_a_crawl_finds_what_is_linked_and_ends_nothing() -> None:
    code, out, err = call("crawl", "--format", "json")
    assert code == 1
    asked = [audit["label"].removeprefix("GET ") for audit in json.loads(out)["audits"]]
    assert len(asked) == len(set(asked)), "each once, however it is quoted"
    assert set(asked) == {
        "/", "/?page=2", "/boom/", "/stream/", "/async-stream/", "/unquoted/", "/café/", "/found/",
        "/login/", "/login/?next=/closed/", "/closed/", "/moved/", "/only-post/", "/durably/",
        "/plain/", "/item/404/", "/item/0/", "/item/1/", "/item/2/", "/item/3/",
    }  # fmt: skip
    assert f"{len(asked)} pages asked, 15 clean." in err
    assert "Closed to this visitor: /closed/; --user NAME logs in." in err
    for told in ("/boom/ 500 ValueError: first line", "/only-post/ 405", "/item/404/ 404"):
        assert told in err
    assert not Label.objects.filter(name="durable").exists()


def test_a_crawl_of_a_site_that_answers_nothing_is_wrong_use() -> None:
    with override_settings(MIDDLEWARE=["tests.management.test_pages.refuse"]):
        code, _, err = call("crawl")
    assert (code, err.splitlines()[-1]) == (
        2,
        "None of 13 pages was answered, first /; --user NAME logs in",
    )


def refuse(get_response: Any) -> Any:
    from django.http import HttpResponseForbidden

    return lambda request: HttpResponseForbidden()


def test_links_that_end_something_or_lead_away_are_left_alone() -> None:
    frontier = Frontier(10)
    frontier.add_links(
        "/item/1/",
        '<a href="/sign-off/">x</a> <a href="https://example.com/">x</a> <a href="#top">x</a>'
        '<a href="/?page=2&amp;x=1">x</a> <a href="mailto:x@example.com">x</a>'
        '<a href="/nowhere/">x</a> <a href="/bye/">x</a> <a href=\'/\'>x</a><a href="../2/">x</a>'
        '<a href="http://[broken">x</a> <abbr href="/found/">x</abbr>',
    )
    assert list(frontier) == ["/item/1/", "/?page=2&x=1", "/", "/item/2/"]


def test_a_site_without_users_says_what_user_needs() -> None:
    with override_settings(INSTALLED_APPS=["queryaudit", "tests.music"]):
        code, _, err = call("request", "/found/", "--user", "ann")
    assert (code, err) == (2, "--user needs django.contrib.auth in INSTALLED_APPS")


def test_databases_that_do_not_answer_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connections

    def refuse_connection() -> None:
        raise ImproperlyConfigured("no engine")

    monkeypatch.setattr(connections["other"], "ensure_connection", refuse_connection)
    assert "other" not in reachable()
    assert "default" in reachable()


@pytest.mark.parametrize("command", [["request", "/stream/"], ["crawl"], ["report"]])
def test_a_baseline_that_cannot_be_read_is_told_before_anything_is_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, command: list[str]
) -> None:
    (tmp_path / "known.json").write_text('{"version": 2, "findings": {}}')
    with override_settings(
        MIDDLEWARE=AUDITED,
        QUERYAUDIT={"ENABLED": True, "STORE": "memory", "BASELINE": str(tmp_path / "known.json")},
    ):
        code, out, err = call(*command)
    assert (code, out) == (2, "")
    assert "its version is 2, and this queryaudit reads 1" in err
    assert len(err.splitlines()) == 1
    assert not caplog.records


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "--output", "/nowhere/x.json"], "/nowhere/x.json is no file in a folder"),
        (["crawl", "--output", "/"], "--output / is no file in a folder"),
        (["request", "nope"], "'nope' is no address of this site: a path begins with /"),
        (["request", ""], "'' is no address of this site: a path begins with /"),
        (["request", "/", "--method", ""], "--method is ''; allowed is GET, POST and the like"),
        (["run", "nothing"], "Unknown command: 'nothing'"),
        (["run", "check", "--nothing"], "unrecognized arguments: --nothing"),
    ],
)
def test_wrong_use_is_told_before_anything_runs(arguments: list[str], said: str) -> None:
    code, out, err = call(*arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert said in err


def test_a_command_writes_as_it_does_alone_and_its_exit_code_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Label.objects.create(name="one")
    _, out, _ = call("run", "dumpdata", "music.Label")
    dumped, _, report = out.partition("\n")
    assert json.loads(dumped)[0]["fields"]["name"] == "one"
    assert report.strip().startswith("manage.py dumpdata: 1 query")
    _, out, err = call("run", "--format", "json", "dumpdata", "music.Label")
    assert json.loads(out)["audits"][0]["query_count"] == 1, "programs read the report alone"
    assert json.loads(err)[0]["fields"]["name"] == "one"
    from django.core.management.commands.check import Command

    def leave(self: Any, *args: Any, **options: Any) -> None:
        raise SystemExit(3)

    monkeypatch.setattr(Command, "handle", leave)
    code, out, _ = call("run", "check")
    assert (code, out.strip().partition(",")[0]) == (3, "manage.py check: 0 queries")


def test_check_tells_hints_and_survives_a_site_that_cannot_be_loaded() -> None:
    with override_settings(QUERYAUDIT={**QUIET, "SLOW_MS": 1}):
        assert "QUERYAUDIT['LIMITS']['SLOW_MS']? Allowed:" in call("check")[1]
    with override_settings(ROOT_URLCONF="tests.broken_module"):
        code, out, _ = call("check")
    assert code == 1
    assert "no  the site's addresses cannot be loaded: " in out
    assert "no  the site's checks fail: " in out
