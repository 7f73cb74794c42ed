"""What memory answers, and how: the same as the database would."""

import asyncio
import copy
import pickle
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import NotSupportedError
from django.db.models import F, Q
from django.db.models.functions import Now
from django.test import override_settings

from queryaudit.errors import MasterDataLimitError, ReadOnlyRowError, UnansweredError
from queryaudit.masterdata import MasterDataManager, questions
from tests.masterdata.conftest import state_of
from tests.masterdata.models import (
    Country,
    CountryProxy,
    Currency,
    Island,
    Listed,
    Rate,
    Region,
    Shop,
    Watched,
)


@pytest.fixture
def warm(countries: list[Any]) -> list[Any]:
    Country.cached.warm()
    Region.cached.warm()
    return countries


SAME: list[Any] = [
    lambda c: c.all(),
    lambda c: c.filter(size=2),
    lambda c: c.filter(size=2, is_active=True),
    lambda c: c.filter(size=2).filter(is_active=True),
    lambda c: c.filter(size="2"),
    lambda c: c.filter(size=True),
    lambda c: c.filter(region=None),
    lambda c: c.filter(region__isnull=True),
    lambda c: c.filter(pk__in=[3, 1, 1, None]),
    lambda c: c.filter(code__in=["JP", "xx"]),
    lambda c: c.filter(code="jp"),
    lambda c: c.filter(code="JP", size=3),
    lambda c: c.filter(code="JP", size=4),
    lambda c: c.filter(name="japan"),
    lambda c: c.filter(name__icontains="an"),
    lambda c: c.filter(area=Decimal("0.00")),
    lambda c: c.filter(founded=date(2000, 1, 1)),
    lambda c: c.filter(Q(code="JP") | Q(size=2)),
    lambda c: c.exclude(size=2),
    lambda c: c.order_by("-name"),
    lambda c: c.order_by("name")[1:3],
    lambda c: c.all()[1:],
    lambda c: c.all()[1:][:1],
    lambda c: c.all().reverse(),
    lambda c: c.filter(size=2).order_by("code").reverse(),
    lambda c: c.filter(size=99_999_999_999_999_999_999),
    lambda c: c.filter(pk__gt=0).exclude(code="DE").order_by("pk"),
    lambda c: c.all().none(),
    lambda c: c.filter(size__in=(n for n in (2, 3))),
    lambda c: c.filter(size__in=range(3)),
    lambda c: c.filter(pk__in=set()),
    lambda c: c.all().distinct(),
    lambda c: c.filter(key=str(uuid4())),
    lambda c: c.filter(size=2.5),
]


def test_sets_are_those_of_the_database_and_asked_at_most_once(
    alias: str, warm: list[Any], queries: Any
) -> None:
    def plain(rows: Any) -> list[dict[str, Any]]:
        return [{**vars(row), "_state": None} for row in rows]

    for number, ask in enumerate(SAME):
        expected = list(ask(Country.objects.using(alias)))
        assert list(ask(Country.cached)) == expected, number
        with queries(0):
            assert plain(ask(Country.cached)) == plain(expected), number
            assert ask(Country.cached).count() == len(expected), number
            assert ask(Country.cached).exists() is bool(expected), number


def test_equality_of_numbers_is_decided_without_a_question(
    alias: str, warm: list[Any], queries: Any
) -> None:
    jp, de, _ = warm
    with queries(0):
        assert [c.code for c in Country.cached.filter(size=2)] == ["DE", "FR"]
        assert [c.code for c in Country.cached.filter(region=jp.region)] == ["JP"]
        assert [c.code for c in Country.cached.filter(region_id=jp.region_id)] == ["JP"]
        assert not Country.cached.filter(size=7).exists()
        assert Country.cached.get(key=jp.key) == jp
        assert Country.cached.get(key=str(jp.key)) == jp
        assert Country.cached.get(code="DE", size=2) == de
        assert Country.cached.in_bulk([de.pk, 0]) == {de.pk: de}
        assert (Country.cached.first(), Country.cached.count()) == (jp, 3)
        with pytest.raises(Country.DoesNotExist, match="Country matching query does not exist"):
            Country.cached.get(pk=0)
        with pytest.raises(Country.MultipleObjectsReturned, match="it returned 2!"):
            Country.cached.get(size=2)


