"""The walk over all pairs: what slow pages are told leads to their twins."""

import pytest
from django.test import Client
from shop.pages import Pair
from shop.pairs import PAIRS
from shop.procedures import tour

from tests.demo_site.test_pages import cut_main, get

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop", "warm")]

# What a fix is made of that leads to the twin: words of it that stand in the twin's code.
FIXES = {
    "releases/": '.select_related("artist")',
    "albums/": '.select_related("artist__label")',
    "albums.json": '.select_related("artist__label")',
    "async/albums/": '.select_related("artist__label")',
    "portraits/": '.prefetch_related("guests")',
    "report/": "Label.rows.fetch(",
    "artists/": ".annotate(albums_count=Count(",
    "shelves/": '.select_related("category__parent")',
    "sales.csv": '.select_related("order__customer")',
    "desk/": 'list_select_related = ["customer"]',
    "orders/": '.prefetch_related("lines__product__album")',
    "movements/": "Stock.objects.in_bulk(keys)",
    "stock/": "Stock.objects.bulk_update(rows, fields)",
    "counts/": "StockCount.objects.bulk_create(rows)",
    "reprices/": "Album.objects.bulk_update(rows, fields)",
    "search/": '.select_related("artist")',
    "album/": '.prefetch_related("products__stock__warehouse")',
    "basket/": '.select_related("album__artist")',
}
# One album has few formats: its twin asks a third as often, others a fifth or less.
FEW_ROWS = {"album/"}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.path)
def test_findings_lead_to_the_twin(pair: Pair) -> None:
    (stop,) = tour.walk([pair], "testserver")
    hold(stop)


def hold(stop: tour.Stop) -> None:
    """Assert that the slow page's findings lead to its twin, which has none and shows the same."""
    pair, path = stop.pair, stop.pair.path
    assert stop.fast.findings == (), path
    assert stop.slow.findings, path
    times = 2 if path in FEW_ROWS else 4
    assert stop.slow.round_trips > times * stop.fast.round_trips, path
    assert stop.slow.left == stop.fast.round_trips, path
    fixes = [finding.fix for finding in stop.slow.findings]
    assert any(FIXES[path] in fix for fix in fixes), (path, fixes)
    slow, fast = get(pair.slow.url), get(pair.fast.url)
    if path.endswith(".json"):
        assert slow.json()["albums"] == fast.json()["albums"]
    else:
        assert cut_main(slow) == cut_main(fast), path
        assert len(cut_main(slow)) > 500, path


def test_the_tour_measures_all_pairs() -> None:
    client = Client()
    assert b"Measure all" in client.get("/tour/").content
    assert client.post("/tour/").status_code == 302
    text = client.get("/tour/").content.decode()
    for pair in PAIRS:
        assert pair.slow.url in text
        assert pair.fast.url in text
    assert "select_related(&quot;artist__label&quot;)" in text
    assert client.put("/tour/").status_code == 405
