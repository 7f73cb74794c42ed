"""Reading: pydjamodb's names and Django's words, on a real server."""

import pickle
from typing import Any

import pytest
from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db.models import Q
from pynamodb.exceptions import DoesNotExist

import queryaudit
from queryaudit.dynamodb import DynamoDBManager, DynamoDBQuerySet
from queryaudit.dynamodb.errors import (
    DynamoDBQueryException,
    DynamoDBQuerySetError,
    FieldDoesNotExists,
    InvalidOperator,
    ResumeKeyError,
    UnknownIndexError,
    ValueTypeError,
)
from tests.dynamodb.models import Dated, Raw, Reading, Sample

pytestmark = pytest.mark.usefixtures("tables")


def numbers(queryset: Any) -> list[int]:
    return [one.number for one in queryset]


@pytest.mark.parametrize(
    ("lookup", "value", "expected"),
    [
        ("number", 3, [3]),
        ("number__eq", 3, [3]),
        ("number__exact", 3, [3]),
        ("number__gt", 56, [57, 58, 59]),
        ("number__gte", 57, [57, 58, 59]),
        ("number__lt", 3, [0, 1, 2]),
        ("number__lte", 2, [0, 1, 2]),
        ("number__between", (3, 5), [3, 4, 5]),
        ("number__range", (3, 5), [3, 4, 5]),
        ("number__between", (5, 3), []),
    ],
)
def test_range_key_lookups(readings: Any, lookup: str, value: Any, expected: list[int]) -> None:
    found = Reading.objects.set_hash_key("s1").filter(**{lookup: value})
    assert numbers(found) == expected
    assert Reading.objects.set_hash_key("s1").filter(**{lookup: value}).count() == len(expected)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"number__gt": 3, "number__lt": 7}, [4, 5, 6]),
        ({"number__gte": 3, "number__lt": 7}, [3, 4, 5, 6]),
        ({"number__gt": 3, "number__lte": 7, "number__gte": 5}, [5, 6, 7]),
        ({"number__gt": 3, "number__lt": 4}, []),
        ({"number__gt": 7, "number__lt": 3}, []),
        ({"number": 3, "number__lt": 3}, []),
        ({"number": 3, "number__lte": 3}, [3]),
    ],
)
def test_bounds_meet(readings: Any, conditions: dict[str, Any], expected: list[int]) -> None:
    found = Reading.objects.filter(sensor="s1", **conditions)
    assert numbers(found) == expected
    assert found.all().count() == len(expected)
    assert found.all().exists() is bool(expected)


def test_beginnings_meet_bounds() -> None:
    days = ["2024-01-01", "2024-01-31", "2024-02-01", "2024-02-10", "2025-01-01"]
    Dated.objects.bulk_create(Dated(code="a", day=day) for day in days)
    of = Dated.objects.filter(code="a")
    assert [one.day for one in of.filter(day__startswith="2024-0")] == days[:4]
    assert [one.day for one in of.filter(day__startswith="2024", day__gt="2024-01-31")] == days[2:4]
    both = of.filter(day__startswith="2024", day__gt="2024-01-01", day__lt="2024-02-10")
    assert [one.day for one in both] == days[1:3]
    assert both.all().count() == 2
    assert list(of.filter(day__startswith="2024").filter(day__startswith="2025")) == []


def test_two_bounds_on_bytes() -> None:
    Raw.objects.bulk_create(Raw(code=b"\x00\xff", part=bytes([n])) for n in range(250, 256))
    found = Raw.objects.filter(code=b"\x00\xff", part__gt=b"\xfb", part__lt=b"\xff")
    assert [one.part for one in found] == [b"\xfc", b"\xfd", b"\xfe"]
    assert Raw.objects.get(code=b"\x00\xff", part=b"\xff").part == b"\xff"


def test_get_first_last(readings: Any) -> None:
    of = Reading.objects.filter(sensor="s1")
    assert of.get(number=7).note == "note 7"
    assert of.first().number == 0
    assert of.last().number == 59
    assert of.reverse().first().number == 59
    assert Reading.objects.filter(sensor="none").first() is None
    assert of.set_scan_index_forward(False).first().number == 59
    assert numbers(of.order_by("-number")[:2]) == [59, 58]


