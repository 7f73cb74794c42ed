import copy
import pickle
import subprocess
import sys

import pytest
from django.db.models import QuerySet

import queryaudit
from queryaudit.capture.rows import rows_of
from queryaudit.capture.scope import ORIGIN
from tests.music.models import Album, LiveAlbum

pytestmark = pytest.mark.django_db


def test_a_queryset_pickles_with_the_auditor_on(albums: list[Album]) -> None:
    with queryaudit.audit():
        queryset = Album.objects.select_related("artist").filter(title__contains="album")
        unread = pickle.loads(pickle.dumps(queryset.query))
        read = pickle.loads(pickle.dumps(queryset))
    assert [album.pk for album in read] == [album.pk for album in albums]
    again = Album.objects.all()
    again.query = unread
    assert again.count() == 6


def test_a_pickle_names_nothing_of_the_package(albums: list[Album]) -> None:
    with queryaudit.audit():
        queryset = Album.objects.all()
        row = queryset[0]
        assert rows_of(row) is not None
        pickled = [pickle.dumps(queryset), pickle.dumps(queryset.query), pickle.dumps(row)]
    # The modules by name; the marks' attribute names on Django's objects do no harm.
    assert not any(b"queryaudit." in text for text in pickled)
    program = (
        "import sys, pickle; sys.modules['queryaudit'] = None; "
        "print(pickle.loads(sys.stdin.buffer.read()))"
    )
    mark = pickle.dumps(rows_of(row))
    result = subprocess.run(
        [sys.executable, "-c", program], input=mark, capture_output=True, check=True
    )
    assert result.stdout.strip() == b"None"


def test_copies_share_the_mark(albums: list[Album]) -> None:
    with queryaudit.audit():
        row = Album.objects.all()[0]
        queryset = Album.objects.all()
    assert rows_of(copy.copy(row)) is rows_of(copy.deepcopy(row)) is rows_of(row)
    mark = queryset.query.__dict__[ORIGIN]
    assert queryset.filter(pk=1).query.__dict__[ORIGIN] is mark
    assert copy.deepcopy(queryset).query.__dict__[ORIGIN] is mark


def test_without_an_audit_nothing_hangs_on_rows_or_querysets(albums: list[Album]) -> None:
    queryset = Album.objects.all()
    assert ORIGIN not in queryset.query.__dict__
    assert rows_of(queryset[0]) is None


def test_rows_are_read_as_lazily_as_before(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        queryset: QuerySet[Album] = Album.objects.all()
        iterator = queryset.iterator(chunk_size=2)
        assert audit.query_count == 0
        next(iterator)
        assert audit.query_count == 1


def test_joined_rows_know_the_relation_they_came_by(albums: list[Album]) -> None:
    with queryaudit.audit():
        row = Album.objects.select_related("artist__label")[0]
    artist, label = rows_of(row.artist), rows_of(row.artist.label)
    assert artist is not None
    assert label is not None
    assert [step.relation for step in artist.steps] == ["music.Album.artist"]
    assert [step.relation for step in label.steps] == ["music.Album.artist", "music.Artist.label"]


def test_a_relation_of_a_parent_model_is_named_on_the_model_that_declares_it(
    albums: list[Album],
) -> None:
    LiveAlbum.objects.create(title="live", artist=albums[0].artist, venue="hall")
    with queryaudit.audit():
        row = LiveAlbum.objects.select_related("artist").get()
    rowset = rows_of(row.artist)
    assert rowset is not None
    assert rowset.steps[-1].relation == "music.Album.artist"
