"""The read-only pages."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings

from queryaudit.dynamodb.admin import DynamoDBPages
from tests.dynamodb.models import Reading

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("readings")]


@pytest.fixture(autouse=True)
def _urls() -> Any:
    with override_settings(ROOT_URLCONF="tests.dynamodb.urls"):
        yield


def test_superusers_read_items_page_by_page(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert 'href="Reading/"' in client.get("/admin/dynamodb/").content.decode()
    shown = client.get("/admin/dynamodb/Reading/?key=s1").content.decode()
    assert shown.count("<td>s1</td>") == 50
    after = re.search(r"after=([^\"]+)", shown)
    assert after is not None
    shown = client.get(f"/admin/dynamodb/Reading/?key=s1&after={after[1]}").content.decode()
    assert shown.count("<td>s1</td>") == 10
    assert "Next page" not in shown
    shown = client.get("/admin/dynamodb/Reading/?index=by_day&key=d1").content.decode()
    assert shown.count("<td>d1</td>") == 20
    assert "No items" in client.get("/admin/dynamodb/Reading/?key=<b>").content.decode()


def test_bad_input_is_told(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    for query in ("Reading/?key=s1&after=x", "Reading/?key=s1&index=nothing", "Raw/?key=%C3%A9"):
        assert "errornote" in client.get(f"/admin/dynamodb/{query}").content.decode()
    for query in ("Timed/?key=abc", f"Joined/?key=a||{'[' * 3_000}", f"Reading/?key={'x' * 3_000}"):
        assert client.get(f"/admin/dynamodb/{query}").status_code == 200
    assert "cannot be" in client.get("/admin/dynamodb/Timed/?key=abc").content.decode()
    assert client.get("/admin/dynamodb/Nothing/").status_code == 404


def test_items_that_the_model_cannot_read_are_told(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    link = Reading._get_connection()
    item = {"sensor": {"S": "odd"}, "number": {"N": "1"}, "note": {"N": "5"}}
    link.connection.client.put_item(TableName=link.table_name, Item=item)
    shown = client.get("/admin/dynamodb/Reading/?key=odd").content.decode()
    assert "an item is not as Reading has it" in shown
    assert client.post("/admin/dynamodb/Reading/").status_code == 405


def test_others_are_refused(client: Client) -> None:
    assert client.get("/admin/dynamodb/").status_code == 302
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get("/admin/dynamodb/Reading/?key=s1").status_code == 403


def test_two_models_of_one_name_are_told() -> None:
    other = type("Reading", (), {})
    with pytest.raises(ImproperlyConfigured, match="two models are called Reading"):
        DynamoDBPages(admin.site, Reading, other)
    DynamoDBPages(admin.site, Reading, Reading)
