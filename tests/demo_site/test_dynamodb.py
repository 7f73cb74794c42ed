"""The pages that ask DynamoDB: left out without a server, and a pair like the others with one."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from botocore import unregister_initializer
from config.settings import BASE_DIR
from django.core.management import CommandError, call_command
from django.test import AsyncClient, Client
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker, Settings
from shop import round_trips
from shop.dynamodb_pairs import DYNAMODB_PAIRS
from shop.pages import Page, Pair
from shop.procedures import tour
from shop.procedures.fill_items import fill_items

import queryaudit
from queryaudit import Audit, capture
from queryaudit.dynamodb import connection
from queryaudit.dynamodb.tables import made_for_tests
from tests.demo_site.test_pages import cut_main, get, read_box
from tests.dynamodb.conftest import at

pytestmark = pytest.mark.django_db

CALLS = {"prices/": {"slow": 50, "fast": 1}, "plays/": {"slow": 2, "fast": 1}}
PAGES = [page for pair in DYNAMODB_PAIRS for page in (pair.slow, pair.fast)]
each_pair = pytest.mark.parametrize("pair", DYNAMODB_PAIRS, ids=lambda pair: pair.path)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.route)


@pytest.fixture(scope="module")
def _filled(dynamodb_server: str, shop: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The shop's tables, filled, on sessions that the shop and the auditor watch."""
    with ExitStack() as held:
        capture.install()
        round_trips.watch_calls()
        held.callback(unregister_initializer, round_trips._watch_session)
        connection.current().clients.clear()
        held.enter_context(at(dynamodb_server))
        held.enter_context(made_for_tests(f"{os.getpid()}_shop"))
        with django_db_blocker.unblock():
            assert fill_items() == 4 * 50 + 6 * 365
        yield dynamodb_server
    connection.current().clients.clear()


@pytest.fixture
def _served(_filled: str, settings: Settings) -> Iterator[None]:
    with at(_filled):
        settings.DEMO_DYNAMODB = _filled
        settings.ROOT_URLCONF = "tests.demo_site.dynamodb_urls"
        yield


served = pytest.mark.usefixtures("_served")


def audit_of(url: str) -> Audit:
    with queryaudit.audit() as audit:
        assert Client().get(url).status_code == 200
    return audit


@served
@each_pair
def test_twins_show_the_same(pair: Pair) -> None:
    slow, fast = cut_main(get(pair.slow.url)), cut_main(get(pair.fast.url))
    assert slow == fast
    assert slow.count(b"<tr>") > 28


