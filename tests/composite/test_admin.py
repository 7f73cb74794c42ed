"""The admin of rows with keys of several columns, as a browser asks for its pages."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.composite.conftest import EVERY
from tests.composite.goods import (
    Category,
    Count,
    Folder,
    Line,
    Movement,
    Order,
    Product,
    RareStock,
    Stock,
    Visit,
    Warehouse,
)
from tests.composite.models import Branch

pytestmark = [
    pytest.mark.django_db(databases=EVERY),
    pytest.mark.urls("tests.composite.urls"),
]

PARTS = [
    *("a/b,c\\d", 'say "it\'s" 50% %41', "日本 語\ntwo lines", "a_5Fb:_", "?a=b&c#d"),
    *("[1]/change/..", "<b>;+{{ pk }}", "\\", " "),
]


@pytest.fixture
def browser(alias: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def stocks(alias: str) -> list[Stock]:
    for number in (1, 2):
        Warehouse.objects.create(id=number, name=f"w{number}")
    return [Stock.objects.create(pk=(w, sku)) for w in (1, 2) for sku in ("a,b", "c")]


def url(model: Any, page: str, row: Any = None) -> str:
    args = [quote(str(row.pk))] if row is not None else []
    return reverse(f"goods:composite_{model._meta.model_name}_{page}", args=args)


def read(response: Any) -> str:
    assert response.status_code == 200, response
    if hasattr(response, "render") and not response.is_rendered:
        response.render()
    page: str = response.content.decode()
    return page


def shown(page: str) -> dict[str, str]:
    """Return what a browser would post of the forms of a page: its fields and their values."""
    data = {}
    for tag in re.findall(r"<(?:input|textarea)[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind = attributes.get("type", "")
        is_off = kind in {"checkbox", "radio"} and " checked" not in tag
        skipped = kind in {"submit", "file"} or is_off or " disabled" in tag
        if "name" in attributes and not skipped:
            data[attributes["name"]] = unescape(attributes.get("value", ""))
    for name, body in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', body)
        data[name] = unescape(chosen[0]) if chosen else ""
    return {name: value for name, value in data.items() if "__prefix__" not in name}


def errors(page: str) -> list[str]:
    return [
        unescape(item)
        for block in re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', page, re.DOTALL)
        for item in re.findall(r"<li>(.*?)</li>", block)
    ]


@pytest.mark.parametrize("part", PARTS)
def test_a_row_whose_key_has_any_characters(browser: Client, part: str) -> None:
    """Added, found in the list, changed, its history, seen on the site, deleted: by links."""
    data = shown(read(browser.get(url(Branch, "add"))))
    data |= {"company": "1", "country_code": part, "name": "first", "_continue": "1"}
    response = browser.post(url(Branch, "add"), data, follow=True)
    if part == " ":  # which forms strip
        assert "This field is required." in errors(read(response))
        return
    page = read(response)
    branch = Branch.objects.get()
    assert branch.pk == (1, part)
    assert "was added successfully" in page
    listed = read(browser.get(url(Branch, "changelist")))
    (link,) = re.findall(r'<th class="field-__str__"><a href="([^"]+)"', listed)
    page = read(browser.get(unescape(link)))
    assert 'name="name" value="first"' in page
    assert 'name="company"' not in page, "the key is shown, not asked for"
    response = browser.post(unescape(link), {**shown(page), "name": "second"}, follow=True)
    assert "was changed successfully" in read(response)
    branch = Branch.objects.get()
    assert (branch.pk, branch.name) == ((1, part), "second")
    (history,) = re.findall(r'<a href="([^"]+/history/)"', page)
    page = read(browser.get(unescape(history)))
    assert "Changed Name." in page
    assert "Added." in page
    assert f'href="{url(Branch, "change", branch)}"' in unescape(page)
    entries = list(LogEntry.objects.all())
    assert {entry.object_id for entry in entries} == {str(branch.pk)}
    assert entries[0].get_edited_object() == branch
    index = read(browser.get(reverse("goods:index")))
    links = {unescape(one) for one in re.findall(r'<a href="([^"]+/change/)"', index)}
    assert all("second" in read(browser.get(one)) for one in links)
    assert links
    page = read(browser.get(url(Branch, "delete", branch)))
    assert "Are you sure" in page
    response = browser.post(url(Branch, "delete", branch), {"post": "yes"}, follow=True)
    assert "was deleted successfully" in read(response)
    assert not Branch.objects.exists()


@pytest.mark.parametrize("part", PARTS)
def test_actions_on_rows_whose_keys_have_any_characters(browser: Client, part: str) -> None:
    Branch.objects.create(pk=(1, part))
    Branch.objects.create(pk=(2, part))
    page = read(browser.get(url(Branch, "changelist")))
    values = [unescape(v) for v in re.findall(r'name="_selected_action" value="([^"]*)"', page)]
    assert len(values) == 2
    chosen = [value for value in values if value.startswith("1")]
    data = {"action": "delete_selected", "_selected_action": chosen}
    page = read(browser.post(url(Branch, "changelist"), data))
    (again,) = re.findall(r'name="_selected_action" value="([^"]*)"', page)
    response = browser.post(
        url(Branch, "changelist"),
        {"action": "delete_selected", "_selected_action": unescape(again), "post": "yes"},
        follow=True,
    )
    assert "Successfully deleted 1 branch" in read(response)
    assert [row.pk for row in Branch.objects.all()] == [(2, part)]
    assert LogEntry.objects.get().object_id == chosen[0]


def test_dates_and_uuids_in_keys(browser: Client) -> None:
    room = "12345678-1234-5678-1234-567812345678"
    data = {"room": room, "day": "2026-03-01", "guest": "Ada"}
    response = browser.post(url(Visit, "add"), {**data, "_continue": "1"}, follow=True)
    assert "was added successfully" in read(response)
    visit = Visit.objects.get()
    assert str(visit.pk) == f"{room},2026-03-01"
    assert response.redirect_chain[0][0] == url(Visit, "change", visit)
    assert "already exists" in " ".join(errors(read(browser.post(url(Visit, "add"), data))))


def test_a_list_with_its_filters_search_and_order(browser: Client, stocks: list[Stock]) -> None:
    Stock.objects.filter(pk="1,c").update(counted_on="2026-02-03", quantity=5)
    movement = Movement.objects.create(stock=stocks[0], moved_on="2026-01-01")
    for query, expected in {
        "": 4,
        "?q=c": 2,
        "?q=w1": 2,
        "?q=a,b": 2,
        "?warehouse__id__exact=2": 2,
        "?counted_on__year=2026": 1,
        "?o=1.-2": 4,
        "?o=-3": 4,
        f"?movements__id__exact={movement.pk}": 1,
        "?pk__exact=1,c": 1,
    }.items():
        page = read(browser.get(url(Stock, "changelist") + query))
        assert page.count('class="action-select"') == expected, query
    page = read(browser.get(url(Stock, "changelist") + "?warehouse__id__exact=1"))
    assert "w1 (2)" in page
    for query in ("?pk__exact=nonsense", "?pk__exact=99999999999999999999,c"):
        assert browser.get(url(Stock, "changelist") + query, follow=True).status_code == 200


def test_editing_in_the_list(browser: Client, stocks: list[Stock]) -> None:
    page = read(browser.get(url(Stock, "changelist")))
    data = shown(page)
    assert data["form-0-pk"] == "1,a\\,b"
    response = browser.post(
        url(Stock, "changelist"), {**data, "form-1-quantity": "8", "_save": "1"}, follow=True
    )
    assert "1 stock was changed successfully" in read(response)
    assert Stock.objects.get(pk="1,c").quantity == 8
    assert Stock.objects.count() == 4
    for key in ("nonsense", "9,x", "", "99999999999999999999,c", "[1]"):
        changes = {**data, "form-1-quantity": "9", "form-1-pk": key, "_save": "1"}
        page = read(browser.post(url(Stock, "changelist"), changes, follow=True))
        assert "Please correct the error" in page
    assert not Stock.objects.filter(quantity=9).exists()


@pytest.mark.parametrize("key", ["nonsense", "1,c,d", "99999999999999999999,c", "", "1,\0", "["])
def test_keys_that_were_tampered_with(browser: Client, stocks: list[Stock], key: str) -> None:
    for name in ("change", "delete", "history") if key else ():
        page = f"/admin/composite/stock/{quote(key)}/{name}/"
        assert "Perhaps it was deleted?" in read(browser.get(page, follow=True))
        assert browser.post(page, {"post": "yes"}, follow=True).status_code in {200, 405}
    data = {"action": "empty", "_selected_action": [key, "1,c"]}
    response = browser.post(url(Stock, "changelist"), data, follow=True)
    assert response.status_code == 200
    choice = {"moved_on": "2026-01-01", "amount": "1", "stock": key}
    page = read(browser.post(url(Movement, "add"), choice))
    assert len(errors(page)) >= 1
    line = {**shown(read(browser.get(url(Line, "add")))), "number": "1", "stock": key}
    assert browser.post(url(Line, "add"), line).status_code == 200
    page = read(browser.get(f"{url(Line, 'changelist')}?stock__exact={quote(key)}", follow=True))
    assert Stock.objects.count() == 4


def test_actions(browser: Client, stocks: list[Stock]) -> None:
    Stock.objects.update(quantity=3)
    chosen = {"action": "empty", "_selected_action": ["1,a\\,b", "2,c"]}
    browser.post(url(Stock, "changelist"), chosen)
    assert {row.pk for row in Stock.objects.filter(quantity=0)} == {(1, "a,b"), (2, "c")}
    everything = {"action": "empty", "_selected_action": "1,c", "select_across": "1"}
    browser.post(url(Stock, "changelist"), everything)
    assert Stock.objects.filter(quantity=0).count() == 4


def test_deleting_shows_what_goes_along_and_what_stays(
    browser: Client, stocks: list[Stock]
) -> None:
    movement = Movement.objects.create(stock=stocks[0], moved_on="2026-01-01")
    count = Count.objects.create(stock=stocks[0], counted_on="2026-01-01", found=1)
    page = read(browser.get(url(Stock, "delete", stocks[0])))
    for row in (movement, count):
        assert url(type(row), "change", row) in page
    line = Line.objects.create(order=Order.objects.create(number="o"), number=1, stock=stocks[0])
    page = read(browser.get(url(Stock, "delete", stocks[0])))
    assert "would require deleting the following protected related objects" in page
    assert url(Line, "change", line) in page
    browser.post(url(Stock, "delete", stocks[0]), {"post": "yes"})
    assert Stock.objects.count() == 4
    line.delete()
    browser.post(url(Stock, "delete", stocks[0]), {"post": "yes"})
    assert (Stock.objects.count(), Movement.objects.count(), Count.objects.count()) == (3, 0, 0)
    page = read(browser.get(url(Warehouse, "delete", stocks[0].warehouse)))
    assert url(Stock, "change", stocks[1]) in page


def test_a_key_that_is_taken(browser: Client, stocks: list[Stock]) -> None:
    data = {**shown(read(browser.get(url(Stock, "add")))), "warehouse": "1", "sku": "c"}
    page = read(browser.post(url(Stock, "add"), data))
    assert "Stock with this Warehouse and Sku already exists." in errors(page)
    response = browser.post(url(Stock, "add"), {**data, "sku": "new", "_addanother": "1"})
    assert response.status_code == 302
    assert Stock.objects.count() == 5


def test_the_key_is_read_only_on_a_change(browser: Client, stocks: list[Stock]) -> None:
    page = read(browser.get(url(Stock, "change", stocks[0])))
    assert 'name="sku"' not in page
    assert '<div class="readonly">a,b</div>' in page
    data = {**shown(page), "sku": "other", "warehouse": "2", "quantity": "4"}
    assert browser.post(url(Stock, "change", stocks[0]), data).status_code == 302
    assert Stock.objects.count() == 4
    assert Stock.objects.get(pk=stocks[0].pk).quantity == 4


def test_saving_as_a_new_row(browser: Client, stocks: list[Stock]) -> None:
    count = Count.objects.create(stock=stocks[0], counted_on="2026-01-01", found=1)
    data = shown(read(browser.get(url(Count, "change", count))))
    assert data["stock"] == "1,a_5C,b"
    changed = {**data, "counted_on": "2026-01-02"}
    page = read(browser.post(url(Count, "change", count), changed))
    assert "The key of a row that is there cannot change." in errors(page)
    response = browser.post(
        url(Count, "change", count), {**changed, "_saveasnew": "1"}, follow=True
    )
    assert "was added successfully" in read(response)
    assert {str(row.counted_on) for row in Count.objects.all()} == {"2026-01-01", "2026-01-02"}
    page = read(browser.post(url(Count, "change", count), {**data, "_saveasnew": "1"}))
    assert "already exists" in " ".join(errors(page))


@pytest.mark.parametrize("part", PARTS)
def test_choices_of_rows_whose_keys_have_any_characters(browser: Client, part: str) -> None:
    """The value chosen may stand in the link beside the choice, as Django's script puts it."""
    Warehouse.objects.create(id=1, name="w")
    stock = Stock.objects.create(pk=(1, part))
    page = read(browser.get(url(Count, "add")))
    (value,) = re.findall(r'<option value="([^"]+)">[^<]*in 1</option>', page)
    links = re.findall(r'data-href-template="([^"]+__fk__/change/[^"]*)"', page)
    link = next(one for one in links if "/stock/" in one)
    change = unescape(link).replace("__fk__", unescape(value))
    assert 'name="quantity"' in read(browser.get(change))
    data = {**shown(page), "stock": unescape(value), "counted_on": "2026-01-01", "found": "1"}
    assert browser.post(url(Count, "add"), data).status_code == 302
    count = Count.objects.get()
    assert count.stock == stock
    page = read(browser.get(url(Count, "change", count)))
    assert f'<option value="{value}" selected>' in page


