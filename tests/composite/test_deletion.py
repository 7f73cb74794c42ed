"""What happens to rows that refer to a row which is deleted."""

from typing import Any

import pytest
from django.db import IntegrityError, connections, models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.test.utils import isolate_apps

from queryaudit.composite import CompositeKey, CompositeKeyModel
from tests.composite import legacy
from tests.composite.conftest import EVERY
from tests.composite.legacy import Crane, Fence, HomeSite, Lamp, Sign, Site, Tower
from tests.composite.models import Album, Review

pytestmark = pytest.mark.django_db(databases=EVERY)


@pytest.fixture
def site(alias: str) -> Site:
    Site.objects.create(pk=("XX", 0))
    return Site.objects.create(pk=("JP", 1))


def test_restrict_keeps_the_row_and_names_who_refers(site: Site) -> None:
    crane = Crane.objects.create(site=site)
    with pytest.raises(RestrictedError) as told:
        site.delete()
    assert told.value.restricted_objects == {crane}
    crane.delete()
    site.delete()
    assert not Site.objects.filter(pk="JP,1").exists()


def test_protect_keeps_the_row(albums: list[Album]) -> None:
    review = Review.objects.create(album=albums[0])
    with pytest.raises(ProtectedError) as told:
        albums[0].delete()
    assert told.value.protected_objects == {review}


def test_the_default_is_set_with_all_its_columns(site: Site) -> None:
    fence = Fence.objects.create(site=site)
    other = Fence.objects.create(country="DE", number=None)
    site.delete()
    fence.refresh_from_db()
    assert (fence.country, fence.number) == ("XX", 0)
    other.refresh_from_db()
    assert (other.country, other.number) == ("DE", None)


def test_the_default_of_a_reference_is_for_set_default_alone(site: Site) -> None:
    assert Fence().site is None, "a new row takes the defaults of its columns"


def test_what_a_function_gives_is_set(site: Site) -> None:
    lamp = Lamp.objects.create(site=site)
    site.delete()
    lamp.refresh_from_db()
    assert (lamp.country, lamp.number) == ("XX", 0)


def test_do_nothing_leaves_the_columns(site: Site) -> None:
    sign = Sign.objects.create(site=site)
    site.delete()
    sign.refresh_from_db()
    assert (sign.country, sign.number) == ("JP", 1)


def test_a_row_that_is_referred_to_is_not_deleted_behind_djangos_back(site: Site) -> None:
    Crane.objects.create(site=site)
    with pytest.raises(IntegrityError), transaction.atomic(using=site._state.db):
        Site.objects.filter(pk="JP,1")._raw_delete(site._state.db)
        connections[site._state.db or "default"].check_constraints()


def test_a_child_table_refers_by_its_parents_columns(site: Site) -> None:
    tower = Tower.objects.create(site=site, height=40)
    assert Tower.objects.get(site="JP,1") == tower
    assert [row.pk for row in Tower.objects.filter(site__town="")] == [tower.pk]
    assert Tower.objects.select_related("site").get().site == site
    assert site.cranes.get().tower == tower
    with pytest.raises(RestrictedError):
        site.delete()
    tower.delete()
    assert Crane.objects.count() == 0


def test_a_key_of_several_columns_has_no_child_tables() -> None:
    """Django links a child to its parent by one column, and says so."""
    with isolate_apps("tests.composite"):

        class Mine(CompositeKeyModel):
            pk = CompositeKey("country", "number")
            country = models.CharField(max_length=2)
            number = models.IntegerField()

            class Meta:
                app_label = "composite"

        class Shaft(Mine):
            depth = models.IntegerField()

            class Meta:
                app_label = "composite"

        assert [told.id for told in Shaft.check()] == ["fields.E347"]


def test_a_proxy_reads_and_writes_the_same_rows(site: Site) -> None:
    home = HomeSite.objects.get(pk="JP,1")
    assert (home, home.pk) == (site, ("JP", 1))
    Crane.objects.create(site=home)
    assert Crane.objects.filter(site=home).count() == 1
    home.town = "Kobe"
    home.save()
    HomeSite.objects.create(pk="JP,2")
    assert [row.number for row in HomeSite.objects.filter(country="JP")] == [1, 2]
    HomeSite.objects.bulk_update([HomeSite(pk="JP,2", town="Nara")], ["town"])
    assert Site.objects.in_bulk(["JP,2"])["JP", 2].town == "Nara"


@pytest.mark.skipif(not hasattr(models, "DB_CASCADE"), reason="it came with Django 6.1")
def test_the_database_carries_out_its_own_cascade(site: Site) -> None:
    cables: Any = vars(legacy)["Cable"].objects
    cables.create(site=site)
    kept = cables.create(site=Site.objects.get(pk="XX,0"))
    assert site.delete() == (1, {"composite.Site": 1})
    assert list(cables.all()) == [kept]
