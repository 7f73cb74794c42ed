"""Writing: conditions that tell who lost, batches that lose nothing."""

import threading
from typing import Any

import pytest
from pynamodb.exceptions import PutError

import queryaudit
from queryaudit.dynamodb import batches
from queryaudit.dynamodb.errors import (
    ConditionFailedError,
    DynamoDBQuerySetError,
    FieldDoesNotExists,
    ItemTooLargeError,
    UnprocessedError,
    ValueTypeError,
)
from tests.dynamodb.conftest import run_apart
from tests.dynamodb.models import Dated, Reading, Sample, Versioned

pytestmark = pytest.mark.usefixtures("tables")


def test_create_refuses_a_key_that_is_taken() -> None:
    Reading.objects.create(sensor="s1", number=1, note="first")
    with pytest.raises(
        ConditionFailedError, match=r"PutItem of Reading \('s1', '1'\) lost"
    ) as lost:
        Reading.objects.create(sensor="s1", number=1, note="second")
    assert isinstance(lost.value, PutError)
    assert lost.value.cause_response_code == "ConditionalCheckFailedException"
    assert Reading.objects.get(sensor="s1", number=1).note == "first"


def test_get_or_create_and_update_or_create() -> None:
    assert Reading.objects.get_or_create(sensor="a", number=1, defaults={"note": "x"})[1]
    found, made = Reading.objects.get_or_create(sensor="a", number=1, defaults={"note": "y"})
    assert (found.note, made) == ("x", False)
    # What another one writes meanwhile is kept.
    Reading("a", 1).update([Reading.day.set("d9")])
    found, made = Reading.objects.update_or_create(sensor="a", number=1, defaults={"note": None})
    assert (found.note, found.day, made) == (None, "d9", False)
    _, made = Reading.objects.update_or_create(
        {"note": "z"}, {"note": lambda: "new"}, sensor="a", number=2
    )
    assert made
    assert Reading.objects.get(sensor="a", number=2).note == "new"
    with pytest.raises(
        DynamoDBQuerySetError, match="takes the whole key of Reading, sensor, number"
    ):
        Reading.objects.get_or_create(sensor="a")
    with pytest.raises(FieldDoesNotExists, match="'notes'"):
        Reading.objects.get_or_create(sensor="a", number=1, defaults={"notes": 1})


