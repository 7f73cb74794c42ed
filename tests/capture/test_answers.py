"""What is loaded is answered by the hooks themselves, as Django would answer it."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import pytest
from django.db import models
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.query_utils import DeferredAttribute
from django.test.utils import isolate_apps

import queryaudit
from queryaudit import capture
from tests.music.models import Album, Artist, Cover, Label, LiveAlbum

# What reads a relation or a column, and what must come to pass.
PLACES = [(ForwardManyToOneDescriptor, "artist"), (DeferredAttribute, "artist_id")]


@contextmanager
def patched_by_others(owner: type) -> Iterator[list[Any]]:
    """Another package stands around ``owner.__get__`` first, as well as it should."""
    seen: list[Any] = []
    capture.uninstall()
    original = owner.__get__  # type: ignore[attr-defined]

    @functools.wraps(original)
    def watched(self: Any, instance: Any, cls: Any = None) -> Any:
        seen.append(instance)
        return original(self, instance, cls)

    with patch.object(owner, "__get__", watched):
        capture.install()
        try:
            yield seen
        finally:
            capture.uninstall()
    capture.install()


@pytest.mark.parametrize(("owner", "name"), PLACES)
def test_another_package_that_watches_reads_sees_each_of_them(owner: type, name: str) -> None:
    album = Album(title="x", artist=Artist(id=3, name="y"))
    with patched_by_others(owner) as seen:
        for _ in range(3):
            getattr(album, name)
        with queryaudit.audit():
            getattr(album, name)
    assert len(seen) >= 4


def test_reads_of_the_class_and_of_nothing_are_djangos() -> None:
    assert isinstance(Album.__dict__["artist"], ForwardManyToOneDescriptor)
    assert Album.artist is Album.__dict__["artist"]
    column: Any = getattr(Album, "artist_id")  # noqa: B009
    assert isinstance(column, DeferredAttribute)
    with pytest.raises(Artist.DoesNotExist, match="Album has no artist"):
        Album(title="x").artist  # noqa: B018
    assert Album(title="x").producer is None


def test_a_row_that_is_changed_answers_what_it_holds_now(db: None) -> None:
    label = Label.objects.create(name="a")
    first, second = (Artist.objects.create(name=name, label=label) for name in "bc")
    with queryaudit.audit() as audit:
        album = Album.objects.create(title="x", artist=first)
        assert album.artist is first
        album.artist = second
        assert album.artist is second
        album.artist_id = first.pk
        assert album.artist == first
        assert album.artist is not first
        del album.__dict__["artist_id"]
        assert album.artist_id == first.pk  # of what was saved
    assert audit.query_count == 3


def test_a_parent_that_is_cached_serves_the_child(db: None) -> None:
    artist = Artist.objects.create(name="x", label=Label.objects.create(name="y"))
    LiveAlbum.objects.create(title="z", artist=artist, venue="v")
    live = LiveAlbum.objects.get()
    parent = live.album_ptr  # type: ignore[attr-defined]
    assert parent.artist == artist
    with queryaudit.audit() as audit:
        assert live.artist == artist
    assert audit.query_count == 0


def test_a_one_to_one_that_is_read_from_its_other_side_is_cached_on_both(db: None) -> None:
    artist = Artist.objects.create(name="x", label=Label.objects.create(name="y"))
    album = Album.objects.create(title="z", artist=artist)
    Cover.objects.create(album=album, painter="p")
    album = Album.objects.get()
    with queryaudit.audit() as audit:
        assert album.cover.album is album
    assert audit.query_count == 1


@isolate_apps("tests.music")
def test_a_field_with_a_cache_of_its_own_is_asked() -> None:
    class Kept(models.ForeignKey):  # type: ignore[type-arg]
        def get_cached_value(self, instance: Any, default: Any = None) -> Any:
            return "of its own"

    class Song(models.Model):
        label = Kept(Label, models.CASCADE)

        class Meta:
            app_label = "music"

    song = Song(label_id=3)
    song._state.fields_cache["label"] = "of the row"
    assert song.label == "of its own"


class OwnState:
    """What a stub has, or a package that keeps rows elsewhere."""

    db = "default"
    adding = False
    fetch_mode = getattr(ModelState, "fetch_mode", None)  # came with Django 6.1

    def __init__(self) -> None:
        self.fields_cache: dict[str, Any] = {}


@pytest.mark.django_db
@pytest.mark.parametrize("is_audited", [False, True])
def test_rows_with_a_state_of_their_own_are_read_as_ever(*, is_audited: bool) -> None:
    artist = Artist.objects.create(name="x", label=Label.objects.create(name="z"))
    album = Album.objects.create(title="y", artist=artist)
    for loaded in ({}, {"artist": artist}):
        album._state = OwnState()  # type: ignore[assignment]
        album._state.fields_cache.update(loaded)
        with queryaudit.audit() if is_audited else nullcontext():
            assert album.artist == artist
