"""Joined rows know where they came from, however and whenever they are read."""

import contextvars
import pickle
from itertools import islice

import django
import pytest
from django.db import models

import queryaudit
from queryaudit.capture.rows import rows_of
from tests.music.models import Album, Artist

pytestmark = pytest.mark.django_db


def _found(audit: queryaudit.Audit) -> list[tuple[str | None, str, int]]:
    return [(one.relation, one.fix, one.count) for one in audit.findings]


def test_the_rest_of_an_iteration_is_not_waited_for(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        found = Album.objects.select_related("artist").iterator()
        for album in islice(found, 5):
            assert album.artist.label.name
        within = _found(audit)
    assert within == [("music.Artist.label", '.select_related("artist__label")', 5)]
    assert _found(audit) == within


def test_a_row_that_is_read_anew_is_no_joined_one(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        for album in Album.objects.select_related("artist"):
            album.artist.refresh_from_db()
            assert album.artist.label.name
    assert '.select_related("artist__label")' not in {fix for _, fix, _ in _found(audit)}


def test_a_row_from_elsewhere_is_no_joined_one(albums: list[Album]) -> None:
    artists = {artist.pk: artist for artist in pickle.loads(pickle.dumps(list(_artists())))}
    with queryaudit.audit() as audit:
        for album in Album.objects.select_related("artist"):
            album.artist = artists[album.artist_id]
            assert album.artist.label.name
    assert '.select_related("artist__label")' not in {fix for _, fix, _ in _found(audit)}


def _artists() -> models.QuerySet[Artist]:
    return Artist.objects.order_by("pk")


def test_a_joined_row_that_is_first_read_between_two_audits_is_known(albums: list[Album]) -> None:
    with queryaudit.audit():
        kept = list(Album.objects.select_related("artist"))
    artists = [album.artist for album in kept]
    with queryaudit.audit() as audit:
        assert all(artist.label.name for artist in artists)
    assert _found(audit) == [("music.Artist.label", '.select_related("artist__label")', 6)]


def test_a_joined_row_that_is_read_in_another_context_is_read(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        found = list(Album.objects.select_related("artist__label"))
        artists = contextvars.Context().run(lambda: [album.artist for album in found])
        assert all(artist.label.name for artist in artists)
    assert not audit.findings


@pytest.mark.skipif(django.VERSION < (6, 1), reason="fetch modes came with Django 6.1")
def test_rows_that_peers_load_know_where_they_came_from(albums: list[Album]) -> None:
    with queryaudit.audit():
        found = list(Album.objects.select_related("artist").fetch_mode(models.FETCH_PEERS))
        assert all(album.artist.label.name for album in found)
        assert all(rows_of(album.artist.label) is not None for album in found)
