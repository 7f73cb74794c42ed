"""What the ledger of calls takes as it comes, whoever wrote the request."""

import random
from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.clocks import unseen
from queryaudit.recording import dynamodb
from queryaudit.recording.callsite import CallSites
from queryaudit.recording.dynamodb import DynamoLedger
from queryaudit.recording.dynamolast import LastCall
from queryaudit.recording.dynamoshapes import given_of
from queryaudit.recording.ignores import ignore


@unseen
def _call(
    ledger: DynamoLedger,
    operation: str,
    params: dict[str, Any],
    start: float,
    end: float,
    answer: Mapping[str, Any],
    size: int = 0,
    retries: int = 0,
) -> None:
    """Make one call, as the watcher of botocore's events tells the ledger of it."""
    alike = ledger.expected(operation, params)
    if alike is None or not alike.count(answer, start, end, size, retries):
        ledger.record(operation, params, start, end, answer, size, retries)


@pytest.mark.parametrize("fields", [None, [], ["song"], ("song",)])
def test_the_fields_of_a_get_are_any_list(fields: Any) -> None:
    ledger = DynamoLedger(CallSites())
    asked = {"TableName": "plays", "Key": {"song": {"S": "a"}}, "AttributesToGet": fields}
    for start in range(3):
        _call(ledger, "GetItem", asked, start, start + 0.1, {"Item": {}})
    (shape,) = ledger.shapes
    assert (shape.count, shape.returned) == (3, 3)
    assert ("fields song" in shape.text) == bool(fields)


def _key(song: str) -> dict[str, Any]:
    return {"TableName": "plays", "Key": {"song": {"S": song}}}


def _query(song: str, **given: Any) -> dict[str, Any]:
    return {
        "TableName": "plays",
        "KeyConditionExpression": "#0 = :0",
        "ExpressionAttributeNames": {"#0": "song"},
        "ExpressionAttributeValues": {":0": {"S": song}},
        **given,
    }


def _answer(items: int, **told: Any) -> dict[str, Any]:
    return {"Count": items, "ScannedCount": 2 * items, **told}


def test_a_loop_is_counted_whole_where_its_calls_are_not_looked_at_one_by_one() -> None:
    ledger = DynamoLedger(CallSites())
    consumed = {"CapacityUnits": 0.5}
    for number in range(1_000):
        answer = {"Item": {}, "ConsumedCapacity": consumed} if number % 2 else {}
        _call(ledger, "GetItem", _key(str(number)), number, number + 0.5, answer, 100, number == 7)
    (group,) = ledger.settle()
    assert (group.calls, group.count, group.returned, group.scanned) == (1_000, 1_000, 500, 500)
    assert (group.seconds, group.size, group.retries) == (500.0, 100_000, 1)
    assert (group.capacity, group.wasted) == (250.0, None)
    assert list(group.spans[:4]) == [0.0, 0.5, 1.0, 1.5]
    assert group.varied == {"song"}
    assert list(group.stacks.values()) == [1_000]
    assert not ledger.repeated