def test_of_many_at_once_one_creates() -> None:
    made: list[bool] = []

    def create() -> None:
        made.append(Dated.objects.get_or_create(code="a", day="1")[1])

    threads = [threading.Thread(target=create) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 11 + [True]


def test_a_stale_version_loses() -> None:
    Versioned("a", text="x").save()
    one, other = Versioned.objects.get(code="a"), Versioned.objects.get(code="a")
    one.save()
    with pytest.raises(ConditionFailedError, match=r"\('a'\)"):
        other.save()


def test_batches_are_split() -> None:
    made = [Dated(code="a", day=f"{n:03}") for n in range(260)]
    with queryaudit.audit() as audit:
        Dated.objects.bulk_create(made)
    assert audit.dynamodb_calls == 11
    keys = [("a", f"{n:03}") for n in range(300)]
    with queryaudit.audit() as audit:
        found = Dated.objects.in_bulk([*keys, *keys])
    assert (len(found), audit.dynamodb_calls) == (260, 3)
    assert next(iter(found.values())).pk in found
    assert Dated.objects.filter(code="a", day__lt="100").delete() == (100, {"Dated": 100})
    assert Dated.objects.filter(code="a").count() == 160
    assert Dated.objects.in_bulk([]) == {}


def test_what_the_server_leaves_of_a_batch_is_read_again() -> None:
    # An answer takes 16 MB: the server itself leaves the rest unprocessed.
    text = "x" * 390_000
    Reading.objects.bulk_create(Reading(sensor="s", number=n, note=text) for n in range(60))
    with queryaudit.audit() as audit:
        found = Reading.objects.in_bulk([("s", n) for n in range(60)])
    assert len(found) == 60
    assert audit.dynamodb_calls > 1


def _leaving(monkeypatch: pytest.MonkeyPatch, done: int) -> list[int]:
    """Have each batch do ``done`` of its requests only, as a server without capacity."""
    connection = type(Dated._get_connection().connection)
    call = connection._make_api_call
    sizes: list[int] = []

    def some(self: Any, operation: str, given: dict[str, Any]) -> Any:
        if operation != "BatchWriteItem":
            return call(self, operation, given)
        ((table, requests),) = given["RequestItems"].items()
        sizes.append(len(requests))
        left = requests[done:]
        answer: dict[str, Any] = {}
        if done:
            answer = call(self, operation, {"RequestItems": {table: requests[:done]}})
        return {**answer, "UnprocessedItems": {table: left} if left else {}}

    monkeypatch.setattr(connection, "_make_api_call", some)
    return sizes


def test_what_is_left_of_a_write_is_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = _leaving(monkeypatch, 10)
    monkeypatch.setattr(batches, "_FIRST_PAUSE", 0.0)
    Dated.objects.bulk_create(Dated(code="a", day=f"{n:03}") for n in range(60))
    assert len(sizes) > 3
    assert Dated.objects.filter(code="a").count() == 60
    with Dated.batch_write() as batch:  # PynamoDB's own, which pydjamodb's prefix broke
        for n in range(60):
            batch.save(Dated(code="b", day=f"{n:03}"))
    assert Dated.objects.filter(code="b").count() == 60


def test_a_server_that_does_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _leaving(monkeypatch, 0)
    monkeypatch.setattr(batches, "RETRY_SECONDS", 0.2)
    with pytest.raises(UnprocessedError, match="left 30 items undone") as caught:
        Dated.objects.bulk_create(Dated(code="a", day=f"{n:03}") for n in range(30))
    assert caught.value.unprocessed == 30


def test_bad_batches() -> None:
    with pytest.raises(DynamoDBQuerySetError, match=r"two Dated with the key \('a', '1'\)"):
        Dated.objects.bulk_create([Dated("a", "1"), Dated("a", "1")])
    assert Dated.objects.filter(code="a").count() == 0
    with pytest.raises(ValueTypeError, match="got a Sample"):
        Dated.objects.bulk_create([Sample("a")])
    with pytest.raises(ValueTypeError, match=r"a key of Dated is \(code, day\); 'a' came"):
        Dated.objects.in_bulk(["a"])
    with pytest.raises(DynamoDBQuerySetError, match="no index, filter, hash key"):
        Dated.objects.filter(code="a").in_bulk([("a", "1")])


def test_an_item_that_is_too_large_is_named() -> None:
    large = Reading("s1", 5, note="x" * 410_000)
    with pytest.raises(ItemTooLargeError, match=r"Reading \('s1', '5'\): an item takes at most"):
        large.save()
    with pytest.raises(ItemTooLargeError, match=r"\('s1', '5'\)"):
        Reading.objects.bulk_create([Reading("s1", 4, note="x"), large])


def test_async_twins() -> None:
    async def run() -> None:
        await Reading.objects.acreate(sensor="s1", number=1)
        await Reading.objects.abulk_create([Reading("s1", n) for n in range(2, 260)])
        of = Reading.objects.filter(sensor="s1")
        assert await of.acount() == 259
        assert (await of.aget(number=3)).number == 3
        assert (await of.afirst()).number == 1
        assert (await of.alast()).number == 259
        assert await of.aexists()
        assert [row.number async for row in of] == list(range(1, 260))
        assert [row.number async for row in of.aiterator()] == list(range(1, 260))
        assert len(await Reading.objects.ain_bulk([("s1", 1), ("s1", 2)])) == 2
        assert (await Reading.objects.aget_or_create(sensor="s1", number=1))[1] is False
        assert (await of.adelete())[0] == 259

    run_apart(run())
