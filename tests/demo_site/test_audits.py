"""What the product says of the shop's pages, and that it is true."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.test import AsyncClient, Client, override_settings
from shop.models import Album
from shop.procedures import newest_albums
from shop.providers import albums as provider

import queryaudit
from queryaudit import Audit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

SLOW = ["/slow/albums/", "/slow/albums.json", "/slow/async/albums/"]
TEMPLATE = "demo_site/shop/templates/shop/albums.html"


def get(path: str) -> Any:
    return Client().get(path)


def get_async(path: str) -> Any:
    return async_to_sync(AsyncClient().get)(path)


def audit_of(path: str, ask: Callable[[str], Any] = get) -> Audit:
    with queryaudit.audit(label=path) as audit:
        assert ask(path).status_code == 200
    return audit


def words_of(audit: Audit) -> list[tuple[Any, ...]]:
    """Return what a finding says, but for the lines that use the relation."""
    return [
        (f.id, f.relation, str(f.queryset_at), f.fix, f.fix_id, f.count, f.expected_count)
        for f in audit.findings
    ]


@pytest.mark.parametrize("enabled", [True, False], ids=["middleware on", "middleware off"])
@pytest.mark.parametrize("ask", [get, get_async])
def test_sync_async_and_json_pages_have_the_same_findings(
    ask: Callable[[str], Any], enabled: bool
) -> None:
    limits = {"SLOW_MS": 60_000}  # a busy machine is no finding
    settings = {"ENABLED": enabled, "STORE": "memory", "LIMITS": limits}
    with override_settings(QUERYAUDIT=settings):
        first, *others = (audit_of(path, ask) for path in SLOW)
    assert {f.relation for f in first.findings} == {"shop.Album.artist", "shop.Artist.label"}
    for other in others:
        assert words_of(other) == words_of(first)
        assert other.query_count == 101
        assert other.expected_count == 1


@pytest.mark.parametrize("path", [path.replace("slow", "fast") for path in SLOW])
def test_fast_pages_are_clean(path: str) -> None:
    audit = audit_of(path)
    assert (audit.query_count, audit.findings) == (1, [])


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        (
            "/slow/albums/",
            ["<td>{{ album.artist.name }}</td>", "<td>{{ album.artist.label.name }}</td>"],
        ),
        (
            "/slow/async/albums/",
            ["<td>{{ album.artist.name }}</td>", "<td>{{ album.artist.label.name }}</td>"],
        ),
        (
            "/slow/albums.json",
            ['"artist": offer.album.artist.name,', '"label": offer.album.artist.label.name,'],
        ),
    ],
)
def test_the_lines_of_use_are_those_that_ask(path: str, lines: list[str]) -> None:
    audit = audit_of(path)
    used = {f.relation: f.used_at.text for f in audit.findings if f.used_at}
    assert [used["shop.Album.artist"], used["shop.Artist.label"]] == lines


@pytest.mark.parametrize("path", SLOW)
def test_applying_the_printed_fix_gives_the_promised_count(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = audit_of(path)
    (fix,) = {finding.fix for finding in before.findings}
    (at,) = {str(finding.fix_at) for finding in before.findings}
    assert at == "demo_site/shop/providers/albums.py:13"

    def read_newest_repaired() -> QuerySet[Album]:
        repaired: QuerySet[Album] = eval(f"queryset{fix}", {"queryset": provider.read_newest()})  # noqa: S307
        return repaired

    monkeypatch.setitem(newest_albums.READERS, "slow", read_newest_repaired)
    after = audit_of(path)
    assert {after.query_count} == {finding.expected_count for finding in before.findings}
    assert after.findings == []


def test_the_command_prints_the_slow_page_and_nothing_of_its_twin() -> None:
    out = io.StringIO()
    call_command("show_audit", "/slow/albums/", "/fast/albums/", stdout=out)
    slow, fast = out.getvalue().strip().split("\n\nGET ")
    assert re.fullmatch(
        r"/fast/albums/: 1 query, \d+\.\d ms in the database, no findings", fast.strip()
    )
    assert slow.count("| fix ") == 1, "both findings stand in one box"
    for words in (
        "shop.Album.artist  50 queries",
        "shop.Artist.label  50 queries",
        f"used  {TEMPLATE}:14",
        f"used  {TEMPLATE}:15",
        "at    demo_site/shop/providers/albums.py:13",
        '.select_related("artist__label")',
        "101 -> 1 query, 505 ms -> 5 ms at 5 ms a round trip",
    ):
        assert words in slow


def test_the_command_says_what_is_no_page() -> None:
    with pytest.raises(CommandError, match="/no/page/ answers 404"):
        call_command("show_audit", "/no/page/")


@pytest.mark.parametrize("path", ["/slow/albums/", "/fast/albums/", "/slow/albums.json"])
def test_the_pages_own_count_is_that_of_the_audit(path: str) -> None:
    with queryaudit.audit() as audit:
        response = get(path)
    if path.endswith("json"):
        shown = response.json()["about"]["queries"]
    else:
        shown = int(re.findall(rb'id="queries">(\d+)<', response.content)[0])
    assert shown == audit.query_count


def test_a_report_in_loops_is_found_and_its_sql_is_silent() -> None:
    slow, fast = audit_of("/slow/report/"), audit_of("/fast/report/")
    assert {finding.kind for finding in slow.findings} == {"n_plus_one", "advice"}
    assert {str(f.used_at).partition(":")[0] for f in slow.findings} == {
        "demo_site/shop/providers/reports.py"
    }
    assert (slow.query_count, fast.query_count, fast.findings) == (21, 1, [])


def test_writing_row_by_row_is_found_and_writing_at_once_is_silent() -> None:
    slow, fast = audit_of("/slow/reprices/"), audit_of("/fast/reprices/")
    (finding,) = slow.findings
    assert (finding.kind, finding.relation, finding.count) == ("write_in_loop", "shop.Album", 50)
    assert finding.used_at
    assert finding.used_at.text == 'album.save(update_fields=["price"])'
    assert (slow.query_count, fast.query_count, fast.findings) == (51, 2, [])


def test_orders_are_told_by_each_relation_and_one_prefetch() -> None:
    slow, fast = audit_of("/slow/orders/"), audit_of("/fast/orders/")
    assert {finding.relation for finding in slow.findings} == {
        "shop.Order.lines",
        "shop.OrderLine.product",
        "shop.Product.album",
    }
    assert {finding.fix for finding in slow.findings} == {
        '.prefetch_related("lines__product__album")'
    }
    assert (slow.query_count, slow.expected_count) == (122, 4)
    assert (fast.query_count, fast.findings) == (4, [])


def test_keys_of_two_columns_looked_up_one_by_one_are_asked_for_at_once() -> None:
    slow, fast = audit_of("/slow/movements/"), audit_of("/fast/movements/")
    (finding,) = slow.findings
    assert (finding.kind, finding.relation) == ("n_plus_one", "shop.Stock")
    assert (finding.fix, finding.expected_count) == ("Stock.objects.in_bulk(keys)", 2)
    assert (slow.query_count, fast.query_count, fast.findings) == (51, 2, [])


@pytest.mark.parametrize(
    ("path", "relation", "fix", "slow_count", "fast_count"),
    [
        ("stock/", "shop.Stock", "Stock.objects.bulk_update(rows, fields)", 51, 2),
        ("counts/", "shop.StockCount", "StockCount.objects.bulk_create(rows)", 82, 3),
    ],
)
def test_rows_with_keys_of_several_columns_are_written_at_once(
    path: str, relation: str, fix: str, slow_count: int, fast_count: int
) -> None:
    slow, fast = audit_of(f"/slow/{path}"), audit_of(f"/fast/{path}")
    finding, *notes = slow.findings
    assert (finding.kind, finding.relation, finding.fix) == ("write_in_loop", relation, fix)
    assert {note.kind for note in notes} <= {"advice"}
    assert (slow.query_count, fast.query_count, fast.findings) == (slow_count, fast_count, [])