def test_text_that_is_not_found_is_asked_once_a_generation(
    alias: str, warm: list[Any], queries: Any
) -> None:
    def find() -> Country | None:
        return Country.cached.filter(code="jp").first()

    expected = Country.objects.using(alias).filter(code="jp").first()
    assert (expected is not None) is (alias == "mariadb"), "its collation knows no case"
    with queries(1):
        assert find() == expected
        assert find() == expected
    Country.objects.filter(code="DE").update(code="jp2")
    with queries(2):
        assert find() == expected
        assert find() == expected


def test_questions_that_are_not_answered_say_what_to_do(alias: str, warm: list[Any]) -> None:
    for ask in (
        lambda: list(Country.cached.filter(size=F("id"))),
        lambda: list(Country.cached.filter(founded__lt=Now())),
        lambda: list(Country.cached.filter(pk__in=Region.objects.values("pk"))),
        lambda: list(Country.cached.filter(albums__title="x")),
        lambda: Country.cached.all().select_related("region"),
        lambda: Country.cached.all().update(size=1),
        lambda: list(Country.cached.order_by("albums__title")),
    ):
        with pytest.raises(UnansweredError, match=r"masterdata_tests.Country: .*objects") as caught:
            ask()
        with override_settings(QUERYAUDIT={"MASTERDATA": {"COHERENCE": "off"}}):
            with pytest.raises(UnansweredError):
                ask()
        assert isinstance(caught.value, NotSupportedError)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with pytest.raises(AttributeError):
        Country.cached.all().no_such_method()
    with pytest.raises(TypeError, match="once a slice has been taken"):
        Country.cached.all()[:1].filter(size=2)
    with pytest.raises(ValueError, match="Negative indexing"):
        Country.cached.all()[-1]
    with pytest.raises(IndexError):
        Country.cached.all()[3]


def test_answers_are_bounded(alias: str, warm: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MAX_ANSWERS", 3)
    for number in range(10):
        Country.cached.filter(name=f"n{number}").count()
    assert state_of(Country, "answers") == 3


def test_rows_are_copies(alias: str, warm: list[Any]) -> None:
    row = Country.cached.get(code="JP")
    assert row._state.db == alias
    assert not row._state.adding
    row.name = "changed"
    row.details["changed"] = True
    vars(row)["unknown"] = 1
    again = Country.cached.get(code="JP")
    assert (again.name, again.details, hasattr(again, "unknown")) == ("Japan", {}, False)
    assert type(again) is Country
    assert pickle.loads(pickle.dumps(again)) == again
    again.name = "Nippon"
    again.save(using=alias)
    assert Country.cached.get(code="JP").name == "Nippon"


def test_shared_rows_cannot_be_changed(alias: str, countries: list[Any], queries: Any) -> None:
    Shop.objects.create(region=countries[0].region, number=1, tags=["a", {"b": [1]}])
    row = Shop.cached.get(number=1)
    assert row is Shop.cached.get(number=1)
    assert isinstance(row, Shop)
    assert row == Shop.objects.get()
    for change in (
        lambda: setattr(row, "number", 2),
        lambda: delattr(row, "number"),
        lambda: row.tags.append(1),
        lambda: row.tags[1].update(x=1),
        lambda: row.tags[1]["b"].append(1),
        row.save,
        row.delete,
        row.refresh_from_db,
    ):
        with pytest.raises(ReadOnlyRowError):
            change()
    assert row.tags == ["a", {"b": [1]}]
    assert row.region.name == "Asia"
    Region.objects.filter(name="Asia").update(name="ASIA")
    assert Shop.cached.get(number=1).region.name == "ASIA", "a relation is not kept on the row"
    for free in (copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row))):
        assert type(free) is Shop
        free.number = 5
        free.tags.append("b")
        free.tags[1]["b"].append(2)
    assert (row.number, row.tags) == (1, ["a", {"b": [1]}])
    with queries(0):
        assert Shop.cached.all()[0] is Shop.cached.first() is row


def test_two_columns_that_are_unique_together(
    alias: str, countries: list[Any], queries: Any
) -> None:
    region = countries[0].region
    shop = Shop.objects.create(region=region, number=1)
    Shop.cached.warm()
    with queries(0):
        assert Shop.cached.get(region=region, number=1) == shop
        assert Shop.cached.get(region_id=region.pk, number="1") == shop
        with pytest.raises(Shop.DoesNotExist):
            Shop.cached.get(region=region, number=2)