@pytest.mark.parametrize("tables", [["plays"], ["plays", "prices"]])
def test_few_calls_of_a_long_loop_are_looked_at_whole(
    tables: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = DynamoLedger(CallSites())
    looked_at = []

    def note(operation: str, table: str, params: dict[str, Any]) -> Any:
        looked_at.append(table)
        return given_of(operation, table, params)

    monkeypatch.setattr(dynamodb, "given_of", note)
    for number in range(200):
        for table in tables:
            _call(ledger, "GetItem", {**_key(str(number)), "TableName": table}, 0, 1, {"Item": {}})
    assert [looked_at.count(table) for table in tables] == [11] * len(tables)  # 9, at 64 and 128
    assert ledger.totals.count == 200 * len(tables)


def test_a_delete_is_no_further_get_of_its_key() -> None:
    ledger = DynamoLedger(CallSites())
    for number in range(100):
        operation = "DeleteItem" if number > 50 else "GetItem"
        _call(ledger, operation, _key("a"), 0, 1, {"Item": {}} if number <= 50 else {})
    counts = {group.shape.operation: group.calls for group in ledger.settle()}
    assert counts == {"GetItem": 51, "DeleteItem": 49}


def test_who_calls_is_looked_at_again_in_a_long_loop() -> None:
    ledger = DynamoLedger(CallSites())

    def ask(number: int) -> None:
        key = {"sensor": {"S": str(number // 40)}, "number": {"N": str(number % 40)}}
        _call(ledger, "GetItem", {"TableName": "plays", "Key": key}, 0, 1, {"Item": {}})

    for number in range(20):
        ask(number)
    for number in range(20, 120):
        ask(number)
    (group,) = ledger.settle()
    assert group.calls == sum(group.stacks.values()) == 120
    assert max(group.stacks.values()) < 120
    assert group.varied == {"sensor", "number"}


def test_counts_are_right_within_a_loop() -> None:
    ledger = DynamoLedger(CallSites())
    for number in range(1, 300):
        _call(ledger, "Query", _query(str(number)), 0, 1, _answer(3), 10)
        if number in {1, 5, 50, 299}:
            assert (ledger.totals.count, ledger.totals.scanned) == (number, 6 * number)


def test_one_key_again_is_another_question_after_a_write() -> None:
    ledger = DynamoLedger(CallSites())
    for number in range(70):
        if number == 40:
            _call(ledger, "PutItem", {"TableName": "plays", "Item": {"song": {"S": "a"}}}, 0, 1, {})
        _call(ledger, "GetItem", _key("a"), 0, 1, {"Item": {}})
    ledger.settle()
    assert [asked.count for asked in ledger.repeated] == [40, 30]


def test_a_key_that_changes_after_many_of_one_is_not_taken_for_it() -> None:
    ledger = DynamoLedger(CallSites())
    for number in range(90):
        _call(ledger, "GetItem", _key("a" if number < 60 else str(number)), 0, 1, {"Item": {}})
    (group,) = ledger.settle()
    assert [asked.count for asked in ledger.repeated] == [60]
    assert group.varied == {"song"}


def test_what_a_site_changes_in_place_is_told_apart() -> None:
    ledger = DynamoLedger(CallSites())
    key: dict[str, Any] = _key("a")
    query = _query("a")
    for number in range(60):
        _call(ledger, "GetItem", {**key}, 0, 1, {"Item": {}})
        if number == 29:
            key["Key"]["song"]["S"] = "b"
        _call(ledger, "Query", {**query}, 0, 1, _answer(1))
        query["ExpressionAttributeValues"][":0"]["S"] = str(number)
        if number == 39:
            query["ExpressionAttributeNames"]["#0"] = "album"
    counts = {group.shape.text: group.calls for group in ledger.settle()}
    assert counts == {
        "GetItem plays · song = ?": 60,
        "Query plays · song = ?": 40,
        "Query plays · album = ?": 20,
    }
    assert [asked.count for asked in ledger.repeated] == [
        30
    ]  # of a loop whose keys vary, none is looked for


def test_a_value_that_a_site_changes_deep_within_is_told_apart() -> None:
    ledger = DynamoLedger(CallSites())
    value = {"S": ""}
    songs = {"SS": [""]}
    conditions = {"song": {"ComparisonOperator": "EQ", "AttributeValueList": [value]}}
    for number in range(30):
        value["S"] = songs["SS"][0] = str(number)
        legacy = {"TableName": "plays", "KeyConditions": conditions}
        _call(ledger, "Query", legacy, 0, 1, _answer(1))
        asked = _query("a", FilterExpression="contains(:1, b)")
        asked["ExpressionAttributeValues"][":1"] = songs
        _call(ledger, "Query", asked, 0, 1, _answer(1))
    assert [group.varied for group in ledger.settle()] == [{"song"}, {":1"}]


def test_items_that_a_stand_in_for_the_server_does_not_tell_are_those_it_returned() -> None:
    ledger = DynamoLedger(CallSites())
    for number in range(60):
        _call(ledger, "Query", _query(str(number)), 0, 1, {"Count": 3})
    assert (ledger.totals.returned, ledger.totals.scanned) == (180, 180)


def test_a_call_that_began_before_a_write_and_ends_after_it_is_looked_at() -> None:
    ledger = DynamoLedger(CallSites())
    for number in range(24):
        asked = [_key("a")]
        if number == 20:
            early = ledger.expected("GetItem", _key("a"))
            latest = ledger.latest
            assert early is not None
            assert early is latest
            _call(ledger, "PutItem", {"TableName": "plays", "Item": {}}, 0, 1, {})
            assert ledger.latest is None
            assert not early.count({"Item": {}}, 0, 1, 0, 0)
            asked.append(_key("a"))
        for key in asked:
            _call(ledger, "GetItem", key, 0, 1, {"Item": {}})
    ledger.settle()
    assert [asked.count for asked in ledger.repeated] == [20, 5]


def test_who_calls_is_looked_at_again_also_where_somebody_reads_counts_meanwhile() -> None:
    ledger = DynamoLedger(CallSites())

    def ask(number: int) -> None:
        _call(ledger, "GetItem", _key(str(number)), 0, 1, {"Item": {}})
        assert ledger.totals.count == number + 1

    for number in range(40):
        ask(number)
    for number in range(40, 300):
        ask(number)
    (group,) = ledger.settle()
    assert sorted(group.stacks.values()) == [63, 237]


def test_a_page_after_the_first_is_no_call_of_a_loop() -> None:
    ledger = DynamoLedger(CallSites())
    end = {"song": {"S": "z"}}
    for number in range(100):
        pages = [(_query(str(number)), _answer(1))]
        if number % 10 == 9:
            pages[0][1]["LastEvaluatedKey"] = end
            pages.append((_query(str(number), ExclusiveStartKey=end), _answer(1)))
        for asked, answer in pages:
            _call(ledger, "Query", asked, 0, 1, answer)
    (group,) = ledger.settle()
    assert (group.count, group.calls, group.longest) == (110, 100, 2)
    assert group.shape.last_key == ("song",)


def _walk(ledger: DynamoLedger, seed: int) -> None:
    """Ask from few lines in loops of any length, with writes, pages and ignored blocks between."""
    chance = random.Random(seed)  # noqa: S311  # the same walk for each ledger
    number = 0
    for _ in range(60):
        kind, song = chance.randrange(7), chance.choice("abc")
        for _ in range(chance.choice([1, 2, 4, 9, 30, 80])):
            number += 1
            told: Mapping[str, Any] = {"Item": {}, "ConsumedCapacity": {"CapacityUnits": 0.5}}
            if kind == 0:
                table = "plays" if seed % 2 or number % 2 else "prices"
                asked = {**_key(str(number)), "TableName": table}
                _call(ledger, "GetItem", asked, number, number + 1, told, 9)
            elif kind == 1:
                _call(ledger, "GetItem", _key(song), number, number + 1, told, 9, number % 2)
            elif kind == 2:
                _call(ledger, "Query", _query(str(number)), number, number + 1, _answer(2), 9)
            elif kind == 3:
                limited = _query(str(number), Limit=number % 3)
                _call(ledger, "Query", limited, number, number + 1, _answer(1), 9)
            elif kind == 4:
                _call(ledger, "Query", _query(song), number, number + 1, _answer(0), 9)
            elif kind == 5:
                with ignore(reason="asked on purpose"):
                    _call(ledger, "GetItem", _key(str(number)), number, number + 1, {}, 9)
            else:
                _call(ledger, "PutItem", {"TableName": chance.choice(["plays", "x"])}, 0, 1, {})


@pytest.mark.parametrize("seed", range(20))
def test_calls_that_are_not_looked_at_are_counted_as_if_they_were(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, whole = DynamoLedger(CallSites()), DynamoLedger(CallSites())
    _walk(quick, seed)
    monkeypatch.setattr(LastCall, "expect", lambda *_: None)
    _walk(whole, seed)
    assert _told(quick) == _told(whole)


def _told(ledger: DynamoLedger) -> list[Any]:
    found: list[Any] = [
        (
            group.shape.text,
            str(group.place),
            (group.count, group.calls, group.returned, group.scanned, group.size, group.retries),
            (group.seconds, group.capacity, group.wasted, group.longest),
            sum(group.stacks.values()),
            group.varied,
            sorted(group.within.values()),
        )
        for group in ledger.settle()
    ]
    return [*found, ledger.totals.count, [asked.count for asked in ledger.repeated]]
