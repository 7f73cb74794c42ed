"""Writing rows: one by one and many at once."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from django.db import IntegrityError, connections, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from tests.composite.conftest import EVERY
from tests.composite.models import Branch, Reading
from tests.conftest import needs_postgres

pytestmark = pytest.mark.django_db(databases=EVERY)


def test_a_new_row_is_one_insert_and_never_overwrites(alias: str) -> None:
    with CaptureQueriesContext(connections[alias]) as queries:
        Branch(pk=(1, "JP"), name="first").save()
    assert len(queries) == 1
    with pytest.raises(IntegrityError), transaction.atomic(using=alias):
        Branch(pk=(1, "JP"), name="second").save()
    assert Branch.objects.get(pk="1,JP").name == "first"


def test_a_row_that_was_read_is_updated(alias: str) -> None:
    Branch.objects.create(pk="1,JP")
    branch = Branch.objects.get(pk="1,JP")
    branch.name = "changed"
    with CaptureQueriesContext(connections[alias]) as queries:
        branch.save()
    assert len(queries) == 1
    assert Branch.objects.get().name == "changed"
    Branch(pk=(1, "JP"), name="forced").save(force_update=True)
    assert Branch.objects.get().name == "forced"
    Branch(pk=(1, "JP"), name="named").save(update_fields=["name"])
    assert Branch.objects.get().name == "named"


def test_fixtures_are_loaded_over_rows_that_are_there(alias: str) -> None:
    from django.core import serializers

    Branch.objects.create(pk="1,J\\,P", name="in the fixture")
    text = serializers.serialize("json", Branch.objects.all())
    Branch.objects.update(name="since")
    for row in serializers.deserialize("json", text, using=alias):
        row.save(using=alias)
    assert Branch.objects.get(pk="1,J\\,P").name == "in the fixture"


def test_rows_are_made_in_each_of_djangos_ways(alias: str) -> None:
    Branch.objects.bulk_create([Branch(pk="1,JP"), Branch(company=2, country_code="US")])
    assert not Branch.objects.get_or_create(pk="1,JP")[1]
    row, made = Branch.objects.get_or_create({"name": "x"}, company=3, country_code="FR")
    assert (row.pk, made) == ((3, "FR"), True)
    row, made = Branch.objects.update_or_create({"name": "y"}, pk=(3, "FR"))
    assert (made, Branch.objects.get(pk="3,FR").name) == (False, "y")
    assert set(Branch.objects.in_bulk(["1,JP", (2, "US")])) == {(1, "JP"), (2, "US")}


VALUES: dict[str, Any] = {
    "value": Decimal("12.50"),
    "seen_at": datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC),
    "details": {"a": [1, "%s"]},
    "is_valid": False,
    "raw": b"\x00\xff",
    "ratio": 0.5,
    "note": "long " * 100 + "日本 % ' \\",
}


def readings(count: int) -> list[Reading]:
    device = UUID("12345678-1234-5678-1234-567812345678")
    return [Reading(device=device, day=date.fromordinal(738_000 + n)) for n in range(count)]


def test_bulk_update_writes_each_type_as_saving_does(alias: str) -> None:
    rows = Reading.objects.bulk_create(readings(3))
    for row in rows[:2]:
        for name, value in VALUES.items():
            setattr(row, name, value)
    with CaptureQueriesContext(connections[alias]) as queries:
        assert Reading.objects.bulk_update(rows, list(VALUES)) == 3
    assert len([query for query in queries if "UPDATE" in query["sql"]]) == 1
    for row in Reading.objects.order_by("day")[:2]:
        read = {name: getattr(row, name) for name in VALUES}
        read["raw"] = bytes(read["raw"])
        assert read == VALUES
    saved = Reading.objects.order_by("day")[2]
    assert (saved.value, saved.details, saved.is_valid) == (None, None, True)


def test_bulk_update_returns_the_rows_that_matched(alias: str) -> None:
    rows = [Branch(company=n, country_code="JP", name="new") for n in range(5)]
    Branch.objects.bulk_create([Branch(company=n, country_code="JP") for n in range(3)])
    assert Branch.objects.bulk_update(rows, ["name"]) == 3
    assert Branch.objects.bulk_update(rows, ["name"], batch_size=2) == 3
    assert Branch.objects.count() == 3
    assert set(Branch.objects.values_list("name", flat=True)) == {"new"}
    assert Branch.objects.bulk_update([], ["name"]) == 0


def test_of_two_objects_with_one_key_the_first_is_written(alias: str) -> None:
    Branch.objects.create(pk="1,JP")
    twice = [Branch(pk="1,JP", name="first"), Branch(pk="1,JP", name="second")]
    assert Branch.objects.bulk_update(twice, ["name"]) == 1
    assert Branch.objects.get().name == "first"


def test_bulk_update_of_many_rows(alias: str) -> None:
    rows = [Branch(company=n, country_code="JP") for n in range(3_000)]
    Branch.objects.bulk_create(rows)
    for row in rows:
        row.name = f"branch {row.company}"
    assert Branch.objects.bulk_update(rows, ["name"]) == 3_000
    assert Branch.objects.get(pk="2999,JP").name == "branch 2999"


def test_what_the_join_cannot_do_is_done_as_django_does(alias: str) -> None:
    Branch.objects.bulk_create([Branch(company=n, country_code="JP", name="a") for n in range(3)])
    rows = [Branch(company=n, country_code="JP", name=F("country_code")) for n in range(3)]
    assert Branch.objects.bulk_update(rows, ["name"]) == 3
    assert Branch.objects.filter(name="JP").count() == 3
    rows = [Branch(company=n, country_code="JP", name="b") for n in range(3)]
    assert Branch.objects.filter(company=1).bulk_update(rows, ["name"]) == 1
    assert Branch.objects.filter(name="b").get().company == 1


@pytest.mark.parametrize(
    ("fields", "batch_size", "said"),
    [
        ([], None, "Field names must be given"),
        (["name"], -1, "positive integer"),
        (["company"], None, "primary key fields"),
        (["pk"], None, "concrete fields"),
    ],
)
def test_wrong_arguments_are_told_in_djangos_words(
    alias: str, fields: list[str], batch_size: int | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Branch.objects.bulk_update([Branch(pk="1,JP")], fields, batch_size)
    with pytest.raises(ValueError, match="must have a primary key"):
        Branch.objects.bulk_update([Branch(company=1, country_code=cast("str", None))], ["name"])


@needs_postgres
def test_columns_that_are_arrays_themselves() -> None:
    from tests.composite.models import Tagged

    tagged = Tagged.objects.using("postgres")
    rows = tagged.bulk_create([Tagged(number=n) for n in range(3)])
    for row in rows:
        row.words = ["x"] * row.number
    assert tagged.bulk_update(rows, ["words"]) == 3
    assert tagged.get(number=2).words == ["x", "x"]
