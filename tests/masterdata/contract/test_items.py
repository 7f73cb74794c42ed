"""Items of DynamoDB from memory answer as DynamoDB does, and see every write of the process."""

import asyncio
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from django.test import override_settings
from pynamodb.connection import Connection
from pynamodb.transactions import TransactWrite

import queryaudit
from queryaudit import masterdata
from queryaudit.dynamodb import reading
from queryaudit.dynamodb.tables import made_for_tests
from queryaudit.errors import UnansweredError
from queryaudit.masterdata import registry
from queryaudit.masterdata.sources import dynamodb
from tests.dynamodb.conftest import SETTINGS, run_apart
from tests.dynamodb.models import Reading
from tests.masterdata.contract import declared
from tests.masterdata.contract.declared import Price

_before = list(registry.declared)
prices = masterdata.cached(Price.objects, ttl=60)
everything = masterdata.cached(Price.objects.scan(), ttl=60)
by_day = masterdata.cached(Reading.days, ttl=60)
readings = masterdata.cached(Reading.objects.filter(number__gte=10, is_checked=False), ttl=60)
registry.declared[:] = _before


@pytest.fixture
def filled(tables: list[Any]) -> None:
    Price.objects.bulk_create(
        Price(country=country, number=number, value=number * 10)
        for country in ("DE", "JP")
        for number in (-2, -1.5, 0, 1, 2, 10, 11)
    )


ALIKE: list[Callable[[Any], Any]] = [
    lambda rows: list(rows.filter(country="JP")),
    lambda rows: list(rows.filter(country="JP").reverse()),
    lambda rows: list(rows.filter(country="JP").order_by("-number")[1:3]),
    lambda rows: list(rows.filter(country="JP")[2:]),
    lambda rows: list(rows.filter(country="JP", number=10)),
    lambda rows: list(rows.filter(country="JP", number__gt=-1.5)),
    lambda rows: list(rows.filter(country="JP", number__gte=-1.5, number__lt=10)),
    lambda rows: list(rows.filter(country="JP", number__between=(0, 10))),
    lambda rows: list(rows.filter(country="JP", number__between=(10, 0))),
    lambda rows: list(rows.set_hash_key("JP").filter(number__lte=0).reverse()),
    lambda rows: rows.filter(country="JP", number__gt=0).count(),
    lambda rows: rows.filter(country="JP", number__gt=99).exists(),
    lambda rows: rows.filter(country="JP").first(),
    lambda rows: rows.filter(country="JP").last(),
    lambda rows: rows.filter(country="XX").first(),
    lambda rows: list(rows.filter(country="JP", number__gt=0).set_limit(2).values_list("number")),
    lambda rows: list(rows.filter(country="JP").values("number", "value")),
    lambda rows: list(rows.filter(country="JP").values_list("value", flat=True)),
    lambda rows: [row.attribute_values for row in rows.filter(country="JP").only("number")],
    lambda rows: rows.in_bulk([("JP", 10), ("DE", -1.5), ("XX", 1)]),
    lambda rows: rows.get(country="JP", number=1).attribute_values,
    lambda rows: rows.filter(country="JP").get(number=1).attribute_values,
    lambda rows: list(rows.filter(country="JP").iterator()),
    lambda rows: len(rows.filter(country="JP")[:3]),
    lambda rows: list(rows.none()),
    lambda rows: list(rows.filter(country="JP").filter(country="DE")),
]


@pytest.mark.parametrize("ask", ALIKE)
def test_answers_are_those_of_the_server(filled: None, ask: Callable[[Any], Any]) -> None:
    expected = ask(Price.objects)
    found = [ask(prices), ask(prices)]
    for one in found:
        assert type(one) is type(expected)
        assert one == expected


