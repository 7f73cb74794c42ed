"""References to keys of several columns, on the three databases."""

from typing import Any

import pytest
from django.core import serializers
from django.db import IntegrityError, connections, transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, ProtectedError, Q, Subquery
from django.test.utils import CaptureQueriesContext

from queryaudit.errors import CompositeKeyError
from tests.composite.conftest import EVERY
from tests.composite.goods import Line, Movement, Order, Stock, Warehouse
from tests.composite.models import Album, Artist, Credit, LiveTrack, Review, Track
from tests.music.models import Artist as MusicArtist
from tests.music.models import Cover, Label, LiveAlbum

pytestmark = pytest.mark.django_db(databases=EVERY)


def titles(queryset: Any) -> list[str]:
    return sorted(row.title for row in queryset)


def test_both_ends_of_a_reference(albums: list[Album]) -> None:
    track = Track.objects.get(title="1.t1")
    assert track.album == albums[0]
    assert titles(albums[0].tracks.all()) == ["1.t1", "1.t2"]
    assert titles(albums[1].tracks.all()) == []
    assert albums[0].tracks.count() == 2


def test_joins_and_prefetches(albums: list[Album], alias: str) -> None:
    with CaptureQueriesContext(connections[alias]) as queries:
        read = [track.album for track in Track.objects.select_related("album").order_by("title")]
    assert (len(queries), read) == (1, [albums[0], albums[0], albums[2], albums[2]])
    Track.objects.create(artist_id=1, title="alone")
    with CaptureQueriesContext(connections[alias]) as queries:
        tracks = Track.objects.prefetch_related("album").order_by("title")
        assert [track.album and track.album.title for track in tracks] == [
            *("1.1", "1.1", "2.1", "2.1"),
            None,
        ]
    assert len(queries) == 2
    with CaptureQueriesContext(connections[alias]) as queries:
        found = {
            row.title: titles(row.tracks.all()) for row in Album.objects.prefetch_related("tracks")
        }
    assert len(queries) == 2
    assert found == {"1.1": ["1.t1", "1.t2"], "1.2": [], "2.1": ["2.t1", "2.t2"], "2.2": []}
    assert len(Track.objects.select_related("album")) == 5


def test_a_forward_prefetch_of_many_rows(alias: str) -> None:
    Artist.objects.create(id=1)
    Album.objects.bulk_create([Album(artist_id=1, number=n) for n in range(3_000)])
    Track.objects.bulk_create([Track(artist_id=1, album_no=n) for n in range(3_000)])
    with CaptureQueriesContext(connections[alias]) as queries:
        tracks = list(Track.objects.prefetch_related("album"))
    assert len(queries) == 2
    assert all(track.album is not None and track.album.number == track.album_no for track in tracks)


@pytest.mark.parametrize("form", ["row", "key", "text"])
def test_filters_take_rows_keys_and_texts(albums: list[Album], form: str) -> None:
    value: Any = {"row": albums[0], "key": (1, 1), "text": "1,1"}[form]
    assert titles(Track.objects.filter(album=value)) == ["1.t1", "1.t2"]
    assert titles(Track.objects.filter(album__in=[value, (2, 1)])) == [
        "1.t1",
        "1.t2",
        "2.t1",
        "2.t2",
    ]
    assert titles(Track.objects.exclude(album=value)) == ["2.t1", "2.t2"]
    assert titles(Track.objects.exclude(album__in=[value])) == ["2.t1", "2.t2"]
    assert titles(Track.objects.filter(album__pk=value if form != "row" else (1, 1))) == [
        "1.t1",
        "1.t2",
    ]


def test_filters_across_a_reference(albums: list[Album]) -> None:
    assert titles(Track.objects.filter(album__title="1.1")) == ["1.t1", "1.t2"]
    assert titles(Album.objects.filter(tracks__title="2.t1")) == ["2.1"]
    assert titles(Album.objects.filter(tracks=Track.objects.get(title="2.t1"))) == ["2.1"]
    assert titles(Album.objects.filter(tracks__isnull=True)) == ["1.2", "2.2"]
    assert titles(Track.objects.filter(album__in=Album.objects.filter(artist=2))) == [
        "2.t1",
        "2.t2",
    ]
    assert titles(Track.objects.order_by("album__title", "title")) == [
        "1.t1",
        "1.t2",
        "2.t1",
        "2.t2",
    ]
    by_key = [track.title for track in Track.objects.order_by("-album", "title")]
    assert by_key == ["2.t1", "2.t2", "1.t1", "1.t2"]
    counted = Album.objects.annotate(n=Count("tracks")).order_by("artist_id", "number")
    assert [album.n for album in counted] == [2, 0, 2, 0]


