"""Rows of raw SQL and of querysets from memory: parameters, tables, what is refused."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

import queryaudit
from queryaudit import masterdata, rawsql
from queryaudit.errors import MasterDataError, UnansweredError
from queryaudit.masterdata import registry
from tests.masterdata.models import Country, Region
from tests.rawsql.models import Measured

TABLE = Country._meta.db_table


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


WRONG: list[tuple[type[Exception], Callable[[], Any], str]] = [
    (TypeError, lambda: masterdata.cached(5), "cached.. got int; allowed are a query of a file"),
    (TypeError, lambda: masterdata.cached(Country), r"give Country.objects.all\(\)"),
    (TypeError, lambda: masterdata.cached(Country.objects.values("code")), "querysets of inst"),
    (TypeError, lambda: masterdata.cached(Country.rows.sizes.afetch), "the coroutine function"),
    (ValueError, lambda: masterdata.cached(Country.rows.sizes, ttl=-1), "ttl is -1"),
    (ValueError, lambda: masterdata.cached(Country.rows.sizes, poll=1), "takes no poll"),
    (ValueError, lambda: masterdata.cached(Country.rows.sizes, read_only=True), "no read_only"),
]


@pytest.mark.parametrize(("error", "declare", "match"), WRONG)
def test_wrong_declarations(error: type[Exception], declare: Callable[[], Any], match: str) -> None:
    with pytest.raises(error, match=match):
        declare()


@pytest.mark.django_db
def test_wrong_use() -> None:
    bare = masterdata.cached(lambda: rawsql.fetch("SELECT 1 AS one"))
    with pytest.raises(MasterDataError, match="depends_on is empty: name what it reads"):
        bare()
    number = masterdata.cached(lambda: 7, depends_on=[Country])
    with pytest.raises(MasterDataError, match="it returned int, and a list of rows"):
        number()
    at_least = masterdata.cached(Country.rows.at_least)
    with pytest.raises(UnansweredError, match="parameter size={} has no hash"):
        at_least(size={})
    with pytest.raises(Exception, match="size"):
        at_least()


def test_declared_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queryaudit.masterdata.declared.MAX_DECLARED", len(registry.declared) + 1)
    masterdata.cached(Country.rows.sizes)
    with pytest.raises(RuntimeError, match="and not in a view"):
        masterdata.cached(Country.rows.sizes)


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
