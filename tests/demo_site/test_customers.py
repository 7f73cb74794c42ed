"""What customers do: search, look at an album, fill a basket, order it."""

import re
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from shop.models import Album, Customer, Movement, Order, OrderLine, Product, Stock
from shop.pages import Variant

import queryaudit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]
each_variant = pytest.mark.parametrize("variant", ["slow", "fast"])
CUSTOMER = {"order": "all", "name": "Ada", "email": "ada@example.com"}


def cut_main(response: Any) -> str:
    text: str = response.content.decode()
    return text[text.index("<main>") : text.index("</main>")]


def audited(client: Client, url: str, data: dict[str, str] | None = None) -> queryaudit.Audit:
    with queryaudit.audit() as audit:
        response: Any = client.get(url) if data is None else client.post(url, data)
    assert response.status_code in {200, 302}, response.content
    return audit


def test_queries_of_a_search_grow_with_its_results_on_the_slow_page_alone() -> None:
    counts = {
        variant: [
            audited(Client(), f"/{variant}/search/?most={n}").query_count for n in (1, 10, 100)
        ]
        for variant in ("slow", "fast")
    }
    assert counts == {"slow": [3, 21, 201], "fast": [2, 2, 2]}


def test_twins_find_the_same_words_in_titles_and_artists() -> None:
    album = Album.objects.select_related("artist").earliest("pk")
    for words in (album.title, album.artist.name):
        slow, fast = (
            cut_main(Client().get(f"/{variant}/search/", {"q": words}))
            for variant in ("slow", "fast")
        )
        assert slow == fast
        assert f"?album={album.pk}" in slow


@each_variant
def test_what_is_no_number_is_refused_with_what_is_allowed(variant: Variant) -> None:
    for query in ("search/?most=0", "search/?most=many", "search/?most=1001"):
        response = Client().get(f"/{variant}/{query}")
        assert response.status_code == 400
        assert b"must be a number from 1 to 1,000" in response.content
    assert Client().get(f"/{variant}/album/?album=x").status_code == 400
    missing = Client().get(f"/{variant}/album/?album=999999999")
    assert (missing.status_code, missing.content) == (404, b"There is no album 999999999.")


def test_an_album_is_told_by_its_twin_as_well_with_all_that_is_in_stock() -> None:
    for album in Album.objects.order_by("pk")[:5]:
        slow, fast = (
            Client().get(f"/{variant}/album/?album={album.pk}") for variant in ("slow", "fast")
        )
        assert cut_main(slow) == cut_main(fast)
        assert (
            Stock.objects.filter(product__album=album).count() == cut_main(slow).count("<td>") // 3
        )


def fill(client: Client, variant: Variant, products: list[int]) -> None:
    for product in products:
        assert client.post(f"/{variant}/basket/", {"add": product}).status_code == 302


def in_stock(count: int) -> list[int]:
    found = Product.objects.annotate(left=Sum("stock__quantity")).filter(left__gt=50)
    return list(found.order_by("pk").values_list("pk", flat=True)[:count])


@each_variant
def test_an_order_writes_lines_stock_and_movements(variant: Variant) -> None:
    client, products = Client(), in_stock(3)
    fill(client, variant, [*products, products[0]])
    before = Stock.objects.aggregate(all=Sum("quantity"))["all"]

    response: Any = client.post(f"/{variant}/basket/", CUSTOMER)

    order = Order.objects.latest("pk")
    assert response.url == f"/{variant}/basket/?ordered={order.pk}"
    lines = OrderLine.objects.filter(order=order).order_by("line")
    assert [(line.line, line.product_id, line.quantity) for line in lines] == [
        (1, products[0], 2), (2, products[1], 1), (3, products[2], 1),
    ]  # fmt: skip
    assert order.customer.email == "ada@example.com"
    assert Stock.objects.aggregate(all=Sum("quantity"))["all"] == before - 4
    moved = Movement.objects.filter(moved_at=order.placed_at)
    assert moved.aggregate(all=Sum("pieces"))["all"] == -4
    assert f"Order {order.pk} has been placed" in cut_main(client.get(response.url))
    assert "The basket is empty" in cut_main(client.get(response.url))


@each_variant
def test_products_that_are_gone_are_no_order(variant: Variant) -> None:
    client = Client()
    fill(client, variant, [999_999_999])
    response = client.post(f"/{variant}/basket/", CUSTOMER)
    assert response.status_code == 400
    assert "The basket is empty" in cut_main(response)


def test_a_longer_basket_costs_the_fast_page_no_further_query() -> None:
    counts: dict[str, list[int]] = {}
    for variant in ("slow", "fast"):
        for size in (2, 12):
            client = Client()
            Customer.objects.get_or_create(email=CUSTOMER["email"], defaults={"name": "Ada"})
            fill(client, variant, in_stock(size))
            shown = audited(client, f"/{variant}/basket/").query_count
            counts.setdefault(f"{variant} shown", []).append(shown)
            ordered = audited(client, f"/{variant}/basket/", CUSTOMER).query_count
            counts.setdefault(f"{variant} ordered", []).append(ordered)
    for what in ("shown", "ordered"):
        slow, fast = counts[f"slow {what}"], counts[f"fast {what}"]
        assert slow[1] >= slow[0] + 3 * 10, counts
        assert fast[1] == fast[0], counts


@each_variant
@pytest.mark.parametrize(
    ("posted", "problem"),
    [
        (CUSTOMER, "The basket is empty"),
        ({"add": "none"}, "add is &#x27;none&#x27;, but must be a number"),
    ],
)
def test_what_cannot_be_is_told_on_the_page(
    variant: Variant, posted: dict[str, str], problem: str
) -> None:
    response = Client().post(f"/{variant}/basket/", posted)
    assert response.status_code == 400
    assert problem in cut_main(response)


@each_variant
def test_an_order_that_fails_leaves_nothing_behind(variant: Variant) -> None:
    client, (product,) = Client(), in_stock(1)
    Stock.objects.filter(product=product).update(quantity=0)
    fill(client, variant, [product])
    before = Order.objects.count(), Customer.objects.count()
    response = client.post(f"/{variant}/basket/", CUSTOMER)
    assert response.status_code == 400
    assert re.search(r"0 are left in one warehouse, but 1 are wanted", cut_main(response))
    assert (Order.objects.count(), Customer.objects.count()) == before
    for field, text, words in (
        ("name", " ", "name has 0 letters"),
        ("email", "nobody", "must be an address: you@example.com"),
    ):
        response = client.post(f"/{variant}/basket/", {**CUSTOMER, field: text})
        assert words in cut_main(response)
