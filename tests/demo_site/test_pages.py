import re
from html import unescape
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import AsyncClient, Client
from pytest_django import DjangoAssertNumQueries
from shop.pages import Page, Pair
from shop.pairs import PAIRS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop", "warm")]

QUERIES = {
    "report/": {"slow": 21, "fast": 1},
    "reprices/": {"slow": 51, "fast": 2},
    "orders/": {"slow": 122, "fast": 4},
    "movements/": {"slow": 51, "fast": 2},
    "stock/": {"slow": 51, "fast": 2},
    "counts/": {"slow": 82, "fast": 3},
    "releases/": {"slow": 51, "fast": 1},
    "portraits/": {"slow": 51, "fast": 3},
    "artists/": {"slow": 41, "fast": 1},
    "shelves/": {"slow": 101, "fast": 1},
    "sales.csv": {"slow": 403, "fast": 1},
    "desk/": {"slow": 42, "fast": 2},
    "search/": {"slow": 101, "fast": 2},
    "album/": {"slow": 15, "fast": 5},
    "basket/": {"slow": 41, "fast": 1},
}
ALBUMS = {"slow": 101, "fast": 1}
# A transaction within that of a test begins and ends by a statement, which is no question.
SAVEPOINTS = {"counts/": 2}
PAGES = [page for pair in PAIRS for page in (pair.slow, pair.fast)]
each_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.path)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.route)


def queries_of(page: Page) -> int:
    return QUERIES.get(page.pair.path, ALBUMS)[page.variant]


def get(url: str) -> Any:
    response = Client().get(url)
    assert response.status_code == 200
    return response


def cut_main(response: HttpResponse) -> bytes:
    """Return what the page shows, without what it tells of itself."""
    if response["Content-Type"].startswith("text/csv"):
        return b"".join(line for line in body(response).splitlines(True) if line[:1] != b"#")
    found = re.search(rb"<main\b.*</main>", response.content, re.DOTALL)
    assert found
    return found[0]


def body(response: Any) -> bytes:
    """Return what was sent; a stream is read once, and kept."""
    if not hasattr(response, "read"):
        response.read = response.getvalue() if response.streaming else response.content
    content: bytes = response.read
    return content


def read_box(response: Any) -> dict[str, Any]:
    """Return what the page tells about itself, be it HTML or JSON."""
    if response["Content-Type"] == "application/json":
        about: dict[str, Any] = response.json()["about"]
        return about
    text = body(response).decode()
    if response["Content-Type"].startswith("text/csv"):
        queries, why, twin = text.splitlines()[-3:]
        return {
            "queries": int(queries.removeprefix("# queries: ")),
            "why": why.removeprefix("# "),
            "twin": twin.removeprefix("# twin: "),
        }
    aside = text[text.index("</main>") : text.index("</aside>")]
    box = re.search(
        r'<strong id="queries">(?P<queries>\d+)</strong>.*'
        r'<p id="why">(?P<why>.*?)</p>.*<a href="(?P<twin>.*?)">',
        aside,
        re.DOTALL,
    )
    assert box
    return {
        "queries": int(box["queries"]),
        "why": unescape(box["why"]),
        "twin": box["twin"],
    }


@each_pair
def test_twins_show_the_same(pair: Pair) -> None:
    slow, fast = get(pair.slow.url), get(pair.fast.url)
    if pair.path.endswith(".json"):
        assert slow.json()["albums"] == fast.json()["albums"]
    else:
        assert cut_main(slow) == cut_main(fast)


@each_page
def test_page_asks_as_often_as_announced_and_says_so(
    page: Page, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries_of(page) + SAVEPOINTS.get(page.pair.path, 0)):
        response = get(page.url)
        body(response)
    assert read_box(response)["queries"] == queries_of(page)


@each_page
def test_page_counts_the_same_when_served_asynchronously(
    page: Page, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries_of(page) + SAVEPOINTS.get(page.pair.path, 0)):
        response = async_to_sync(AsyncClient().get)(page.url)
        body(response)
    assert response.status_code == 200
    assert read_box(response)["queries"] == queries_of(page)


@each_page
def test_box_tells_in_two_sentences_and_links_the_twin(page: Page) -> None:
    box = read_box(get(page.url))
    assert box["why"] == page.why
    assert len(re.findall(r"[.!?](?= [A-Z]|$)", box["why"])) == 2
    assert box["why"].endswith(".")
    assert box["twin"] == page.twin.url
    assert page.twin.twin == page


def test_page_lists_the_newest_albums_with_artist_label_and_price() -> None:
    albums = get("/fast/albums.json").json()["albums"]
    assert len(albums) == 50
    assert albums[0].keys() == {"title", "artist", "label", "price"}

    rows = re.findall(
        r"<tr>\s*<th scope=\"row\">.*?</tr>", cut_main(get("/fast/albums/")).decode(), re.DOTALL
    )
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    assert [[unescape(cell) for cell in row] for row in cells] == [
        [album["title"], album["artist"], album["label"], "€" + album["price"]] for album in albums
    ]


def test_front_page_links_every_page_and_asks_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        text = get("/").content.decode()
    for pair in PAIRS:
        assert pair.summary in unescape(text)
        assert len(re.findall(r"[.!?](?= |$)", pair.summary)) == 1
    for page in PAGES:
        assert f'href="{page.url}"' in text


def test_pages_need_no_other_site_and_no_inline_code() -> None:
    for url in ("/", "/slow/albums/"):
        text = get(url).content.decode()
        assert "://" not in text
        assert "<script" not in text
        assert "style=" not in text
        assert '<html lang="en">' in text