def test_one_exception_for_handlers_of_both(readings: Any) -> None:
    for kind in (
        Reading.DoesNotExist,
        ObjectDoesNotExist,
        DoesNotExist,
        DynamoDBQuerySetError,
    ):
        with pytest.raises(kind, match="Reading matching query does not exist"):
            Reading.objects.get(sensor="s1", number=99)
    with pytest.raises(Reading.DoesNotExist):
        Reading.get("s1", 99)  # PynamoDB's own
    with pytest.raises(Reading.MultipleObjectsReturned) as several:
        Reading.objects.get(sensor="s1")
    assert isinstance(several.value, MultipleObjectsReturned)
    assert not issubclass(Reading.DoesNotExist, Sample.DoesNotExist)
    error = pickle.loads(pickle.dumps(Reading.DoesNotExist("gone")))
    assert str(error) == "gone"


def test_a_limit_counts_results(readings: Any) -> None:
    odd = Reading.objects.filter(sensor="s1", note__in=[f"note {n}" for n in range(1, 60, 2)])
    limited = odd.set_limit(5)
    assert numbers(limited) == [1, 3, 5, 7, 9]
    assert limited.all().count() == 5
    assert Reading.objects.filter(sensor="s1").set_limit(7).count() == 7
    assert Reading.objects.filter(sensor="s1").set_limit(0).count() == 0
    assert list(Reading.objects.filter(sensor="s1").set_limit(0)) == []


@pytest.mark.parametrize("step", [1, 3, 7, 20, 60, 61])
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("kind", ["plain", "filtered", "between", "index", "fields"])
def test_resume_keys_lose_and_double_nothing(
    readings: Any, step: int, forward: bool, kind: str
) -> None:
    queryset = {
        "plain": Reading.objects.filter(sensor="s1"),
        "filtered": Reading.objects.filter(sensor="s1", day="d1"),
        "between": Reading.objects.filter(sensor="s1", number__gt=3, number__lt=50),
        "index": Reading.days.filter(day="d2"),
        "fields": Reading.objects.filter(sensor="s1", day__in=["d1", "d2"]).values_list("note"),
    }[kind].set_scan_index_forward(forward)
    expected = list(queryset.all())
    found: list[Any] = []
    key = None
    for _ in range(100):
        page = queryset.set_limit(step).set_last_evaluated_key(key)
        found += page
        key = page.last_evaluated_key
        assert key == page.next_key
        if key is None:
            break
    assert found == expected
    assert len(expected) > 10


def test_pages_over_a_megabyte_are_followed() -> None:
    text = "x" * 100_000
    Reading.objects.bulk_create(Reading(sensor="big", number=n, note=text) for n in range(25))
    of = Reading.objects.filter(sensor="big")
    assert numbers(of) == list(range(25))
    assert of.all().count() == 25
    assert numbers(of.set_limit(22)) == list(range(22))
    assert [one.number for one in of.iterator()] == list(range(25))
    # A condition that nothing on the first pages meets.
    assert numbers(of.filter(number__gt=-1, is_checked=False).set_limit(3)) == [0, 1, 2]
    assert Reading.objects.scan().count() == 25
    assert of.delete() == (25, {"Reading": 25})


def test_lazy_kept_and_immutable(readings: Any) -> None:
    with queryaudit.audit() as audit:
        of = Reading.objects.filter(sensor="s1")
        narrowed = of.filter(number__lt=5).order_by("-number").set_limit(3)
    assert audit.dynamodb_calls == 0
    with queryaudit.audit() as audit:
        assert (len(narrowed), bool(narrowed), numbers(narrowed)) == (3, True, [4, 3, 2])
        assert (narrowed.count(), narrowed.exists(), narrowed[0].number) == (3, True, 4)
        assert len(narrowed[1:]) == 2
    assert audit.dynamodb_calls == 1
    assert of._result is None
    assert len(of) == 60