@served
@each_page
def test_page_asks_as_often_as_announced_and_says_so(
    page: Page, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    calls = CALLS[page.pair.path][page.variant]
    with django_assert_num_queries(1), queryaudit.audit() as audit:
        response = get(page.url)
    assert audit.dynamodb_calls == calls
    assert read_box(response)["queries"] == 1
    assert f'<strong id="calls">{calls}</strong>' in response.content.decode()
    served_async = async_to_sync(AsyncClient().get)(page.url)
    assert f'<strong id="calls">{calls}</strong>' in served_async.content.decode()


@served
@each_page
def test_box_tells_in_two_sentences_and_links_the_twin(page: Page) -> None:
    box = read_box(get(page.url))
    assert box["why"] == page.why
    assert len(re.findall(r"[.!?](?= [A-Z]|$)", box["why"])) == 2
    assert box["twin"] == page.twin.url


@served
def test_the_tour_counts_calls_as_round_trips() -> None:
    prices, plays = tour.walk(DYNAMODB_PAIRS, "testserver")
    assert (prices.slow.round_trips, prices.slow.left, prices.fast.round_trips) == (51, 2, 2)
    assert (plays.slow.round_trips, plays.fast.round_trips) == (3, 2)
    assert plays.slow.left in {None, 2}
    assert (prices.fast.findings, plays.fast.findings) == ((), ())


@served
def test_gets_one_by_one_are_found_and_one_batch_is_silent() -> None:
    slow, fast = audit_of("/slow/prices/"), audit_of("/fast/prices/")
    (finding,) = slow.findings
    assert (finding.kind, finding.count, finding.calls_left) == ("n_plus_one", 50, 1)
    assert (finding.relation, "in_bulk(keys)" in finding.fix) == ("shop.Price", True)
    assert str(finding.used_at).startswith("demo_site/shop/providers/prices.py:")
    assert (fast.dynamodb_calls, fast.findings) == (1, [])


@served
def test_a_whole_partition_is_found_and_a_range_is_silent() -> None:
    slow, fast = audit_of("/slow/plays/"), audit_of("/fast/plays/")
    (finding,) = slow.findings
    assert (finding.kind, finding.count) == ("unbounded_query", 2)
    assert "a condition on the range key day" in finding.fix
    assert str(finding.used_at).startswith("demo_site/shop/providers/plays.py:")
    assert (fast.dynamodb_calls, fast.findings) == (1, [])
    assert fast.dynamodb_capacity_units * 50 < slow.dynamodb_capacity_units


@served
def test_front_page_links_the_pages_and_leaves_nothing_out() -> None:
    text = get("/").content.decode()
    assert all(f'href="{page.url}"' in text for page in PAGES)
    assert "left out" not in text


@served
def test_latency_is_put_on_each_call(settings: Settings) -> None:
    settings.DEMO_LATENCY_MS = 20
    assert audit_of("/slow/plays/").dynamodb.seconds >= 0.04


def test_pages_are_left_out_with_a_sentence_why(settings: Settings) -> None:
    text = get("/").content.decode()
    assert "/slow/prices/" not in text
    assert "because no server runs: <code>make demo DYNAMODB=1</code> starts Amazon's own" in text
    assert Client().get("/slow/prices/").status_code == 404
    settings.DEMO_DYNAMODB_LACKS = "Java 17 is not installed"
    assert "its server cannot run: Java 17 is not installed." in get("/").content.decode()


def test_filling_without_a_server_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="make demo DYNAMODB=1"):
        call_command("seed_dynamodb", stdout=io.StringIO())


def run(command: list[str], **environment: str) -> Any:
    kept = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        command, cwd=BASE_DIR, env=kept | environment, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip


def test_the_demo_audits_the_pairs_and_ends_its_server(
    dynamodb_server: str, tmp_path: Path
) -> None:
    done = run(
        ["sh", "demo.sh", sys.executable],
        DEMO_DATABASE=str(tmp_path / "shop.sqlite3"), DYNAMODB="1", SERVE="0", SIZE="s",
        PYTHONPATH=str(BASE_DIR.parent),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Wrote 2,390 items to DynamoDB" in done.stdout
    audits = {part.split(":")[0]: part for part in done.stdout.split("\nGET ")[1:]}
    assert list(audits)[2:] == ["/slow/prices/", "/fast/prices/", "/slow/plays/", "/fast/plays/"]
    assert "50 -> 1 call" in audits["/slow/prices/"]
    assert all("no findings" in audits[f"/fast/{path}"] for path in CALLS)


def test_a_command_runs_beside_a_server_that_ends_with_it(dynamodb_server: str) -> None:
    program = (
        "import os, sys, urllib.error, urllib.request\n"
        "address = os.environ['DEMO_DYNAMODB']\n"
        "try: urllib.request.urlopen(address)\n"
        "except urllib.error.HTTPError as error: print(address, error.code)\n"
        "sys.exit(3)"
    )
    done = run([sys.executable, "-m", "config.dynamodb_local", "--", sys.executable, "-c", program])
    assert done.returncode == 3, done.stderr
    address, code = done.stdout.split()
    assert code == "400"  # unsigned, and answered
    with pytest.raises(OSError, match="refused"):
        connect(address)


def connect(address: str) -> None:
    import socket

    host, port = address.removeprefix("http://").split(":")
    socket.create_connection((host, int(port)), timeout=5).close()


def test_without_java_the_command_runs_and_is_told_why(tmp_path: Path) -> None:
    program = "import os; print(os.environ['DEMO_DYNAMODB_LACKS'], 'DEMO_DYNAMODB' in os.environ)"
    done = run(
        [sys.executable, "-m", "config.dynamodb_local", "--", sys.executable, "-c", program],
        PATH=str(tmp_path),
        XDG_CACHE_HOME=str(tmp_path),
    )
    assert done.returncode == 0
    assert "Java 17 is not installed" in done.stdout
    assert done.stdout.endswith("False\n")