def test_adding_changing_and_deleting_in_a_popup(browser: Client, stocks: list[Stock]) -> None:
    page = read(browser.get(url(Count, "add")))
    (add,) = [
        unescape(one)
        for one in re.findall(r'href="([^"]+)"', page)
        if "/stock/add/" in one and "_popup" in one
    ]
    popup = read(browser.get(add))
    data = {**shown(popup), "warehouse": "2", "sku": "new/one"}

    def told(response: Any) -> Any:
        (given,) = re.findall(r'data-popup-response="([^"]*)"', read(response))
        return json.loads(unescape(given))

    answer = told(browser.post(add, data))
    assert answer == {"value": "2,new_2Fone", "obj": "new/one in 2"}
    stock = Stock.objects.get(pk="2,new/one")
    change = f"{url(Stock, 'change', stock)}?_to_field=pk&_popup=1"
    data = shown(read(browser.get(change)))
    answer = told(browser.post(change, {**data, "quantity": "6"}))
    assert answer == {
        "action": "change",
        "value": "2,new_2Fone",
        "new_value": "2,new_2Fone",
        "obj": "new/one in 2",
    }
    delete = f"{url(Stock, 'delete', stock)}?_to_field=pk&_popup=1"
    answer = told(browser.post(delete, {"post": "yes", "_popup": "1"}))
    assert answer == {"action": "delete", "value": "2,new_2Fone"}
    assert (
        told(
            browser.post(
                url(Stock, "add") + "?_popup=1", {**shown(popup), "warehouse": "2", "sku": "plain"}
            )
        )["value"]
        == "2,plain"
    )


