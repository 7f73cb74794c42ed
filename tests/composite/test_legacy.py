"""Tables that another program made, and rows in several databases."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connections

from tests.composite.conftest import EVERY
from tests.composite.legacy import LegacyItem, LegacyOrder, Site, make_legacy_tables
from tests.composite.models import Album, Artist, Track


@pytest.fixture
def tables(alias: str, transactional_db: None) -> Iterator[None]:
    connection = connections[alias]
    with connection.schema_editor() as editor:
        make_legacy_tables(editor)
    yield
    with connection.schema_editor() as editor:
        for name in ("legacy items", "legacy orders"):
            editor.execute(f"DROP TABLE {editor.quote_name(name)}")


@pytest.mark.django_db(databases=EVERY, transaction=True)
@pytest.mark.usefixtures("tables")
def test_tables_that_django_does_not_manage_work_like_others() -> None:
    order = LegacyOrder.objects.create(pk="1999,1", customer="Ann")
    LegacyOrder.objects.bulk_create(LegacyOrder(year=2000, number=n, customer="Bo") for n in (1, 2))
    with pytest.raises(IntegrityError):
        LegacyOrder(pk=(1999, 1), customer="another").save()
    for year, number in ((1999, 1), (2000, 2)):
        for position in (1, 2):
            LegacyItem(pk=(year, number, position), article=f"part {position}").save()

    assert [item.pk for item in order.items.order_by("position")] == [(1999, 1, 1), (1999, 1, 2)]
    items = LegacyItem.objects.select_related("order").order_by("pk")
    assert [str(item.order.pk) for item in items] == ["1999,1", "1999,1", "2000,2", "2000,2"]
    found = LegacyOrder.objects.exclude(items__article="part 1").values_list("pk", flat=True)
    assert list(found) == [(2000, 1)]
    assert LegacyItem.objects.filter(**{"order__year,number": "2000,2"}).count() == 2
    prefetched = LegacyOrder.objects.prefetch_related("items").order_by("pk")
    assert [len(each.items.all()) for each in prefetched] == [2, 0, 2]

    rows = list(items)
    for row in rows:
        row.article = f"new {row.position}"
    assert LegacyItem.objects.bulk_update(rows, ["article"]) == 4
    assert set(LegacyItem.objects.values_list("article", flat=True)) == {"new 1", "new 2"}
    LegacyItem.objects.filter(pk__in=["1999,1,1", "2000,2,2"]).update(article="gone")
    assert order.delete() == (3, {"composite.LegacyItem": 2, "composite.LegacyOrder": 1})
    assert LegacyItem.objects.count() == 2


@pytest.mark.skipif(len(EVERY) < 2, reason="there is no second database")
@pytest.mark.django_db(databases=EVERY)
@pytest.mark.parametrize("other", EVERY[1:])
def test_databases_do_not_mix(other: str) -> None:
    for using in ("default", other):
        artist = Artist.objects.using(using).create(id=1, name=using)
        Album.objects.using(using).create(artist=artist, number=1, title=using)
        Track.objects.using(using).create(artist=artist, album_no=1, title=using)
    for using in ("default", other):
        track = Track.objects.using(using).get()
        assert track.album.title == using
        (track,) = Track.objects.using(using).prefetch_related("album__credits")
        assert (track.album.title, track.album._state.db) == (using, using)
        assert Album.objects.using(using).get(pk="1,1").tracks.get() == track
        album = Album.objects.using(using).get()
        album.title = f"{using} again"
        assert Album.objects.using(using).bulk_update([album], ["title"]) == 1
        album.delete(using=using)
        track.refresh_from_db()
        assert track.album is None
    site = Site(pk="JP,1")
    site.save(using=other)
    assert not Site.objects.using("default").exists()
    site.save(using="default", force_insert=True)
    assert Site.objects.using("default").get(pk="JP,1")


@pytest.mark.skipif(len(EVERY) < 2, reason="there is no second database")
@pytest.mark.django_db(databases=EVERY)
def test_a_row_of_another_database_is_refused_as_django_does() -> None:
    artist = Artist.objects.create(id=1, name="here")
    album = Album.objects.create(artist=artist, number=1, title="here")
    track = Track.objects.using(EVERY[1]).create(
        artist=Artist.objects.using(EVERY[1]).create(id=1, name="there"), title="there"
    )
    with pytest.raises(ValueError, match="the current database router prevents this relation"):
        track.album = album