def test_a_whole_table(filled: None) -> None:
    assert len(everything) == 14
    with queryaudit.audit() as audit:
        assert everything.get(country="JP", number=10).value == 100
        assert len(everything.filter(country="JP")) == 7
        assert len(everything.filter(number=1)) == 2
        assert {row.country for row in everything} == {"DE", "JP"}
        assert everything.in_bulk([("DE", 0)]).keys() == {("DE", 0)}
    assert audit.dynamodb_calls == 0


def test_an_index_and_a_declared_filter(tables: list[Any]) -> None:
    Reading.objects.bulk_create(
        Reading(sensor=f"s{n % 2}", number=n, day="d1", is_checked=n > 15) for n in range(20)
    )
    assert len(by_day.filter(day="d1", number__lt=5)) == 5
    assert by_day.get(day="d1", number=7).sensor == "s1"
    assert {row.number for row in readings.filter(sensor="s1")} == {11, 13, 15}
    assert "index's own lag" in next(
        one["promise"] for one in masterdata.stats() if one["model"].endswith("by_day")
    )


def test_async_twins(filled: None) -> None:
    async def ask() -> tuple[Any, ...]:
        rows = [row.number async for row in prices.filter(country="JP")]
        return (
            rows,
            (await prices.aget(country="JP", number=1)).value,
            await prices.filter(country="JP").acount(),
        )

    assert run_apart(ask()) == ([-2, -1.5, 0, 1, 2, 10, 11], 10, 7)
    assert asyncio.iscoroutinefunction(prices.aget)


def _boto3(address: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=address,
        region_name=SETTINGS["AWS_REGION"],
        aws_access_key_id=SETTINGS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=SETTINGS["AWS_SECRET_ACCESS_KEY"],
    )


def _transaction(address: str) -> None:
    link = Connection(
        host=address,
        region=SETTINGS["AWS_REGION"],
        aws_access_key_id=SETTINGS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=SETTINGS["AWS_SECRET_ACCESS_KEY"],
    )
    with TransactWrite(connection=link) as writes:
        writes.save(Price("JP", 1, value=7))


def _batch(_: str) -> None:
    with Price.batch_write() as batch:
        batch.save(Price("JP", 1, value=7))


def _put(address: str) -> None:
    item = {"country": {"S": "JP"}, "number": {"N": "1"}, "value": {"N": "7"}}
    _boto3(address).put_item(TableName=_table(), Item=item)


def _partiql(address: str) -> None:
    text = f'UPDATE "{_table()}" SET "value"=7 WHERE "country"=\'JP\' AND "number"=1'
    _boto3(address).execute_statement(Statement=text)


def _table() -> str:
    return str(Price._get_connection().table_name)


WRITES: dict[str, Callable[[str], Any]] = {
    "save": lambda _: Price("JP", 1, value=7).save(),
    "update": lambda _: Price("JP", 1).update(actions=[Price.value.set(7)]),
    "delete and create": lambda _: (
        Price("JP", 1).delete(),
        Price.objects.create(country="JP", number=1, value=7),
    ),
    "bulk_create": lambda _: Price.objects.bulk_create([Price("JP", 1, value=7)]),
    "update_or_create": lambda _: Price.objects.update_or_create(
        {"value": 7}, country="JP", number=1
    ),
    "batch": _batch,
    "transaction": _transaction,
    "boto3": _put,
    "PartiQL": _partiql,
}


@pytest.mark.parametrize("name", WRITES)
def test_each_write_of_the_process_is_seen(filled: None, dynamodb_server: str, name: str) -> None:
    assert prices.get(country="JP", number=1).value == 10
    assert everything.get(country="JP", number=1).value == 10
    WRITES[name](dynamodb_server)
    assert prices.get(country="JP", number=1).value == 7
    assert everything.get(country="JP", number=1).value == 7


def test_deleting_all_of_a_partition(filled: None) -> None:
    assert len(prices.filter(country="JP")) == 7
    Price.objects.filter(country="JP").delete()
    assert list(prices.filter(country="JP")) == []
    assert len(prices.filter(country="DE")) == 7