def test_autocomplete(browser: Client, stocks: list[Stock]) -> None:
    page = read(browser.get(url(Line, "add")))
    assert 'data-field-name="stock"' in page
    assert page.count("a,b in 1") == 0, "rows are asked for while typing"
    ask = {"app_label": "composite", "model_name": "line", "field_name": "stock", "term": "a,b"}
    answer = browser.get(reverse("goods:autocomplete"), ask).json()
    assert answer["results"] == [
        {"id": "1,a_5C,b", "text": "a,b in 1"},
        {"id": "2,a_5C,b", "text": "a,b in 2"},
    ]
    order = Order.objects.create(number="o")
    data = {"order": str(order.pk), "number": "1", "amount": "1", "stock": "1,a_5C,b"}
    assert browser.post(url(Line, "add"), data).status_code == 302
    line = Line.objects.get()
    assert line.stock == stocks[0]
    page = read(browser.get(url(Line, "change", line)))
    assert '<option value="1,a_5C,b" selected>a,b in 1</option>' in page
    page = read(browser.post(url(Line, "add"), {**data, "stock": "nonsense"}))
    assert "Select a valid choice" in " ".join(errors(page))
    ask = {**ask, "model_name": "stock", "field_name": "warehouse", "term": "w"}
    assert len(browser.get(reverse("goods:autocomplete"), ask).json()["results"]) == 2


