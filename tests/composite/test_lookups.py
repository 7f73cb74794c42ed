"""Rows by their keys and by several columns, on the three databases."""

import pickle
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.db.models import F, Q
from django.test.utils import CaptureQueriesContext

from queryaudit.errors import CompositeKeyError, CompositeNameError
from tests.composite.conftest import EVERY
from tests.composite.models import Album, Artist, Branch, Office, Reading, Track
from tests.composite.test_keys import ODD_TEXTS

pytestmark = pytest.mark.django_db(databases=EVERY)
ONE, US = (1, "JP"), (2, "US")


@pytest.fixture
def branches(alias: str) -> list[Branch]:
    keys = [ONE, US, (1, "US"), (2, "JP")]
    return [Branch.objects.create(pk=key, name=f"{key}") for key in keys]


def keys_of(queryset: object) -> list[object]:
    return sorted(row.pk for row in queryset)  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", [ONE, "1,JP", [1, "JP"], '["1", "JP"]', ("1", "JP")])
def test_a_key_in_each_form_finds_its_row(branches: list[Branch], key: object) -> None:
    assert Branch.objects.get(pk=key) == branches[0]
    assert Branch.objects.filter(pk__in=[key, "2,US"]).count() == 2
    assert keys_of(Branch.objects.exclude(pk=key)) == sorted([US, (1, "US"), (2, "JP")])
    assert keys_of(Branch.objects.exclude(pk__in=[key])) == sorted([US, (1, "US"), (2, "JP")])
    assert Branch.objects.in_bulk([key]) == {ONE: branches[0]}
    assert keys_of(Branch.objects.filter(pk__gt=key)) == [(1, "US"), (2, "JP"), US]
    assert keys_of(Branch.objects.filter(pk__lte=key)) == [ONE]


def test_every_character_finds_its_row(alias: str) -> None:
    for number, text in enumerate(ODD_TEXTS):
        row = Branch.objects.create(company=number, country_code=text)
        assert Branch.objects.get(pk=str(row.pk)).country_code == text
        assert Branch.objects.filter(pk__in=[str(row.pk)]).get() == row


def test_dates_and_uuids_find_their_row(alias: str) -> None:
    device = UUID("12345678-1234-5678-1234-567812345678")
    row = Reading.objects.create(device=device, day=date(2026, 3, 1))
    assert Reading.objects.get(pk=f"{device},2026-03-01") == row
    assert Reading.objects.filter(pk__in=[row.pk, f"{device},2026-03-02"]).get() == row


def test_none_and_no_keys_find_nothing(branches: list[Branch]) -> None:
    assert not Branch.objects.filter(pk__in=[])
    assert not Branch.objects.filter(pk__in=[(1, None)])
    assert not Branch.objects.filter(pk=None)
    assert Branch.objects.exclude(pk__in=[]).count() == 4


def test_a_subquery_may_stand_for_keys(branches: list[Branch]) -> None:
    assert keys_of(Branch.objects.filter(pk__in=Branch.objects.filter(company=1))) == [
        ONE,
        (1, "US"),
    ]


@pytest.mark.parametrize("value", [ONE, "1,JP"])
def test_several_columns_in_one_lookup(branches: list[Branch], value: Any) -> None:
    name = "company,country_code"
    assert Branch.objects.get(**{name: value}) == branches[0]
    assert keys_of(Branch.objects.filter(**{f"{name}__in": [value, US]})) == [ONE, US]
    assert keys_of(Branch.objects.exclude(**{name: value})) == [(1, "US"), (2, "JP"), US]
    assert keys_of(Branch.objects.filter(~Q(**{f"{name}__in": [value]}) & Q(company=1))) == [
        (1, "US")
    ]
    assert keys_of(Branch.objects.filter(Q(**{name: value}) | Q(name=str(US)))) == [ONE, US]
    # In another order than the key's, as columns of any model.
    assert Branch.objects.get(**{"country_code,company": ("JP", 1)}) == branches[0]
    assert Branch.objects.filter(**{"country_code,company__in": [("JP", 1)]}).get() == branches[0]
    assert Branch.objects.exclude(**{"country_code,company__in": [("JP", 1)]}).count() == 3
    assert Branch.objects.filter(**{name: value}).update(name="new") == 1
    assert Branch.objects.filter(**{f"{name}__in": [value]}).delete()[0] == 1
    assert Branch.objects.get_or_create(**{name: value})[1]
    assert Branch.objects.update_or_create({"name": "newer"}, **{name: value})[0].name == "newer"