def test_keys_of_several_columns(alias: str, countries: list[Any], queries: Any) -> None:
    yen = Currency.objects.create(code="JPY", name="Yen", country=countries[0])
    rate = Rate.objects.create(currency=yen, year=2026, value=7)
    assert Rate.cached.get(pk=("JPY", 2026)) == rate
    with queries(0):
        assert Rate.cached.get(pk=("JPY", 2026)).value == 7
        assert Rate.cached.get(pk="JPY,2026") == rate
        assert Rate.cached.get(currency_id="JPY", year=2026) == rate
        assert Rate.cached.filter(year=2026).count() == 1
    with queries(1), pytest.raises(Rate.DoesNotExist):
        Rate.cached.get(pk=("jpy2", 2026))


def test_the_manager_belongs_to_each_class_of_its_own(alias: str, countries: list[Any]) -> None:
    island = Island.objects.create(code="IS", name="Iceland", sea="Atlantic")
    assert [type(row) for row in Island.cached.all()] == [Island]
    assert Island.cached.get(code="IS").sea == "Atlantic"
    assert Country.cached.count() == 4
    assert type(CountryProxy.cached.get(code="JP")) is CountryProxy
    Country.objects.filter(pk=island.pk).update(name="Island")
    assert Island.cached.get(code="IS").name == "Island", "a column of the parent's table"
    assert [m.name for m in Country._meta.managers] == ["objects"]
    with pytest.raises(AttributeError, match="abstract"):
        Listed.cached  # noqa: B018
    with pytest.raises(AttributeError, match="of the class Country"):
        countries[0].cached  # noqa: B018


def test_default_and_base_managers_are_told_apart(alias: str, countries: list[Any]) -> None:
    Currency.objects.create(code="JPY", name="Yen", country=countries[0])
    Currency._base_manager.create(code="DEM", name="Mark", is_active=False, country=countries[1])
    assert [row.code for row in Currency.cached.all()] == ["JPY"]
    assert countries[1].currency.name == "Mark"


def test_rows_that_are_made_with_more_than_columns(alias: str) -> None:
    Watched.objects.create(name="one")
    Watched.objects.create(name="hidden")
    (row,) = Watched.cached.all()
    row.changes.append("poison")
    (again,) = Watched.cached.all()
    assert (again.changes, again.original_name, again.name) == ([], "one", "one")


def test_a_table_over_its_limit_is_refused(alias: str, countries: list[Any]) -> None:
    with override_settings(QUERYAUDIT={"MASTERDATA": {"MAX_ROWS": 2}}):
        for _ in range(2):
            with pytest.raises(MasterDataLimitError, match="'MAX_ROWS'] is 2") as caught:
                Country.cached.get(code="JP")
            assert (caught.value.setting, caught.value.limit) == ("MAX_ROWS", 2)
        assert pickle.loads(pickle.dumps(caught.value)).setting == "MAX_ROWS"
        assert state_of(Country) == "refused"
        Country.objects.filter(code="JP").delete()
        assert Country.cached.count() == 2
    with override_settings(QUERYAUDIT={"MASTERDATA": {"MAX_BYTES": 100}}):
        with pytest.raises(MasterDataLimitError, match="'MAX_BYTES'] is 100"):
            Country.cached.get(code="DE")
    with override_settings(QUERYAUDIT={"MASTERDATA": {"COHERENCE": "off"}}):
        assert Country.cached.get(code="DE").name == "Germany"
        assert state_of(Country) == "off"


def test_async_twins(alias: str, warm: list[Any]) -> None:
    async def ask() -> list[Any]:
        jp = await Country.cached.aget(code="JP")
        return [
            jp.name,
            await Country.cached.acount(),
            await Country.cached.aexists(),
            getattr(await Country.cached.afirst(), "code", None),
            [row.code async for row in Country.cached.filter(size=2)],
            len(await Country.cached.ain_bulk()),
            await Country.cached.filter(name="Japan").acount(),
        ]

    from asgiref.sync import async_to_sync

    assert async_to_sync(ask)() == ["Japan", 3, True, "JP", ["DE", "FR"], 3, 1]
    assert asyncio.run(Country.cached.aget(code="JP")).name == "Japan"


def test_options_that_do_not_fit() -> None:
    with pytest.raises(TypeError, match="allowed is a function"):
        MasterDataManager(queryset=[1])  # type: ignore[arg-type]