def test_raw_ids(browser: Client, stocks: list[Stock]) -> None:
    page = read(browser.get(url(Movement, "add")))
    (lookup,) = re.findall(r'<a href="([^"]+)" class="related-lookup"', page)
    assert "_to_field=pk" in lookup
    listed = read(browser.get(f"{unescape(lookup)}&_popup=1"))
    openers = [unescape(one) for one in re.findall(r'data-popup-opener="([^"]*)"', listed)]
    assert openers[0] == "1,a\\,b"
    data = {"moved_on": "2026-01-01", "amount": "1", "stock": openers[0]}
    assert browser.post(url(Movement, "add"), data).status_code == 302
    movement = Movement.objects.get()
    assert movement.stock == stocks[0]
    page = read(browser.get(url(Movement, "change", movement)))
    assert 'value="1,a\\,b"' in page
    assert url(Stock, "change", stocks[0]) in page
    assert "a,b in 1</a>" in page


def test_filters_by_a_reference(browser: Client, stocks: list[Stock]) -> None:
    order = Order.objects.create(number="o")
    Line.objects.create(order=order, number=1, stock=stocks[0])
    Line.objects.create(order=order, number=2)
    Movement.objects.create(stock=stocks[0], moved_on="2026-01-01")
    page = read(browser.get(url(Line, "changelist")))
    links = [unescape(one) for one in re.findall(r'href="(\?stock[^"]+)"', page)]
    assert len(links) == 5
    counts = [
        read(browser.get(url(Line, "changelist") + link)).count('class="action-select"')
        for link in links
    ]
    assert counts == [1, 0, 0, 0, 1]
    page = read(browser.get(url(Movement, "changelist")))
    assert page.count("?stock__exact=") == 0, "one choice is none"
    Movement.objects.create(stock=stocks[3], moved_on="2026-01-01")
    Movement.objects.create(stock=stocks[3], moved_on="2026-01-02")
    page = read(browser.get(url(Movement, "changelist")))
    assert page.count("?stock__exact=") == 2
    assert "a,b in 1 (1)" in page
    assert "c in 2 (2)" in page
    page = read(browser.get(url(Line, "changelist") + "?_facets=True&q=o&stock__exact=1,a\\,b"))
    assert "a,b in 1 (1)" in page
    assert "c in 2 (0)" in page
    assert "- (1)" in page
    page = read(browser.get(url(Movement, "changelist") + "?stock__exact=2,c"))
    assert page.count('class="action-select"') == 2
    assert re.search(r'class="selected">\s*<a href="\?stock__exact=2%2Cc', page)


