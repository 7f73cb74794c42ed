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
from queryaudit.dynamodb.errors import ValueTypeError
from queryaudit.dynamodb.tables import made_for_tests
from queryaudit.errors import MasterDataLimitError, UnansweredError
from queryaudit.masterdata import registry
from queryaudit.masterdata.sources import dynamodb
from tests.dynamodb.conftest import SETTINGS, run_apart
from tests.dynamodb.models import Dated, Reading
from tests.masterdata.contract import declared
from tests.masterdata.contract.declared import Price

_before = list(registry.declared)
prices = masterdata.cached(Price.objects, ttl=60)
everything = masterdata.cached(Price.objects.scan(), ttl=60)
by_day = masterdata.cached(Reading.days, ttl=60)
dated = masterdata.cached(Dated.objects, ttl=60)
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


def test_a_range_is_found_without_looking_at_each_item(tables: list[Any]) -> None:
    """Its cost follows what it brings, not what the partition holds."""
    Price.objects.bulk_create(Price(country="JP", number=number) for number in range(2_000))
    rows = prices.filter(country="JP")
    assert len(rows) == 2_000

    def looked_at(**asked: Any) -> list[Any]:
        found = prices._entries(prices.filter(country="JP", **asked)._plan)
        return [int(item["number"]["N"]) for item in found]

    (partition,) = prices._declared.shelf()._partitions.values()
    seen: list[int] = []

    class Counting(list[Any]):
        def __getitem__(self, place: Any) -> Any:
            seen.append(0)
            return super().__getitem__(place)

    partition.orders = Counting(partition.orders or [])
    partition.items = Counting(partition.items)
    assert looked_at(number__gte=1_500, number__lt=1_503) == [1_500, 1_501, 1_502]
    assert looked_at(number__between=(7, 9)) == [7, 8, 9]
    assert looked_at(number__gt=1_997) == [1_998, 1_999]
    assert looked_at(number__gt=5, number__lte=5) == []
    assert looked_at(number__lte=1, number__gte=-5) == [0, 1]
    assert 5 <= len(seen) < 200


def test_text_keys_by_their_beginning(tables: list[Any]) -> None:
    days = ["2026", "2026-01", "2026-01-31", "2026-02", "2027", "x", "\uffff", "\U0001f600"]
    Dated.objects.bulk_create(Dated(code="a", day=day) for day in days)
    for beginning in ("2026", "2026-01", "2026-02", "2", "x", "\U0001f600", "zz", "0"):
        expected = [one.day for one in Dated.objects.filter(code="a", day__startswith=beginning)]
        found = [one.day for one in dated.filter(code="a", day__startswith=beginning)]
        assert found == expected


def test_keys_that_are_none_are_told_as_the_server_is_not_asked(filled: None) -> None:
    for key in ("JP", ("JP",), ("JP", 1, 2), 5):
        for rows in (prices, Price.objects):
            with pytest.raises(ValueTypeError, match=r"a key of Price is \(country, number\)"):
                rows.in_bulk([key])


def test_what_is_too_large_is_read_once(filled: None, dynamodb_server: str) -> None:
    """Each reading is paid for."""
    settings = {"DYNAMODB": {"HOST": dynamodb_server, **SETTINGS}, "MASTERDATA": {"MAX_ROWS": 5}}
    with override_settings(QUERYAUDIT=settings):
        calls = []
        for _ in "abc":
            with queryaudit.audit() as audit, pytest.raises(MasterDataLimitError, match="JP"):
                prices.filter(country="JP").count()
            calls.append(audit.dynamodb_calls)
        assert calls == [1, 0, 0]
        for number in (10, 11):
            Price("JP", number).delete()
        assert prices.filter(country="JP").count() == 5


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


def test_a_class_is_no_queryset() -> None:
    with pytest.raises(TypeError, match="the class Price: give Price.objects, with a ttl"):
        masterdata.cached(Price, ttl=60)


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