def test_exclude_leaves_out_the_right_rows_only(albums: list[Album]) -> None:
    assert titles(Album.objects.exclude(tracks__title="1.t1")) == ["1.2", "2.1", "2.2"]
    assert titles(Album.objects.exclude(tracks__isnull=True)) == ["1.1", "2.1"]
    assert titles(Album.objects.filter(~Q(tracks__title__startswith="1"))) == ["1.2", "2.1", "2.2"]
    assert sorted(
        Artist.objects.exclude(albums__tracks__title="1.t1").values_list("id", flat=True)
    ) == [2]
    assert titles(Track.objects.exclude(album__tracks__title="1.t1")) == ["2.t1", "2.t2"]
    Track.objects.create(artist_id=1, title="alone")
    assert titles(Track.objects.exclude(album__tracks__title="1.t1")) == ["2.t1", "2.t2", "alone"]
    Credit.objects.create(album=albums[1], role="cover", name="x")
    assert titles(Album.objects.exclude(credits__name="x")) == ["1.1", "2.1", "2.2"]
    # In one filter() both conditions mean the same row.
    assert titles(Album.objects.filter(Q(tracks__title="1.t1") & ~Q(tracks__title="1.t2"))) == [
        "1.1"
    ]
    assert titles(Album.objects.filter(Q(tracks__title="1.t1") & ~Q(tracks__title="1.t1"))) == []
    assert titles(Album.objects.filter(Q(credits__role="cover") & ~Q(credits__name="y"))) == ["1.2"]
    assert titles(Album.objects.filter(Q(credits__role="cover") & ~Q(credits__name="x"))) == []


def test_related_managers_write(albums: list[Album]) -> None:
    first, second = albums[:2]
    track = first.tracks.get(title="1.t1")
    second.tracks.add(track)
    assert titles(second.tracks.all()) == ["1.t1"]
    second.tracks.set([first.tracks.get(), track])
    assert titles(second.tracks.all()) == ["1.t1", "1.t2"]
    for bulk in (True, False):
        second.tracks.remove(second.tracks.get(title=f"1.t{1 + bulk}"), bulk=bulk)
    assert titles(second.tracks.all()) == []
    assert Track.objects.filter(artist=1, album_no=None).count() == 2, "the shared column stays"
    made = second.tracks.create(title="made")
    assert (made.artist_id, made.album_no, made.album) == (1, 2, second)
    assert second.tracks.get_or_create(title="made") == (made, False)
    assert second.tracks.update_or_create(title="other")[1]
    second.tracks.add(Track(title="by hand"), bulk=False)
    second.tracks.clear()
    assert not second.tracks.exists()
    assert Track.objects.filter(album=None, artist=1).count() == 5
    assert Track.objects.get_or_create(album=first, title="new")[1]


def test_assigning_writes_the_columns(albums: list[Album]) -> None:
    track = Track(title="x", album=albums[3])
    assert (track.artist_id, track.album_no) == (2, 2)
    track.save()
    track.album = None
    assert (track.artist_id, track.album_no, track.album) == (2, None, None)
    track.save()
    track.album_no = 1
    assert track.album == albums[2], "a changed column is another row"
    track.artist_id = 1
    assert track.album == albums[0]
    track.album_no = None
    assert track.album is None
    with pytest.raises(CompositeKeyError, match="none of its columns is nullable"):
        Credit(album=albums[0]).album = None
    with pytest.raises(ValueError, match="must be a"):
        track.album = Artist()


@pytest.mark.parametrize("value", [(2, 2), "2,2"])
def test_update_of_a_reference_writes_its_columns(albums: list[Album], value: Any) -> None:
    # The type checker's plugin knows Django's own rule: update() takes concrete fields alone.
    tracks: Any = Track.objects
    assert tracks.filter(title="1.t1").update(album=value) == 1
    assert Track.objects.get(title="1.t1").album == albums[3]
    assert tracks.filter(title="1.t1").update(album=albums[1], title="moved") == 1
    assert Track.objects.get(title="moved").album == albums[1]
    assert tracks.filter(title="moved").update(album=None) == 1
    assert Track.objects.get(title="moved").artist_id == 1
    for wrong in (Artist(id=1), "1", 7):
        with pytest.raises(CompositeKeyError, match="album"):
            tracks.update(album=wrong)