def test_a_list_reads_references_with_its_rows(
    browser: Client, stocks: list[Stock], alias: str
) -> None:
    order = Order.objects.create(number="o")
    for number in (1, 2, 3):
        Line.objects.create(order=order, number=number, stock=stocks[number])
    browser.get(url(Line, "changelist"))
    with CaptureQueriesContext(connections[alias]) as queries:
        page = read(browser.get(url(Line, "changelist")))
    assert "c in 2" in page
    assert [q["sql"] for q in queries if "JOIN" in q["sql"] and "composite_stock" in q["sql"]]
    alone = [
        q["sql"]
        for q in queries
        if re.search("FROM .composite_(stock|order). WHERE", q["sql"]) and "COUNT" not in q["sql"]
    ]
    assert alone == []


def test_rows_below_a_row(browser: Client, stocks: list[Stock]) -> None:
    page = read(browser.get(url(Order, "add")))
    data = {**shown(page), "number": "o1"}
    data |= {"lines-0-number": "1", "lines-0-amount": "2", "lines-0-stock": "1,a_5C,b"}
    assert browser.post(url(Order, "add"), data).status_code == 302
    order = Order.objects.get()
    line = Line.objects.get()
    assert (line.pk, line.stock) == ((order.pk, 1), stocks[0])
    page = read(browser.get(url(Order, "change", order)))
    assert url(Line, "change", line) in page
    data = shown(page)
    assert data["lines-0-pk"] == f"{order.pk},1"
    assert "lines-0-number" not in data, "it is disabled"
    data |= {"lines-0-amount": "7", "lines-1-number": "1", "lines-1-amount": "1"}
    page = read(browser.post(url(Order, "change", order), data))
    assert "already exists" in " ".join(errors(page))
    data["lines-1-number"] = "2"
    assert browser.post(url(Order, "change", order), data).status_code == 302
    assert list(order.lines.order_by("number").values_list("number", "amount")) == [(1, 7), (2, 1)]
    data = shown(read(browser.get(url(Order, "change", order))))
    data["lines-0-DELETE"] = "on"
    assert browser.post(url(Order, "change", order), data).status_code == 302
    assert order.lines.count() == 1
    data = shown(read(browser.get(url(Order, "change", order))))
    for key in ("nonsense", "", "9,9", "1,99999999999999999999"):
        response = browser.post(url(Order, "change", order), {**data, "lines-0-pk": key})
        assert response.status_code == 200
        assert errors(response.content.decode())


