"""What a site does with rows from memory, and what a hostile reader would try."""

import asyncio
import datetime as dt
import pickle
import threading
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.core.paginator import Paginator
from django.db import connections
from django.db.models import Prefetch
from django.template import engines
from django.utils import timezone

from queryaudit.errors import UnansweredError
from queryaudit.masterdata.effects import Effect, Kind
from queryaudit.masterdata.references import referring
from tests.masterdata.conftest import on
from tests.masterdata.models import Album, Country, Region, Shop, Watched

DEFAULT = pytest.mark.parametrize("alias", [on("default")], indirect=True)


@DEFAULT
def test_templates_read_sets(alias: str, countries: list[Any]) -> None:
    template = engines["django"].from_string(
        "{% for c in x %}{{ c.code }} {{ c.region.name }}, {% endfor %}{{ x.count }} {{ x.0.code }}"
    )
    text = template.render({"x": Country.cached.all()})
    assert text == "JP Asia, DE Europe, FR Europe, 3 JP"


@DEFAULT
def test_a_paginator_reads_sets(alias: str, countries: list[Any]) -> None:
    pages = Paginator(Country.cached.order_by("code"), 2)
    assert [row.code for row in pages.page(1)] == ["DE", "FR"]
    assert pages.count == 3


@DEFAULT
def test_sets_are_pickled(alias: str, countries: list[Any]) -> None:
    Country.cached.warm()
    chosen = Country.cached.filter(size=2).order_by("code")
    assert [row.code for row in pickle.loads(pickle.dumps(chosen))] == ["DE", "FR"]
    list(chosen)
    assert [row.code for row in pickle.loads(pickle.dumps(chosen))] == ["DE", "FR"]
    manager = pickle.loads(pickle.dumps(Country.cached))
    assert manager is Country.cached


@DEFAULT
def test_a_prefetch_with_a_queryset_keeps_its_meaning(alias: str, countries: list[Any]) -> None:
    Country.cached.warm()
    qs: Any = Album.objects.prefetch_related(
        Prefetch("country", queryset=Country.objects.only("code"))
    )
    Album.objects.create(country=countries[0])
    assert [album.country.get_deferred_fields() >= {"name"} for album in qs] == [True]


@DEFAULT
def test_reverse_sets_of_rows_from_memory(alias: str, countries: list[Any]) -> None:
    region: Any = Region.cached.get(name="Europe")
    assert region.countries.count() == 2
    assert [c.region for c in region.countries.all()] == [region, region]


@DEFAULT
def test_rows_are_read_anew_and_validated(alias: str, countries: list[Any]) -> None:
    c = Country.cached.get(code="JP")
    c.refresh_from_db()
    c.full_clean(exclude=["details", "founded", "name"])
    assert c.serializable_value("region") == countries[0].region_id


@DEFAULT
def test_values_that_find_nothing(alias: str, countries: list[Any]) -> None:
    with pytest.raises(Country.DoesNotExist):
        Country.cached.get(pk=None)
    with pytest.raises(Country.DoesNotExist):
        Country.cached.get(code=None)
    with pytest.raises(ValueError, match="expected a number"):
        Country.cached.get(pk="abc")
    with pytest.raises(FieldError, match="no_such_column"):
        Country.cached.get(no_such_column=1)
    assert Country.cached.get(pk=str(countries[0].pk)).code == "JP"


@DEFAULT
def test_coroutines_read_together(alias: str, countries: list[Any]) -> None:
    Country.cached.warm()

    async def ask() -> list[Country]:
        codes = ("JP", "DE", "FR")
        return await asyncio.gather(*(Country.cached.aget(code=code) for code in codes))

    assert [row.code for row in asyncio.run(ask())] == ["JP", "DE", "FR"]


@DEFAULT
def test_rows_equal_those_of_the_database(alias: str, countries: list[Any]) -> None:
    a, b = Country.cached.get(code="JP"), Country.objects.get(code="JP")
    assert a == b
    assert {a} == {b}


@DEFAULT
def test_a_copy_is_deleted(alias: str, countries: list[Any]) -> None:
    Country.cached.get(code="JP").delete()
    assert Country.cached.filter(code="JP").count() == 0


@DEFAULT
@pytest.mark.parametrize("name", ["select_for_update", "values_list", "annotate", "union"])
def test_methods_that_memory_has_not_are_named(alias: str, countries: list[Any], name: str) -> None:
    with pytest.raises(UnansweredError, match=f"{name}.* ask Country.objects.{name}"):
        getattr(Country.cached.all(), name)("code")