def test_deleting_sets_null_where_null_may_be(albums: list[Album], alias: str) -> None:
    with CaptureQueriesContext(connections[alias]) as queries:
        albums[0].delete()
    updates = [query for query in queries if query["sql"].startswith("UPDATE")]
    assert len(updates) == 1
    left = Track.objects.filter(title__startswith="1")
    assert set(left.values_list("artist_id", "album_no")) == {(1, None)}
    assert Track.objects.filter(title__startswith="2", album_no=1).count() == 2


def test_deleting_cascades_and_is_protected(albums: list[Album]) -> None:
    Credit.objects.create(album=albums[0], role="cover")
    Credit.objects.create(album=albums[1], role="cover")
    albums[0].delete()
    assert [credit.album for credit in Credit.objects.all()] == [albums[1]]
    Review.objects.create(album=albums[1])
    with pytest.raises(ProtectedError):
        albums[1].delete()
    Album.objects.filter(artist=2).delete()
    assert titles(Album.objects.all()) == ["1.2"]


def test_the_database_holds_the_reference(albums: list[Album], alias: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(using=alias):
        Review.objects.create(artist_no=1, album_no=77)
        connections[alias].check_constraints()


def test_a_row_whose_album_is_gone_says_so(alias: str) -> None:
    with pytest.raises(Album.DoesNotExist):
        Track(artist_id=1, album_no=77).album  # noqa: B018
    with pytest.raises(Credit.album.RelatedObjectDoesNotExist):
        Credit().album  # noqa: B018


def test_rows_without_a_reference_are_not_lost_when_excluded(albums: list[Album]) -> None:
    Track.objects.create(artist_id=1, title="alone")
    others = ["2.t1", "2.t2", "alone"]
    assert titles(Track.objects.exclude(album=(1, 1))) == others
    assert titles(Track.objects.exclude(album__in=[(1, 1)])) == others
    assert titles(Track.objects.exclude(album__in=Album.objects.filter(pk="1,1"))) == others
    assert titles(Track.objects.exclude(album__pk=(1, 1))) == others
    assert titles(Track.objects.exclude(album__pk__in=["1,1"])) == others
    assert titles(Track.objects.exclude(album__title="1.1")) == others
    assert titles(Track.objects.filter(album__in=[None])) == []
    assert titles(Track.objects.filter(album=None)) == ["alone"]
    assert titles(Track.objects.exclude(album=None)) == ["1.t1", "1.t2", "2.t1", "2.t2"]


def test_subqueries_are_bound_by_the_whole_key(albums: list[Album]) -> None:
    tracks = Track.objects.filter(album=OuterRef("pk"))
    assert titles(Album.objects.filter(Exists(tracks))) == ["1.1", "2.1"]
    assert titles(Album.objects.exclude(Exists(tracks))) == ["1.2", "2.2"]
    first = Album.objects.annotate(first=Subquery(tracks.order_by("title").values("title")[:1]))
    assert {album.title: album.first for album in first} == {
        "1.1": "1.t1",
        "1.2": None,
        "2.1": "2.t1",
        "2.2": None,
    }


@pytest.mark.parametrize("key", [(1, 1), "1,1"])
def test_references_are_compared_by_their_key(albums: list[Album], key: Any) -> None:
    assert titles(Track.objects.filter(album__gt=key)) == ["2.t1", "2.t2"]
    assert titles(Track.objects.filter(album__lte=key)) == ["1.t1", "1.t2"]
    assert titles(Track.objects.filter(album__gte=key, album__lt=(2, 1))) == ["1.t1", "1.t2"]


def test_fixtures_carry_references(albums: list[Album], alias: str) -> None:
    Credit.objects.create(album=albums[0], role="cover, back")
    models: list[Any] = [Artist, Album, Track, Credit]
    text = serializers.serialize("json", [row for model in models for row in model.objects.all()])
    Credit.objects.all().delete()
    Track.objects.all().delete()
    Album.objects.all().delete()
    for row in serializers.deserialize("json", text, using=alias):
        row.save(using=alias)
    assert titles(Album.objects.get(pk="1,1").tracks.all()) == ["1.t1", "1.t2"]
    assert Credit.objects.get(pk="1,1,cover\\, back").album == albums[0]


def test_multi_table_children_inherit_the_reference(albums: list[Album]) -> None:
    live: Any = LiveTrack.objects
    made = live.create(album=albums[1], title="live", venue="hall")
    assert live.get(album="1,2").album == albums[1]
    assert titles(Album.objects.filter(tracks__livetrack__venue="hall")) == ["1.2"]
    assert titles(Album.objects.exclude(tracks__livetrack__venue="hall")) == ["1.1", "2.1", "2.2"]
    assert live.update(album=albums[2]) == 1
    assert live.select_related("album").get().album == albums[2]
    albums[2].delete()
    made.refresh_from_db()
    assert (made.artist_id, made.album) == (2, None)


def test_an_update_of_another_relation_of_the_same_name_is_djangos() -> None:
    covers = Cover.objects.using("default")
    made = LiveAlbum.objects.using("default")
    label = Label.objects.using("default").create()
    artist = MusicArtist.objects.using("default").create(label=label)
    first, second = (made.create(title=title, artist=artist) for title in ("a", "b"))
    covers.create(album=first)
    assert covers.update(album=second, painter="x") == 1
    assert covers.get().album_id == second.pk


def test_a_sliced_prefetch_takes_its_slice_of_each_owners_rows(
    albums: list[Album], alias: str
) -> None:
    latest = Track.objects.order_by("-title")
    with CaptureQueriesContext(connections[alias]) as asked:
        found = Album.objects.order_by("pk").prefetch_related(
            Prefetch("tracks", queryset=latest[:1], to_attr="latest"),
            Prefetch("tracks", queryset=latest.filter(artist__name="artist 1")[1:], to_attr="rest"),
        )
        titles = [
            ([track.title for track in album.latest], [track.title for track in album.rest])
            for album in found
        ]
    assert titles == [(["1.t2"], ["1.t1"]), ([], []), (["2.t2"], []), ([], [])]
    assert len(asked) == 3


def test_a_row_without_its_reference_is_neither_before_nor_after(
    albums: list[Album], alias: str
) -> None:
    Track.objects.create(artist_id=1, title="alone")
    for name in ("album__lt", "album__lte"):
        assert titles(Track.objects.filter(**{name: (2, 1)}).exclude(album=albums[2])) == [
            *("1.t1", "1.t2"),
        ]
    assert titles(Track.objects.exclude(album__gt=(1, 1))) == ["1.t1", "1.t2", "alone"]
    assert titles(Track.objects.exclude(album__gte="2,1")) == ["1.t1", "1.t2", "alone"]
    assert titles(Track.objects.exclude(album__lt=albums[2])) == ["2.t1", "2.t2", "alone"]


def test_exclude_of_rows_without_any_beyond_a_reference(albums: list[Album], alias: str) -> None:
    """The column that is NULL without the album is not the first of the reference."""
    Track.objects.create(artist_id=1, title="alone")
    Credit.objects.create(album=albums[0], role="voice", name="x")
    assert titles(Track.objects.exclude(album__credits__isnull=True)) == ["1.t1", "1.t2"]
    assert titles(Track.objects.filter(album__credits__isnull=True)) == ["2.t1", "2.t2", "alone"]
    without = Track.objects.filter(~Q(album__credits=None))
    assert titles(without) == ["1.t1", "1.t2"]


def test_exclude_beyond_a_reference_of_which_any_column_may_be_null(alias: str) -> None:
    order, warehouse = Order.objects.create(number="1"), Warehouse.objects.create(name="w")
    stock = Stock.objects.create(warehouse=warehouse, sku="a")
    Movement.objects.create(stock=stock, moved_on="2026-01-01")
    columns = [(warehouse, "a"), (warehouse, None), (None, "a"), (None, None)]
    for number, (place, sku) in enumerate(columns, 1):
        Line.objects.create(order=order, number=number, warehouse=place, sku=sku)
    found = Line.objects.exclude(stock__movements__isnull=True)
    assert [line.number for line in found] == [1]


def test_a_row_that_is_not_saved_yet_is_assigned_and_gives_its_key_when_it_has_one(
    alias: str,
) -> None:
    artist = Artist(name="new")
    album = Album(artist=artist, number=1, title="new")
    track = Track(title="first", album=album)
    assert track.album is album
    with pytest.raises(ValueError, match="unsaved related object"):
        track.save()
    artist.save()
    album.artist = artist
    album.save()
    track.save()
    track.refresh_from_db()
    assert (track.artist_id, track.album_no, track.album) == (artist.pk, 1, album)


def test_columns_that_are_set_afterwards_decide(albums: list[Album]) -> None:
    track = Track(title="third", album=Album(number=9))
    track.artist_id, track.album_no = 1, 2
    track.save()
    assert track.album == albums[1]
    track.album = Album(artist_id=1)
    track.album = None
    track.save()
    assert track.album_no is None
