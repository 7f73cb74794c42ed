"""Words of Django in the corners where DynamoDB, PynamoDB or the server would answer otherwise."""

import json
import pickle
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.db.models import Q

import queryaudit
from queryaudit.dynamodb import KeyPaginator
from queryaudit.dynamodb.errors import (
    DynamoDBQuerySetError,
    InvalidOperator,
    ResumeKeyError,
    ValueTypeError,
)
from tests.dynamodb.conftest import run_apart
from tests.dynamodb.models import Joined, Raw, Reading, Versioned

pytestmark = pytest.mark.usefixtures("tables")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Q(day="d1") ^ Q(note="note 1"), 19),
        (Q(day="d1") ^ Q(note="note 2"), 21),
        (Q(day="d1") ^ Q(note="note 1") ^ Q(temperature=0.5), 20),  # an odd number of them
        (~(Q(day="d1") ^ Q(note="note 1")), 41),
        (Q(day__in=[]) | Q(note="note 1"), 1),
        (~Q(day__in=[]), 60),
        (Q(note=None), 0),
        (~Q(note=None) & Q(day="d1"), 20),
        (Q(note__ne=None), 60),
    ],
)
def test_conditions_mean_what_they_mean_in_django(readings: Any, asked: Q, expected: int) -> None:
    assert Reading.objects.filter(asked, sensor="s1").count() == expected


def test_a_limit_of_none_at_all_and_single_items(readings: Any) -> None:
    nothing = Reading.objects.filter(sensor="s1").set_limit(0)
    assert (nothing.first(), nothing.last(), nothing.exists()) == (None, None, False)
    with pytest.raises(Reading.DoesNotExist):
        nothing.get(number=1)


def test_last_after_a_resume_key_and_first_of_what_is_kept(readings: Any) -> None:
    found = Reading.objects.filter(sensor="s1")
    later = found.set_last_evaluated_key(found.set_limit(10).last_evaluated_key)
    assert (later.first().number, later.last().number) == (10, 59)
    assert later.filter(number__lt=11).last().number == 10
    list(found)
    with queryaudit.audit() as audit:
        assert found.first().number == 0
    assert audit.dynamodb_calls == 0


def test_slices_refuse_what_would_move_them(readings: Any) -> None:
    found = Reading.objects.filter(sensor="s1")
    for doing in ("limit", "reorder"):
        with pytest.raises(TypeError, match=f"Cannot {doing} a query once a slice"):
            found[5:10].set_limit(2) if doing == "limit" else found[:3].set_scan_index_forward(
                False
            )
    for wrong in (1.5, "a", None):
        with pytest.raises(TypeError, match="must be integers or slices"):
            found[wrong]


def test_in_bulk_reads_nothing_of_none_and_refuses_what_it_would_not_look_at(readings: Any) -> None:
    assert Reading.objects.none().in_bulk([("s1", 1)]) == {}
    for narrowed in (
        Reading.objects.set_hash_key("s2"),
        Reading.objects.all()[5:],
        Reading.objects.set_last_evaluated_key({"sensor": {"S": "s1"}, "number": {"N": "1"}}),
    ):
        with pytest.raises(DynamoDBQuerySetError, match="in_bulk"):
            narrowed.in_bulk([("s1", 1)])


def test_keys_of_several_values() -> None:
    made = Joined.objects.create(key=["a", 1], part=["x", "y"])
    assert made.pk == (["a", 1], ["x", "y"])
    assert Joined.objects.get(key=["a", 1], part=["x", "y"]) == made
    assert Joined.objects.get_or_create(key=["a", 1], part=["x", "y"]) == (made, False)
    assert Joined.objects.in_bulk([(["a", 1], ["x", "y"])]) == {(("a", 1), ("x", "y")): made}
    with pytest.raises(DynamoDBQuerySetError, match="two Joined with the key"):
        Joined.objects.bulk_create([made, made])


def test_named_rows_pickle(readings: Any) -> None:
    rows = list(Reading.objects.filter(sensor="s1").values_list("number", "note", named=True)[:2])
    assert pickle.loads(pickle.dumps(rows)) == rows
    assert pickle.loads(pickle.dumps(rows))[1].note == "note 1"


def test_chunks_of_an_iterator(readings: Any) -> None:
    found = Reading.objects.filter(sensor="s1")
    with queryaudit.audit() as audit:
        assert len(list(found.iterator(chunk_size=25))) == 60
    assert audit.dynamodb_calls == 3

    async def read() -> int:
        return len([row async for row in found[:30].aiterator(chunk_size=20)])

    assert run_apart(read()) == 30
    with pytest.raises(DynamoDBQuerySetError, match="chunk_size is 0; allowed"):
        found.iterator(chunk_size=0)


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"number__startswith": 3}, "eq, gt, lt, gte, lte, between$"),
        ({"temperature__startswith": 3}, "eq, gt, lt, gte, lte, between, not, in, exists, isnull$"),
        ({"is_checked__gt": False}, "type BOOL, .*eq, not, in, exists, isnull$"),
    ],
)
def test_lookups_that_a_type_does_not_take(condition: dict[str, Any], allowed: str) -> None:
    with pytest.raises(InvalidOperator, match=allowed):
        Reading.objects.filter(sensor="s1", **condition)
    with pytest.raises(InvalidOperator):
        Raw.objects.filter(code=b"a", part__startswith=b"b")