def test_rows_below_a_row_with_such_a_key(browser: Client, stocks: list[Stock]) -> None:
    page = read(browser.get(url(Stock, "add")))
    assert "movements-0-sku" not in page, "the row above decides it"
    assert "counts-0-warehouse" not in page
    data = {**shown(page), "warehouse": "1", "sku": "new", "quantity": "1"}
    data |= {"movements-0-moved_on": "2026-01-01", "movements-0-amount": "3"}
    data |= {"counts-0-counted_on": "2026-01-01", "counts-0-found": "4"}
    response = browser.post(url(Stock, "add"), data)
    assert response.status_code == 302, errors(read(response))
    stock = Stock.objects.get(pk="1,new")
    assert (stock.movements.get().amount, stock.counts.get().found) == (3, 4)
    page = read(browser.get(url(Stock, "change", stock)))
    data = shown(page)
    assert data["movements-0-stock"] == "1,new"
    assert data["counts-0-pk"] == "1,new,2026-01-01"
    data |= {"movements-0-amount": "5", "counts-0-found": "6", "counts-0-DELETE": "on"}
    assert browser.post(url(Stock, "change", stock), data).status_code == 302
    assert stock.movements.get().amount == 5
    assert not stock.counts.exists()
    data = shown(read(browser.get(url(Stock, "change", stock))))
    response = browser.post(url(Stock, "change", stock), {**data, "movements-0-stock": "1,c"})
    assert "Please correct the error" in read(response)


def test_choices_that_fit_the_key(browser: Client) -> None:
    for pk in ((1, 1), (1, 2), (2, 1)):
        Category.objects.create(pk=pk, name=f"category {pk[0]}.{pk[1]}")
    product = Product.objects.create(pk=(1, "x"), category_no=1)
    page = read(browser.get(url(Product, "change", product)))
    assert 'type="radio"' in page
    assert "category 1.2" in page
    assert "category 2.1" not in page
    data = {**shown(page), "category": "1,2"}
    assert data["category"] == "1,2"
    assert browser.post(url(Product, "change", product), data).status_code == 302
    assert Product.objects.get().category_no == 2
    page = read(browser.post(url(Product, "change", product), {**data, "category": "2,1"}))
    assert "Select a valid choice" in " ".join(errors(page))


@pytest.mark.parametrize("sku", ["c/d", "plain", 'a\\u002f/"b'])
def test_seen_on_the_site(browser: Client, stocks: list[Stock], sku: str) -> None:
    stock = Stock.objects.create(pk=(1, sku), quantity=77)
    page = read(browser.get(url(Stock, "change", stock)))
    (link,) = re.findall(r'<a href="([^"]+)" class="viewsitelink"', page)
    assert browser.get(unescape(link)).headers["Location"].endswith("/stock/77/")