def test_slices(readings: Any) -> None:
    of = Reading.objects.filter(sensor="s1")
    assert numbers(of[5:8]) == [5, 6, 7]
    assert numbers(of[5:20][2:4]) == [7, 8]
    assert numbers(of[57:]) == [57, 58, 59]
    assert of[3].number == 3
    assert numbers(of[:6:2]) == [0, 2, 4]
    assert of[50:70].count() == 10
    with pytest.raises(IndexError):
        of[60]
    with pytest.raises(ValueError, match="Negative"):
        of[-1]
    with pytest.raises(TypeError, match="slice"):
        of[:3].filter(number=1)


def test_indexes(readings: Any) -> None:
    assert numbers(Reading.days.filter(day="d1"))[:3] == [1, 4, 7]
    assert Reading.objects.set_index(Reading.by_day).set_hash_key("d1").count() == 20
    assert Reading.objects.set_index("by_day").filter(day="d1", number__gte=50).count() == 3
    cold = Reading.temperatures.filter(sensor="s1", temperature__lt=1)
    assert [one.temperature for one in cold] == [0, 0.5]
    assert cold.set_index(None).filter(sensor="s1")  # back on the table: a filter
    with pytest.raises(UnknownIndexError, match="allowed: by_day, by_temperature"):
        Reading.objects.set_index("by_nigth")
    with pytest.raises(DynamoDBQuerySetError, match="global index"):
        list(Reading.days.filter(day="d1").consistent())
    assert Reading.temperatures.filter(sensor="s1").consistent().count() == 60


def test_q_on_what_is_no_key(readings: Any) -> None:
    of = Reading.objects.filter(sensor="s1")
    assert numbers(of.filter(Q(day="d1") & Q(temperature__lt=2))) == [1]
    assert numbers(of.filter(Q(note="note 3") | Q(note="note 5"))) == [3, 5]
    assert of.filter(~Q(day="d1")).count() == 40
    assert of.exclude(day="d1").count() == 40
    assert (
        of.filter(Q(number__lt=3), Q(day="d1")).count() == 1
    )  # a key in a Q that is joined by AND
    assert of.filter(note__contains="9").count() == 6
    assert of.filter(note__isnull=True).count() == 0
    assert of.filter(note__exists=True, day__not="d0").count() == 40
    assert of.filter(day__in=[]).count() == 0
    with pytest.raises(DynamoDBQuerySetError, match="key of Reading"):
        of.filter(Q(number=1) | Q(day="d1"))


def test_values(readings: Any) -> None:
    of = Reading.objects.filter(sensor="s1", number__lt=2)
    assert list(of.values("number", "day")) == [
        {"number": 0, "day": "d0"},
        {"number": 1, "day": "d1"},
    ]
    assert list(of.values_list("day", "number")) == [("d0", 0), ("d1", 1)]
    assert list(of.values_list("day", flat=True)) == ["d0", "d1"]
    assert [row.day for row in of.values_list("day", named=True)] == ["d0", "d1"]
    assert list(of.values())[1]["is_checked"] is False
    (first, _) = of.only("day")
    assert (first.sensor, first.number, first.day, first.note) == ("s1", 0, "d0", None)
    with pytest.raises(FieldDoesNotExists, match="allowed: day, is_checked"):
        of.values("dya")


def test_none_asks_for_nothing() -> None:
    with queryaudit.audit() as audit:
        empty = Reading.objects.none()
        assert list(empty) == []
        assert (empty.count(), empty.exists(), empty.first(), empty.last()) == (
            0,
            False,
            None,
            None,
        )
        assert empty.filter(sensor="s1").delete() == (0, {})
        assert empty.last_evaluated_key is None
    assert audit.dynamodb_calls == 0


def test_scans_only_by_name(readings: Any) -> None:
    lazy = Reading.objects.all()
    with pytest.raises(DynamoDBQuerySetError, match=r"filter\(sensor=...\).*scan\(\)"):
        list(lazy)
    assert "without a hash key" in repr(lazy)
    assert Reading.objects.scan().filter(number__lt=10).count() == 10
    assert len(Reading.objects.scan().filter(sensor__startswith="s", day="d1")) == 20
    with pytest.raises(DynamoDBQuerySetError, match="no order"):
        Reading.objects.scan().order_by("number")