def test_deleted_items_are_not_kept(readings: Any) -> None:
    found = Reading.objects.filter(sensor="s1", number__lt=5)
    assert len(found) == 5
    assert found.delete() == (5, {"Reading": 5})
    assert list(found) == []


def test_keys_and_types_of_what_is_written() -> None:
    objects = Reading.objects
    for method in (objects.get_or_create, objects.update_or_create):
        with pytest.raises(
            DynamoDBQuerySetError, match="has number=7 in defaults and 1 as the key"
        ):
            method({"number": 7}, sensor="s1", number=1)
    made, is_new = objects.update_or_create({"number": 1, "note": "a"}, sensor="s1", number=1)
    assert (made.note, is_new) == ("a", True)
    for write in (
        lambda: objects.create(sensor="s1", number="x"),
        lambda: objects.create(sensor="s1", number=2, note=3),
        lambda: objects.bulk_create([Reading(sensor="s1", number="x")]),
        lambda: objects.update_or_create({"note": 5}, sensor="s1", number=1),
    ):
        with pytest.raises(ValueTypeError, match=r"Reading\.\w+ cannot be"):
            write()
    with pytest.raises(ValueTypeError, match="is_checked cannot be None"):
        objects.update_or_create({"is_checked": None}, sensor="s1", number=1)


def test_update_or_create_counts_versions_on() -> None:
    """Begun again, a version would let an older object be saved over newer changes."""
    for text in ("a", "b", "c"):
        made, _ = Versioned.objects.update_or_create({"text": text}, code="v")
    assert made.version == Versioned.objects.get(code="v").version == 3


def test_async_twins_of_an_item() -> None:
    async def write() -> list[Any]:
        made = Reading(sensor="s1", number=1, note="a")
        await made.asave()
        await Reading(sensor="s1", number=1).aupdate(actions=[Reading.note.set("b")])
        await made.arefresh()
        found = [made.note]
        await made.adelete()
        return [*found, await Reading.objects.filter(sensor="s1").acount()]

    assert run_apart(write()) == ["b", 0]


def test_resume_keys_that_the_server_would_refuse(readings: Any) -> None:
    found = Reading.objects.filter(sensor="s1")
    pages = KeyPaginator(found, 7)

    def token(number: Any) -> str:
        key = {"sensor": ["S", "s1"], "number": number}
        return urlsafe_b64encode(json.dumps(key).encode()).decode()

    for number in (["S", "x"], ["N", "abc"], ["N", "NaN"], ["N", "1" * 200], [["N"], "1"]):
        with pytest.raises(ResumeKeyError):
            pages.page(token(number))
    for wrong in (urlsafe_b64encode(b"[" * 5_000).decode(), 5, b"x"):
        with pytest.raises(ResumeKeyError):
            pages.page(wrong)  # type: ignore[arg-type]
    with pytest.raises(ResumeKeyError, match="resume key lies outside"):
        KeyPaginator(found.filter(number__gt=50), 7).page(token(["N", "20"]))
    for key in ({"sensor": "s1", "number": 3}, {"sensor": {"S": "s1"}, "number": {}}):
        with pytest.raises(ResumeKeyError, match="as last_evaluated_key gives it"):
            list(found.set_last_evaluated_key(key))


def test_paginators_begin_where_the_queryset_does_and_refuse_limits(readings: Any) -> None:
    found = Reading.objects.filter(sensor="s1")
    later = found.set_last_evaluated_key(found.set_limit(3).last_evaluated_key)
    page = KeyPaginator(later, 2).page()
    assert [row.number for row in page] == [3, 4]
    assert page[-1].number == 4
    for limited in (found.set_limit(5), found[2:5], found[2:]):
        with pytest.raises(DynamoDBQuerySetError, match="without slice or limit"):
            KeyPaginator(limited, 3)
    for wrong in ("3", 2.5, True, 0):
        with pytest.raises(DynamoDBQuerySetError, match="allowed is a whole number from 1"):
            KeyPaginator(found, wrong)  # type: ignore[arg-type]
    assert len(KeyPaginator(Reading.objects.scan(), 9).page()) == 9


def test_pages_lead_back(readings: Any) -> None:
    pages = KeyPaginator(Reading.objects.filter(sensor="s1").values_list("number", flat=True), 25)
    first = pages.page()
    second = pages.page(first.next_token)
    last = pages.page(second.next_token)
    assert (first.has_previous(), last.has_next(), len(last)) == (False, False, 10)
    again = pages.page(last.previous_token)
    assert (list(again), again.has_next()) == (list(second), True)
    assert pages.page(again.next_token) == last
    again = pages.page(again.previous_token)
    assert (list(again), again.has_previous()) == (list(first), False)
    Reading.objects.filter(sensor="s1", number__lt=25).delete()
    gone = pages.page(second.previous_token)  # all before it are deleted by now
    assert (list(gone), gone.has_previous()) == (list(second), False)
    scan = KeyPaginator(Reading.objects.scan(), 9)
    assert not scan.page(scan.page().next_token).has_previous()
    with pytest.raises(ResumeKeyError):
        scan.page("." + scan.page().next_token)
