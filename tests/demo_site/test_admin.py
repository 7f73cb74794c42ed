"""The shop's desk: rows whose keys have several columns, through Django's admin."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import reverse
from shop.models import Movement, Order, OrderLine, Stock

import queryaudit

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shop"),
]


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("demo", "demo@example.com", "demo"))
    return client


@pytest.fixture(autouse=True)
def demo_urls() -> Any:
    with override_settings(ROOT_URLCONF="config.urls"):
        yield


def fields_of(response: Any) -> dict[str, str]:
    """Return the inputs of the page's form as a browser would send them."""
    text = response.content.decode()
    found = {}
    for tag in re.findall(r"<input[^>]*>", text):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        kind = attributes.get("type")
        if "name" in attributes and kind not in {"submit", "checkbox", "radio", "file"}:
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]*selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


@pytest.mark.parametrize("model", ["stock", "movement", "orderline", "order", "product", "album"])
def test_every_list_and_every_form_opens(client: Client, model: str) -> None:
    for page in ("changelist", "add"):
        response = client.get(reverse(f"admin:shop_{model}_{page}"))
        assert response.status_code == 200, (model, page)


def test_stock_is_changed_by_its_key(client: Client) -> None:
    stock = Stock.objects.latest("pk")
    url = reverse("admin:shop_stock_change", args=[quote(str(stock.pk))])
    assert url in client.get(reverse("admin:shop_stock_changelist")).content.decode()
    page = client.get(url)
    answer = client.post(url, fields_of(page) | {"quantity": "777"})
    assert answer.status_code == 302
    stock.refresh_from_db()
    assert stock.quantity == 777
    assert "Changed Quantity" in client.get(f"{url[:-7]}history/").content.decode()


def test_a_movement_chooses_its_stock(client: Client) -> None:
    url = reverse("admin:shop_movement_add")
    sent = {
        "stock": "2,3",
        "moved_at_0": "2026-01-02",
        "moved_at_1": "10:00:00",
        "pieces": "-4",
    }
    assert client.post(url, sent).status_code == 302
    movement = Movement.objects.latest("pk")
    assert (movement.warehouse_id, movement.product_id, movement.pieces) == (2, 3, -4)
    refused = client.post(url, sent | {"stock": "2,99999"})
    assert "Select a valid choice" in refused.content.decode()


def test_lines_are_added_below_their_order(client: Client) -> None:
    order = Order.objects.earliest("pk")
    before = order.lines.count()
    url = reverse("admin:shop_order_change", args=[order.pk])
    sent = fields_of(client.get(url))
    row = {"line": "9", "product": "1", "quantity": "2", "price": "9.99"}
    sent |= {f"lines-{before}-{name}": value for name, value in row.items()}
    answer = client.post(url, sent)
    assert answer.status_code == 302, re.findall("errorlist.*", answer.content.decode())
    assert OrderLine.objects.get(pk=(order.pk, 9)).quantity == 2
    assert order.lines.count() == before + 1


def test_the_lists_ask_no_more_than_they_need(client: Client) -> None:
    for model in ("stock", "movement", "orderline", "order", "product", "album"):
        with queryaudit.audit() as audit:
            client.get(reverse(f"admin:shop_{model}_changelist"))
        assert audit.findings == [], model