@DEFAULT
def test_nothing_is_registered_to_run_on_commit(
    alias: str, countries: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        Country.objects.update(size=1)
    assert callbacks == []


@DEFAULT
def test_a_loop_that_writes_its_rows(alias: str, countries: list[Any]) -> None:
    for c in Country.cached.all():
        Country.objects.filter(pk=c.pk).update(name="z")
    assert {c.name for c in Country.cached.all()} == {"z"}


@DEFAULT
def test_a_foreign_key_that_is_set(alias: str, countries: list[Any]) -> None:
    Country.cached.warm()
    album: Any = Album.objects.create(country=Country.cached.get(code="JP"))
    album.country_id = countries[1].pk
    assert album.country.code == "DE"
    album = Album(country_id=countries[2].pk)
    assert album.country.code == "FR"
    album = Album(country_id=99999)
    with pytest.raises(Country.DoesNotExist):
        album.country  # noqa: B018


@DEFAULT
def test_threads_that_read_while_one_writes(alias: str, countries: list[Any]) -> None:
    done, wrong = threading.Event(), list[object]()

    def read() -> None:
        last = -1
        while not done.is_set():
            number = Country.cached.get(code="JP").size
            if number < last:
                wrong.append((last, number))
            last = number
        connections.close_all()

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(4, 20):
        Country.objects.filter(code="JP").update(size=number)
        assert Country.cached.get(code="JP").size == number
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == [], "a row that is older than one that was read before"


@DEFAULT
def test_a_day_is_one_of_the_time_zone_at_hand(alias: str) -> None:
    late = dt.datetime(2026, 5, 1, 20, tzinfo=dt.UTC)
    Watched.objects.create(name="late", seen_at=late)
    for _ in range(2):
        for zone, day in (("Asia/Tokyo", 2), ("America/New_York", 1)):
            with timezone.override(zone):
                found = Watched.cached.filter(seen_at__date=dt.date(2026, 5, day))
                assert found.count() == 1, zone


@DEFAULT
def test_a_random_order_is_not_remembered(alias: str, countries: list[Any]) -> None:
    with pytest.raises(UnansweredError, match="another order each time"):
        list(Country.cached.order_by("?"))


@DEFAULT
def test_a_list_that_grows_after_the_question(alias: str, countries: list[Any]) -> None:
    keys = [countries[0].pk]
    found = Country.cached.filter(pk__in=keys)
    keys.append(countries[1].pk)
    assert list(found) == countries[:1]


@DEFAULT
def test_rows_in_bulk_by_a_column_that_is_not_unique(alias: str, countries: list[Any]) -> None:
    assert Country.cached.in_bulk(["JP"], field_name="code") == {"JP": countries[0]}
    with pytest.raises(ValueError, match="must be a unique field but 'size' isn't"):
        Country.cached.in_bulk([2], field_name="size")


@DEFAULT
def test_the_manager_has_what_sets_have(alias: str, countries: list[Any]) -> None:
    assert Country.cached.none().count() == 0
    assert list(Country.cached.prefetch_related("albums")) == countries
    with pytest.raises(UnansweredError, match=r"ask Country.objects.values\(\)"):
        Country.cached.values("code")
    with pytest.raises(AttributeError):
        Country.cached.no_such_method()


@DEFAULT
def test_a_unique_column_whose_values_have_no_hash(alias: str) -> None:
    row = Watched.objects.create(name="words", words=["a"])
    Watched.cached.warm()
    with pytest.raises(UnansweredError, match="has no hash"):
        Watched.cached.get(words={"a": 1})
    assert Watched.cached.get(words__isnull=False) == row


def test_a_delete_goes_along_references_of_several_columns() -> None:
    effect = Effect(Kind.WRITES, frozenset({"composite_album"}), deletes=True)
    assert referring(effect) >= {"composite_album", "composite_credit", "composite_review"}


@DEFAULT
def test_a_cached_property_of_a_shared_row_is_not_shared(alias: str, countries: list[Any]) -> None:
    shop = Shop.objects.create(region=countries[0].region, number=1)
    row = Shop.cached.get(pk=shop.pk)
    assert row.album_count == 0
    shop.albums.add(Album.objects.create(title="x"))
    assert row.album_count == Shop.cached.get(pk=shop.pk).album_count == 1
    assert "album_count" not in vars(row)