def test_get_by_the_whole_key_is_get_item(readings: Any) -> None:
    with queryaudit.audit() as audit:
        Reading.objects.get(sensor="s1", number=1)
        Reading.objects.set_hash_key("s1").get(number=1)
        Reading.objects.filter(sensor="s1").get(number=1, day="d1")
    ledger = audit._recorder.dynamodb
    assert ledger is not None
    operations = [shape.operation for shape in ledger.shapes]
    assert operations == ["GetItem", "Query"]


@pytest.mark.parametrize(
    ("condition", "error", "text"),
    [
        ({"sensr": "s1"}, FieldDoesNotExists, "allowed: day, is_checked, note, number"),
        ({"sensor__gt": "s1"}, InvalidOperator, "allowed: eq"),
        ({"sensor__in": ["s1"]}, InvalidOperator, r"in_bulk\(keys\)"),
        ({"number__contains": 3}, InvalidOperator, "allowed: eq, gt, lt, gte, lte, between$"),
        ({"note__icontains": "x"}, InvalidOperator, "allowed: eq, startswith"),
        ({"number": "3"}, ValueTypeError, "NumberAttribute takes a number"),
        ({"number": float("nan")}, ValueTypeError, "takes a number"),
        ({"number__between": 3}, ValueTypeError, "a list of values"),
        ({"number__between": (3,)}, ValueTypeError, "two values"),
        ({"sensor": 3}, ValueTypeError, "UnicodeAttribute takes text"),
        ({"sensor": None}, ValueTypeError, "takes text"),
        ({"note__exists": 1}, ValueTypeError, "allowed: True, False"),
        ({"note__in": "abc"}, ValueTypeError, "a list of values"),
    ],
)
def test_bad_conditions(condition: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        Reading.objects.filter(**condition)
    assert isinstance(caught.value, DynamoDBQueryException)
    assert isinstance(caught.value, queryaudit.QueryAuditError)


def test_resume_keys_of_others(readings: Any) -> None:
    key = Reading.objects.filter(sensor="s1").set_limit(3).last_evaluated_key
    with pytest.raises(ResumeKeyError, match="of another sensor"):
        list(Reading.objects.filter(sensor="s2").set_last_evaluated_key(key))
    with pytest.raises(ResumeKeyError, match="another table or index"):
        list(Reading.days.filter(day="d1").set_last_evaluated_key(key))
    with pytest.raises(ResumeKeyError):
        list(Reading.objects.filter(sensor="s1").set_last_evaluated_key("s1"))


def test_pickles_and_shares(readings: Any) -> None:
    of = Reading.objects.filter(Q(day="d1") | Q(day="d2"), sensor="s1", number__lt=9).set_limit(3)
    lazy = pickle.loads(pickle.dumps(of))
    assert lazy._result is None
    assert list(lazy) == list(of)
    kept = pickle.loads(pickle.dumps(of))
    with queryaudit.audit() as audit:
        assert numbers(kept) == [1, 2, 4]
        assert kept.last_evaluated_key == of.last_evaluated_key
    assert audit.dynamodb_calls == 0


def test_managers_and_querysets_of_ones_own(readings: Any) -> None:
    class Warm(DynamoDBQuerySet):
        def warm(self) -> "Warm":
            return self.filter(temperature__gt=28)

    class Own(Reading):
        class Meta:
            table_name = "readings"
            proxy = True

        objects = Warm.as_manager()
        named = DynamoDBManager.from_queryset(Warm)(index="by_day")

    assert numbers(Own.objects.filter(sensor="s1").warm()) == [57, 58, 59]
    assert numbers(Own.named.filter(day="d0").warm()) == [57]
    assert type(Own.objects.filter(sensor="s1").warm().first()) is Own
    assert not hasattr(Reading.objects, "warm")
    with pytest.raises(AttributeError, match="instances"):
        Reading("s1", 1).objects  # noqa: B018


def test_equality_is_by_key(readings: Any) -> None:
    one = Reading.objects.get(sensor="s1", number=1)
    assert one == Reading("s1", 1.0, note="another")
    assert one != Reading("s1", 2)
    assert len({one, Reading("s1", 1)}) == 1
    assert one.pk == ("s1", 1)
    assert Reading() != Reading()
    with pytest.raises(TypeError, match="without its key"):
        hash(Reading())
