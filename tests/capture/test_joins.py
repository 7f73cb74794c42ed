"""Joined rows are counted without being looked at, and tagged when they are read."""

import copy
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import pytest

import queryaudit
from queryaudit.capture import rows
from queryaudit.capture.rows import rows_of
from queryaudit.recording.rowsets import RowSet
from tests.music.models import Album, Artist, Cover, Label

pytestmark = pytest.mark.django_db


@pytest.fixture
def produced(albums: list[Album]) -> list[Album]:
    """The six albums, two with a producer, three with a cover; one label owns another."""
    labels = list(Label.objects.order_by("pk"))
    Label.objects.filter(pk=labels[0].pk).update(owner=labels[1])
    Album.objects.filter(pk=albums[2].pk).update(producer=albums[0].artist)
    Album.objects.filter(pk=albums[4].pk).update(producer=albums[5].artist)
    for album in albums[::2]:
        Cover.objects.create(album=album, painter="p")
    return albums


def _read_nothing() -> None:
    list(Album.objects.select_related("artist"))


def _read_all() -> None:
    for album in Album.objects.select_related("artist__label"):
        assert album.artist.label.name


def _read_one_late() -> None:
    albums = list(Album.objects.select_related("artist"))
    assert albums[4].artist.label.name
    assert albums[4].artist.label.name


def _go_on_row_by_row() -> None:
    for album in Album.objects.select_related("artist"):
        assert album.artist.label.name
        assert album.artist.album_set.count()


def _read_what_may_be_missing() -> None:
    for album in Album.objects.select_related("artist", "producer__label").order_by("pk"):
        if album.producer is not None:
            assert album.producer.label.owner_id is None or album.producer.label.owner


def _read_other_sides() -> None:
    for album in Album.objects.select_related("cover", "artist").order_by("pk"):
        assert hasattr(album, "cover") == bool(album.pk % 2) or album.artist.name


def _read_below_what_may_be_missing() -> None:
    for artist in Artist.objects.select_related("label__owner"):
        assert artist.label.owner is None or artist.label.owner.name


def _read_some_of_an_iterator() -> None:
    found = Album.objects.select_related("artist__label").iterator(chunk_size=2)
    for _ in range(3):
        assert next(found).artist.label.name
    del found


def _read_a_set_twice() -> None:
    for artist in Artist.objects.all():
        for album in artist.album_set.select_related("producer__label"):
            assert album.artist is artist
        assert list(artist.album_set.all())


def _read_without_names() -> None:
    for album in Album.objects.select_related("artist__home", "artist__label__owner"):
        assert album.artist.label_id


def _read_prefetched_of_joined() -> None:
    for album in Album.objects.select_related("artist").prefetch_related("artist__album_set"):
        assert [one.title for one in album.artist.album_set.all()]


def _read_copies() -> None:
    albums = copy.deepcopy(list(Album.objects.select_related("artist")))
    assert [album.artist.label.name for album in albums]


def _read_from_a_pickle() -> None:
    albums = pickle.loads(pickle.dumps(list(Album.objects.select_related("artist"))))
    assert [album.artist.name for album in albums]


def _assign_others() -> None:
    artists = {artist.pk: artist for artist in Artist.objects.all()}
    for album in Album.objects.select_related("artist"):
        album.artist = artists[album.artist_id]
        assert album.artist.label.name


PROGRAMS = [value for name, value in sorted(globals().items()) if name.startswith("_read")]


@pytest.mark.parametrize("program", [*PROGRAMS, _go_on_row_by_row, _assign_others])
def test_the_same_is_recorded_as_if_each_row_were_looked_at(
    program: Callable[[], None], produced: list[Album], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for looks_at_each in (False, True):
        if looks_at_each:
            monkeypatch.setattr(rows, "have_all", lambda *_: False)
        with queryaudit.audit() as audit:
            program()
            told = list(_told(audit._recorder.rowsets))
        findings = [(one.kind, one.relation, one.fix, one.count) for one in audit.findings]
        found.append((told, findings, audit.expected_count))
    assert found[0] == found[1]
    assert found[0][0]


def _told(rowsets: Iterable[RowSet]) -> Iterable[Any]:
    for rowset in rowsets:
        yield (
            [step.name for step in rowset.steps],
            (rowset.form, rowset.rows, rowset.eager_rows, rowset.is_joined, rowset.is_used),
            (rowset.is_escaped, sum(load.count for load in rowset.loads.values())),
        )
        yield from _told(rowset.children.values())


def test_a_joined_row_gets_its_tag_when_it_is_read(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        found = list(Album.objects.select_related("artist"))
        (rowset,) = audit._recorder.rowsets
        joined = rowset.children["artist"]
        assert (joined.rows, joined.eager_rows, joined.is_used) == (6, 6, False)
        untagged = [album._state.fields_cache["artist"] for album in found]
        assert [rows_of(artist) is joined for artist in untagged] == [True] + [False] * 5
        assert rows_of(found[3].artist) is joined
        assert joined.is_used


def test_rows_that_outlive_their_audit_are_followed_in_the_next_one(albums: list[Album]) -> None:
    with queryaudit.audit():
        kept = list(Album.objects.select_related("artist"))
    with queryaudit.audit() as audit:
        assert [album.artist.label.name for album in kept]
    assert [one.relation for one in audit.findings] == ["music.Artist.label"]