def test_a_write_during_a_load_is_not_lost(filled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    real = reading.pages_of

    def slow(plan: Any) -> Any:
        pages = list(real(plan))
        Price("JP", 1).update(actions=[Price.value.set(7)])
        return iter(pages)

    monkeypatch.setattr(dynamodb, "pages_of", slow)
    assert prices.get(country="JP", number=1).value == 10  # as it was when it was asked for
    monkeypatch.setattr(dynamodb, "pages_of", real)
    assert prices.get(country="JP", number=1).value == 7


def test_partitions_make_room_for_each_other(filled: None, dynamodb_server: str) -> None:
    settings = {"DYNAMODB": {"HOST": dynamodb_server, **SETTINGS}, "MASTERDATA": {"MAX_ROWS": 10}}
    with override_settings(QUERYAUDIT=settings):
        for country in ("JP", "DE", "JP"):
            assert len(prices.filter(country=country)) == 7
        (found,) = [one for one in masterdata.stats() if one["loads"] == 3]
        assert (found["rows"], found["answers"], found["state"]) == (7, 1, "held")


def test_another_server_is_another_table(filled: None, dynamodb_server: str) -> None:
    assert prices.get(country="JP", number=1).value == 10
    with made_for_tests("contract_other"), pytest.raises(Price.DoesNotExist):
        prices.get(country="JP", number=1)
    assert prices.get(country="JP", number=1).value == 10


REFUSED: list[tuple[Callable[[Any], Any], str]] = [
    (list, r"without its hash key; write filter\(country=...\)"),
    (lambda rows: rows.filter(country="JP", value=1).first(), "a condition on value; allowed are"),
    (lambda rows: rows.filter(country="JP").exclude(value=1).first(), "a condition on Q"),
    (lambda rows: rows.create(country="JP", number=1), "write by Price.objects"),
    (lambda rows: rows.filter(country="JP").delete(), "write by Price.objects"),
    (lambda rows: rows.scan(), r"cached\(Price.objects.scan\(\), ttl=...\)"),
    (lambda rows: rows.set_last_evaluated_key({}), "slices are answered"),
    (lambda rows: rows.filter(country="JP").in_bulk([("JP", 1)]), "in_bulk"),
]


@pytest.mark.parametrize(("ask", "match"), REFUSED)
def test_what_memory_does_not_answer(filled: None, ask: Callable[[Any], Any], match: str) -> None:
    with pytest.raises(UnansweredError, match=match):
        ask(prices)


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: masterdata.cached(Price.objects), "needs ttl=SECONDS"),
    (lambda: masterdata.cached(Price.objects, ttl=0), "ttl is 0; allowed are seconds over 0"),
    (lambda: masterdata.cached(Price.objects, ttl=True), "ttl is True"),
    (lambda: masterdata.cached(Price.objects, ttl=5, poll=6), "poll is 6; allowed"),
    (lambda: masterdata.cached(Price.objects, ttl=5, depends_on=["x"]), "takes no depends_on"),
    (lambda: masterdata.cached(Price.objects.scan()[:3], ttl=5), "whole items of whole"),
    (lambda: masterdata.cached(Price.objects.values("value"), ttl=5), "whole items of whole"),
    (lambda: masterdata.cached(Price.objects.set_limit(3), ttl=5), "whole items of whole"),
]


@pytest.mark.parametrize(("declare", "match"), WRONG)
def test_wrong_declarations(declare: Callable[[], Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        declare()


def test_its_version_item(filled: None) -> None:
    """A write is told by one call more, and only where a poll is declared."""
    assert declared.prices.get(country="JP", number=1).value == 10
    with queryaudit.audit() as audit:
        Price("JP", 1).update(actions=[Price.value.set(7)])
    assert audit.dynamodb_calls == 2
    shapes = [one.sql for one in audit.to_record().shapes]
    assert any("TableVersion" in one or "queryaudit_versions" in one for one in shapes), shapes