def test_columns_across_relations_are_those_of_one_row(albums: list[Album]) -> None:
    name = "albums__artist_id,number"
    found = Artist.objects.filter(pk=1)
    from queryaudit.composite.managers import CompositeQuerySet

    artists: Any = CompositeQuerySet(Artist)
    assert list(artists.filter(**{name: (1, 2)})) == list(found)
    assert list(artists.filter(**{"albums__number,title": (2, "1.1")})) == []
    assert list(artists.exclude(**{name: (1, 2)})) == list(Artist.objects.filter(pk=2))
    assert list(artists.exclude(**{"albums__number,title": (2, "1.1")}).order_by("pk")) == list(
        Artist.objects.order_by("pk")
    )
    assert list(artists.filter(**{"albums__number,title__in": [(2, "1.2")]})) == list(found)
    assert list(artists.exclude(**{"albums__number,title__in": [(2, "1.2")]})) == list(
        Artist.objects.filter(pk=2)
    )
    assert Album.objects.get(**{"tracks__artist_id,album_no,title": (1, 1, "1.t1")}) == albums[0]


def test_columns_with_null_are_not_lost_when_excluded(alias: str) -> None:
    from queryaudit.composite.managers import CompositeQuerySet

    Office.objects.create(town="a", company=1, country_code="JP")
    Office.objects.create(town="b", company=1)
    offices: Any = CompositeQuerySet(Office)
    assert [o.town for o in offices.exclude(**{"company,country_code__in": [ONE]})] == ["b"]
    assert [o.town for o in offices.exclude(**{"company,country_code": ONE})] == ["b"]


def test_twenty_thousand_keys(alias: str) -> None:
    Branch.objects.bulk_create([Branch(company=n, country_code="JP") for n in range(50)])
    keys = [(n, "JP") for n in range(20_000)]
    with CaptureQueriesContext(connections[alias]) as queries:
        assert len(Branch.objects.filter(pk__in=keys)) == 50
        assert (
            len(Branch.objects.filter(**{"country_code,company__in": [("JP", n) for n, _ in keys]}))
            == 50
        )
    assert len(queries) == 2


def test_querysets_pickle(branches: list[Branch]) -> None:
    queryset = Branch.objects.filter(**{"country_code,company__in": [("JP", 1)]}, pk__in=["1,JP"])
    again = Branch.objects.all()
    again.query = pickle.loads(pickle.dumps(queryset.query))
    assert list(again) == [branches[0]]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("company,town", "'town' is none"),
        ("offices__company,land", "'land' is none"),
        ("name__company,country_code", "name is none"),
        ("country_code,company__gt", "look-ups exact, in"),
        ("company,country_code__contains", "look-ups exact"),
        ("company,offices", "none of one column"),
    ],
)
def test_a_name_that_means_nothing_is_told(name: str, said: str) -> None:
    with pytest.raises(CompositeNameError) as raised:
        Branch.objects.filter(**{name: ONE})
    assert said in str(raised.value)
    assert name in str(raised.value)


def test_expressions_may_be_parts(branches: list[Branch]) -> None:
    assert Branch.objects.filter(pk=(F("company"), "JP")).count() == 2
    assert Branch.objects.filter(pk__in=[(F("company"), "JP"), US]).count() == 3


def test_a_row_is_no_key() -> None:
    row: Any = Branch(pk="1,JP")
    with pytest.raises(CompositeKeyError, match="2 parts"):
        Branch.objects.filter(pk=row)
    with pytest.raises(CompositeKeyError, match="2 parts"):
        Branch.objects.filter(pk__in=[row])


def test_a_value_of_other_length_is_told() -> None:
    with pytest.raises(CompositeKeyError, match="2 parts"):
        Branch.objects.filter(**{"company,country_code": "1,2,3"})
    with pytest.raises(CompositeKeyError, match="2 parts"):
        Track.objects.filter(album="1")


def test_a_part_that_json_cannot_carry_is_found(alias: str) -> None:
    """SQLite ends a JSON text at NUL; PostgreSQL takes no NUL at all."""
    if alias == "postgres":
        pytest.skip("PostgreSQL has no NUL in texts")
    row = Branch.objects.create(company=1, country_code="a\0b")
    Branch.objects.create(company=1, country_code="a")
    assert Branch.objects.filter(pk__in=[(1, "a\0b")]).get() == row


def test_a_longer_text_than_the_column_finds_nothing(alias: str) -> None:
    Branch.objects.create(company=1, country_code="J" * 20)
    assert not Branch.objects.filter(pk__in=[(1, "J" * 21)])


def test_named_columns_cannot_hold_every_number(alias: str) -> None:
    Branch.objects.create(company=1, country_code="JP", name="x")
    asked = {"company,name__in": [(1, "x"), (10**30, "x")]}
    assert Branch.objects.filter(**asked).count() == 1
    assert Branch.objects.exclude(**asked).count() == 0
    assert not Branch.objects.filter(**{"company,name__in": [(10**30, "x")]}).exists()
