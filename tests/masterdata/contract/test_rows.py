"""Rows of raw SQL and of querysets from memory: parameters, tables, what is refused."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from datetime import timezone as offset
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import Prefetch
from django.test import override_settings
from django.utils import timezone

import queryaudit
from queryaudit import masterdata, rawsql
from queryaudit.errors import MasterDataError, MasterDataLimitError, UnansweredError
from queryaudit.masterdata import MasterDataManager, registry
from queryaudit.masterdata.manager import MasterData
from tests.masterdata.models import Album, Country, Island, Region, Shop
from tests.rawsql.models import Measured

TABLE, ISLAND = Country._meta.db_table, Island._meta.db_table


def counted(ask: Callable[[], Any]) -> tuple[Any, int]:
    with queryaudit.audit() as audit:
        found = ask()
    return found, audit.query_count


def test_parameters_are_told_apart(alias: str, countries: list[Any]) -> None:
    at_least = masterdata.cached(Country.rows.at_least)
    assert [row.code for row in at_least(size=2)] == ["JP", "DE", "FR"]
    assert [row.code for row in at_least(size=3)] == ["JP"]
    assert counted(lambda: (at_least(size=2), at_least(size=3)))[1] == 0
    assert counted(lambda: at_least(size=2.0))[1] == 1  # another value to a database
    assert at_least.bind(size=3).first().code == "JP"
    Region.objects.update(name="x")
    assert counted(lambda: at_least(size=2))[1] == 0
    countries[0].delete()
    assert counted(lambda: [row.code for row in at_least(size=2)]) == (["DE", "FR"], 1)


def test_lazy_rows_and_functions(alias: str, countries: list[Any]) -> None:
    text = f"SELECT code, size FROM {TABLE} WHERE size > %(size)s ORDER BY id"
    lazy = masterdata.cached(Country.rows.lazy(text, {"size": 2}))
    sliced = masterdata.cached(Country.rows.lazy(text, {"size": 0})[1:])

    def totals() -> list[Any]:
        text = f"SELECT size, COUNT(*) AS count FROM {TABLE} GROUP BY size ORDER BY size"
        return rawsql.fetch(text, using=alias)

    function = masterdata.cached(totals, depends_on=[Country], using=alias)
    assert [row.code for row in lazy] == ["JP"]
    assert [row.code for row in sliced] == ["DE", "FR"]
    assert [tuple(row) for row in function()] == [(2, 2), (3, 1)]
    ask = [lazy.count, sliced.count, function.count]
    assert counted(lambda: [one() for one in ask]) == ([1, 2, 2], 0)
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.extend(lazy()))
    thread.start()
    thread.join()
    assert len(found) == 1
    Country.objects.update(size=5)
    assert [one() for one in ask] == [3, 2, 1]


@pytest.mark.django_db(databases={"default", "other"}, transaction=True)
def test_the_database_that_was_chosen() -> None:
    sizes = masterdata.cached(Country.rows.using("other").sizes)
    large = masterdata.cached(Country.objects.using("other").filter(size=3))
    own = masterdata.cached(Country.rows.sizes, using="other")
    Country.objects.create(code="JP", size=3)
    for one in (sizes, own):
        assert one() == []
    assert list(large) == []
    Country.objects.using("other").create(code="DE", size=3)
    for one in (sizes, own):
        assert [row.code for row in one()] == ["DE"]
    assert [row.code for row in large] == ["DE"]


def test_columns(alias: str, countries: list[Any]) -> None:
    sizes = masterdata.cached(Country.rows.sizes)
    assert sizes.get(code="JP").size == 3
    assert [row.code for row in sizes.filter(size=2)] == ["DE", "FR"]
    assert [row.code for row in sizes.filter(code__in=["FR", "JP", "XX"], size__in={2, 3})] == [
        "JP",
        "FR",
    ]
    assert sizes.filter(size=9) == []
    assert (len(sizes), bool(sizes), sizes[0].code, [row.code for row in sizes[1:]]) == (
        3, True, "JP", ["DE", "FR"],
    )  # fmt: skip
    with pytest.raises(Country.DoesNotExist, match="no row with"):
        sizes.get(code="XX")
    with pytest.raises(Country.MultipleObjectsReturned, match="2 rows"):
        sizes.get(size=2)
    with pytest.raises(UnansweredError, match="no column 'colour'; allowed: code, name, size"):
        sizes.filter(colour="red")


def test_a_transaction_reads_its_own(alias: str, countries: list[Any]) -> None:
    sizes = masterdata.cached(Country.rows.sizes)
    assert sizes.get(code="JP").size == 3
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=alias):
        Country.objects.filter(code="JP").update(size=9)
        assert sizes.get(code="JP").size == 9
        1 / 0  # noqa: B018
    assert [counted(lambda: sizes.get(code="JP").size) for _ in "ab"] == [(3, 1), (3, 0)]


def test_values_that_could_be_changed_are_copied(alias: str, countries: list[Any]) -> None:
    Country.objects.filter(code="JP").update(details={"list": [1]})
    text = f"SELECT code, details FROM {TABLE} ORDER BY id"
    rows = masterdata.cached(Country.rows.lazy(text))
    rows.get(code="JP").details["list"].append(2)
    assert counted(lambda: rows.get(code="JP").details) == ({"list": [1]}, 0)


def test_equal_parameters_that_are_not_the_same(alias: str, countries: list[Any]) -> None:
    """A function sees another day, a database another text."""
    days = masterdata.cached(lambda at: [(str(at),)], depends_on=[Country], using=alias)
    at = datetime(2026, 1, 1, 20, tzinfo=UTC)
    for one in (at, at.astimezone(offset(timedelta(hours=9)))):
        assert days(at=one) == [(str(one),)]
    for amount in (Decimal("1.0"), Decimal("1.00"), 0.0, -0.0, 1, True):
        assert days(at=amount) == [(str(amount),)]
        assert counted(partial(days, at=amount)) == ([(str(amount),)], 0)


def test_a_function_answers_in_the_time_zone_of_who_asks(alias: str, countries: list[Any]) -> None:
    at = datetime(2026, 1, 1, 20, tzinfo=UTC)
    days = masterdata.cached(
        lambda: [(timezone.localtime(at).day,)], depends_on=[Country], using=alias
    )
    for zone, day in (("Asia/Tokyo", 2), ("UTC", 1), ("Asia/Tokyo", 2)):
        with timezone.override(zone):
            assert days() == [(day,)]
    assert masterdata.stats()[0]["loads"] == 2


def test_parameters_count_as_bytes(alias: str, countries: list[Any]) -> None:
    sizes = masterdata.cached(lambda ids: [(len(ids),)], depends_on=[Country], using=alias)
    assert sizes(ids=list(range(10_000))) == [(10_000,)]
    (stats,) = (one for one in masterdata.stats() if one["model"] == sizes.label)
    assert stats["bytes"] > 100_000
    limits = {"MASTERDATA": {"MAX_BYTES": 1_500_000}}
    with override_settings(QUERYAUDIT=limits):
        for start in range(20):
            sizes(ids=list(range(start, 10_000)))
        (stats,) = (one for one in masterdata.stats() if one["model"] == sizes.label)
        assert 0 < stats["bytes"] < 1_500_000


def test_all_that_is_held_has_one_bound(alias: str, countries: list[Any]) -> None:
    """Two of them never take twice what is allowed."""
    both = [
        masterdata.cached(lambda n: [("x" * 1_000,)] * 100, depends_on=[Country], using=alias)
        for _ in "ab"
    ]
    with override_settings(QUERYAUDIT={"MASTERDATA": {"MAX_BYTES": 400_000}}):
        for number in range(10):
            for one in both:
                with suppress(MasterDataLimitError):
                    one(n=number)
        assert 0 < sum(one["bytes"] for one in masterdata.stats()) <= 400_000


def test_a_child_depends_on_its_parents(alias: str, countries: list[Any]) -> None:
    text = f"SELECT name FROM {TABLE} WHERE id IN (SELECT country_ptr_id FROM {ISLAND})"
    names = masterdata.cached(
        lambda: rawsql.fetch(text, using=alias), depends_on=[Island], using=alias
    )
    Island.objects.create(code="IS", name="Iceland", sea="Atlantic")
    assert [row.name for row in names()] == ["Iceland"]
    Country.objects.filter(code="IS").update(name="x")
    assert [row.name for row in names()] == ["x"]


@pytest.mark.parametrize("name", ["public.{}", '"{}"', "{}", '"public"."{}"'])
def test_a_table_is_named_as_sql_names_it(alias: str, countries: list[Any], name: str) -> None:
    codes = masterdata.cached(
        lambda: rawsql.fetch(f"SELECT code FROM {TABLE}", using=alias),
        depends_on=[name.format(TABLE)],
        using=alias,
    )
    assert len(codes()) == 3
    countries[0].delete()
    assert len(codes()) == 2


def test_what_cannot_be_asked_stops_no_write(alias: str, countries: list[Any]) -> None:
    """Its reader is told, and nobody else."""
    misspelt = masterdata.cached(lambda: [(1,)], depends_on=["masterdata_tests.Contry"])
    locked = MasterData(
        MasterDataManager(lambda rows: rows.select_for_update(of=("nothing",))), Country
    )
    registry.declare(locked)
    Country.objects.filter(code="JP").update(size=9)
    assert Country.cached.get(code="JP").size == 9
    with pytest.raises(MasterDataError, match="no model"):
        misspelt()


def test_lists_of_other_rows_are_not_held(alias: str, countries: list[Any]) -> None:
    """Nobody watches their tables."""
    album = Album.objects.create(title="a", country=countries[0])
    shops = Prefetch("shops", to_attr="all_shops")
    rows: Any = MasterData(MasterDataManager(lambda all_: all_.prefetch_related(shops)), Album)
    assert not hasattr(rows.get(pk=album.pk), "all_shops")
    assert next(iter(rows.prefetch_related(shops))).all_shops == []
    album.shops.add(Shop.objects.create(region=countries[0].region, number=1))
    assert len(next(iter(rows.prefetch_related(shops))).all_shops) == 1


def test_a_manager_is_all_its_rows(alias: str, countries: list[Any]) -> None:
    assert masterdata.cached(Country.objects).get(code="JP").size == 3


def test_instances_by_their_fields(alias: str, countries: list[Any]) -> None:
    rows = masterdata.cached(
        lambda: Country.rows.fetch_models(f"SELECT * FROM {TABLE}"),
        depends_on=[Country],
        using=alias,
    )
    assert rows.get(pk=countries[1].pk).code == "DE"
    with pytest.raises(UnansweredError, match="no column 'save'; allowed: id, code"):
        rows.filter(save=1)


def test_many_sets_of_parameters_are_bounded(
    alias: str, countries: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queryaudit.masterdata.rawrows.MAX_ANSWERS", 3)
    at_least = masterdata.cached(Country.rows.at_least)
    for size in range(5):
        at_least(size=size)
    assert counted(lambda: at_least(size=4))[1] == 0
    assert counted(lambda: at_least(size=0))[1] == 1


def test_the_method_of_a_manager(alias: str, countries: list[Any]) -> None:
    above = masterdata.cached(Measured.rows.above, depends_on=[Country])
    assert above.label == "rawsql.Measured.above"


def test_a_queryset(alias: str, countries: list[Any]) -> None:
    europe = masterdata.cached(Country.objects.filter(region__name="Europe").order_by("code"))
    assert [row.code for row in europe] == ["DE", "FR"]
    ask: list[Callable[[], Any]] = [
        lambda: europe.get(code="DE").name,
        lambda: europe.filter(size=2).count(),
        lambda: [row.code for row in europe.all()[1:]],
    ]
    assert counted(lambda: [one() for one in ask]) == (["Germany", 2, ["FR"]], 0)
    with pytest.raises(Country.DoesNotExist):
        europe.get(code="JP")
    Region.objects.filter(name="Europe").update(name="x")
    assert list(europe) == []
    shared = masterdata.cached(Country.objects.filter(size=3), read_only=True)
    with pytest.raises(TypeError, match="read_only"):
        shared.get(code="JP").name = "x"


@pytest.mark.django_db(transaction=True)
def test_it_is_dropped_by_another_process_of_the_same_tables() -> None:
    """A query that is declared late announces its tables as well."""
    masterdata.cached(Country.rows.sizes)
    assert TABLE in registry.tables_of("default")


def test_its_connection_is_that_of_the_thread(alias: str, countries: list[Any]) -> None:
    lazy = masterdata.cached(Country.rows.lazy(f"SELECT code FROM {TABLE}", using=alias))
    lazy()
    masterdata.clear()
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            assert len(lazy()) == 3
        except BaseException as error:  # noqa: BLE001
            failed.append(error)
        finally:
            connections[alias].close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert not failed