def test_permissions(stocks: list[Stock], alias: str) -> None:
    user = User.objects.create_user("clerk", is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(url(Stock, "change", stocks[0])).status_code == 403
    assert client.get(url(Stock, "changelist")).status_code == 403
    allow = Permission.objects.filter(content_type__app_label="composite")
    user.user_permissions.add(allow.get(codename="view_stock"))
    page = read(client.get(url(Stock, "change", stocks[0])))
    assert 'name="quantity"' not in page
    assert client.post(url(Stock, "change", stocks[0]), {"quantity": 1}).status_code == 403
    assert client.post(url(Stock, "delete", stocks[0]), {"post": "yes"}).status_code == 403
    assert "a,b" in read(client.get(url(Stock, "changelist")))
    user.user_permissions.add(allow.get(codename="view_count"))
    count = Count.objects.create(stock=stocks[0], counted_on="2026-01-01", found=1)
    assert "a,b in 1" in read(client.get(url(Count, "change", count)))
    assert Stock.objects.count() == 4


@pytest.mark.urls("tests.composite.plain_urls")
def test_djangos_own_inline_below_a_plain_row(browser: Client, stocks: list[Stock]) -> None:
    order = Order.objects.create(number="o1")
    Line.objects.create(order=order, number=1, stock=stocks[0])
    address = f"/plain/composite/order/{order.pk}/change/"
    data = shown(read(browser.get(address)))
    assert data["lines-0-pk"] == f"{order.pk},1"
    assert (data["lines-0-warehouse"], data["lines-0-sku"]) == ("1", "a,b")
    data |= {"lines-0-amount": "6", "lines-1-number": "2", "lines-1-amount": "3"}
    response = browser.post(address, data)
    assert response.status_code == 302, errors(read(response))
    assert list(order.lines.order_by("number").values_list("number", "amount")) == [(1, 6), (2, 3)]
    data = shown(read(browser.get(address)))
    for key in ("nonsense", "[", "", "1,99999999999999999999"):
        page = read(browser.post(address, {**data, "lines-0-pk": key}))
        assert "Please correct the error" in page
    data["lines-0-DELETE"] = "on"
    assert browser.post(address, data).status_code == 302
    assert order.lines.count() == 1


@pytest.mark.parametrize("key", ["nonsense", "1", "9,9"])
def test_filters_and_beginnings_by_keys_that_are_none(
    browser: Client, stocks: list[Stock], key: str
) -> None:
    for page in (
        f"{url(Movement, 'changelist')}?stock__exact={key}",
        f"{url(Line, 'changelist')}?stock__exact={key}",
        f"{url(Movement, 'add')}?stock={key}",
        f"{url(Line, 'add')}?stock={key}",
        f"{url(Count, 'add')}?stock={key}",
    ):
        read(browser.get(page, follow=True))


def test_a_choice_begins_with_what_the_address_says(browser: Client, stocks: list[Stock]) -> None:
    page = read(browser.get(url(Count, "add"), {"stock": "1,a\\,b", "found": "3"}))
    assert '<option value="1,a_5C,b" selected>' in page
    page = read(browser.get(url(Line, "add"), {"stock": "1,a\\,b"}))
    assert '<option value="1,a_5C,b" selected>a,b in 1</option>' in page
    page = read(browser.get(url(Movement, "add"), {"stock": "1,a\\,b"}))
    assert 'value="1,a\\,b"' in page


def test_what_is_shown_only(browser: Client, stocks: list[Stock], monkeypatch: Any) -> None:
    from tests.composite.site import MovementAdmin

    monkeypatch.setattr(MovementAdmin, "readonly_fields", ["stock"])
    movement = Movement.objects.create(stock=stocks[0], moved_on="2026-01-01")
    page = read(browser.get(url(Movement, "change", movement)))
    assert "a,b in 1" in page
    data = {**shown(page), "stock": "2,c", "amount": "4"}
    assert browser.post(url(Movement, "change", movement), data).status_code == 302
    movement.refresh_from_db()
    assert (movement.stock, movement.amount) == (stocks[0], 4)


def test_rows_below_are_saved_as_new_ones(
    browser: Client, stocks: list[Stock], monkeypatch: Any
) -> None:
    from tests.composite.site import OrderAdmin

    monkeypatch.setattr(OrderAdmin, "save_as", True)
    order = Order.objects.create(number="o1")
    for number in (1, 2):
        Line.objects.create(order=order, number=number)
    data = shown(read(browser.get(url(Order, "change", order))))
    data |= {"number": "o2", "_saveasnew": "1"}
    response = browser.post(url(Order, "change", order), data)
    assert response.status_code == 302, errors(read(response))
    copy = Order.objects.get(number="o2")
    assert {line.pk for line in copy.lines.all()} == {(copy.pk, 1), (copy.pk, 2)}
    assert order.lines.count() == 2
    del data["_saveasnew"]
    data["lines-0-number"] = "7"
    page = read(browser.post(url(Order, "change", order), {**data, "number": "o1"}))
    assert "The key of a row that is there cannot change." in errors(page)
    assert Line.objects.count() == 4


def test_rows_below_a_row_of_the_same_tree(browser: Client) -> None:
    Folder.objects.create(pk=(2, "other"))
    data = {**shown(read(browser.get(url(Folder, "add")))), "tenant": "1", "code": "root"}
    data["below-0-code"] = "leaf"
    response = browser.post(url(Folder, "add"), data)
    assert response.status_code == 302, errors(read(response))
    root, leaf = Folder.objects.get(pk="1,root"), Folder.objects.get(pk="1,leaf")
    assert leaf.above == root
    page = read(browser.get(url(Folder, "changelist")))
    assert "?above__exact=1%2Croot" in page
    page = read(browser.get(url(Folder, "delete", root)))
    assert url(Folder, "change", leaf) in page
    browser.post(url(Folder, "delete", root), {"post": "yes"})
    assert [row.pk for row in Folder.objects.all()] == [(2, "other")]


def test_notes_to_any_row_below_it(browser: Client) -> None:
    branch = Branch.objects.create(pk=(1, "a/b,c"))
    page = read(browser.get(url(Branch, "change", branch)))
    assert "composite-note-content_type-object_id-0-id" in page
    data = {**shown(page), "name": "x"}
    assert browser.post(url(Branch, "change", branch), data).status_code == 302
    branch.notes.create()
    page = read(browser.get(url(Branch, "change", branch)))
    assert shown(page)["composite-note-content_type-object_id-INITIAL_FORMS"] == "1"
    data = {**shown(page), "composite-note-content_type-object_id-0-DELETE": "on"}
    assert browser.post(url(Branch, "change", branch), data).status_code == 302
    assert branch.notes.count() == 0


def test_filters_from_the_other_side(browser: Client, stocks: list[Stock]) -> None:
    page = read(browser.get(url(Warehouse, "changelist")))
    links = [unescape(one) for one in re.findall(r'href="(\?stocks__pk[^"]+)"', page)]
    assert len(links) == 4
    assert "c in 2 (1)" in page
    page = read(browser.get(url(Warehouse, "changelist") + links[0]))
    assert page.count('class="action-select"') == 1


def test_the_order_of_a_list(browser: Client, stocks: list[Stock]) -> None:
    for query in ("?o=2", "?o=-2.1", "?o=9", "?o=x", "?_to_field=pk&_popup=1", "?_to_field=sku"):
        response = browser.get(url(Line, "changelist") + query, follow=True)
        assert response.status_code in {200, 400}


def test_a_row_with_spaces_about_its_key(browser: Client, stocks: list[Stock]) -> None:
    stock = Stock.objects.create(pk=(1, " a "))
    count = Count.objects.create(stock=stock, counted_on="2026-01-01", found=1)
    data = shown(read(browser.get(url(Stock, "change", stock))))
    data |= {"quantity": "9", "counts-0-found": "7"}
    response = browser.post(url(Stock, "change", stock), data)
    assert response.status_code == 302, errors(read(response))
    assert (Stock.objects.count(), Stock.objects.get(pk=stock.pk).quantity) == (5, 9)
    assert Count.objects.get().found == 7
    assert str(Count.objects.get().pk) == str(count.pk)


def test_a_proxy_has_an_admin_of_its_own(browser: Client, stocks: list[Stock]) -> None:
    row = RareStock.objects.get(pk="1,c")
    data = {**shown(read(browser.get(url(RareStock, "change", row)))), "quantity": "3"}
    assert browser.post(url(RareStock, "change", row), data).status_code == 302
    assert Stock.objects.get(pk="1,c").quantity == 3
    assert url(RareStock, "change", row) in read(browser.get(url(RareStock, "changelist")))
    assert LogEntry.objects.get().get_edited_object() == row
