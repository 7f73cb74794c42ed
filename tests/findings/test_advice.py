"""Notes on what works today and fails, or costs, one day."""

import pytest
from django.db import OperationalError, connection
from django.db.models import Prefetch

import queryaudit
from queryaudit.auditing import Audit
from tests.music.models import Artist, Label

JOINS_BY_OR = not connection.features.supports_tuple_lookups
EVIDENCE = "600 keys; SQLite takes some 1,000 with this Django"
pytestmark = pytest.mark.django_db


def make(labels: int) -> None:
    Label.objects.bulk_create(Label(pk=n, name=f"label {n}") for n in range(1, labels + 1))
    Artist.objects.bulk_create(
        Artist(pk=n, name=f"artist {n}", label_id=n, home_id=n) for n in range(1, labels + 1)
    )


def advice(audit: Audit) -> list[str]:
    return [finding.fix for finding in audit.findings if finding.kind == "advice"]


def test_a_prefetch_near_the_depth_of_sqlite_is_told_with_the_join_that_needs_no_list() -> None:
    make(600)
    with queryaudit.audit() as audit:
        names = [artist.label.name for artist in Artist.objects.prefetch_related("label")]
    assert len(names) == 600
    if not JOINS_BY_OR:
        assert advice(audit) == []  # Django 6.1 sends SQLite a list
        return
    join = 'select_related("label") in place of prefetch_related("label")'
    assert advice(audit) == [f"{join}  # {EVIDENCE}"]
    (found,) = audit.findings
    assert found.relation == "music.Artist.label"
    assert found.severity == "note"
    assert found.id.startswith("AD-")
    assert found.queryset_at is not None
    assert "prefetch_related" in found.queryset_at.text


@pytest.mark.skipif(not JOINS_BY_OR, reason="Django 6.1 sends SQLite a list of any length")
def test_a_prefetch_that_fails_is_told_as_well() -> None:
    make(1100)
    with queryaudit.audit() as audit, pytest.raises(OperationalError, match="too large"):
        list(Artist.objects.prefetch_related("label"))
    assert "1,100 keys" in advice(audit)[0]


@pytest.mark.skipif(not JOINS_BY_OR, reason="Django 6.1 sends SQLite a list of any length")
def test_below_a_set_the_join_stands_in_the_prefetch_of_the_set() -> None:
    make(600)
    with queryaudit.audit() as audit:
        for label in Label.objects.prefetch_related("artist_set__home"):
            assert [artist.home.name for artist in label.artist_set.all() if artist.home] == [
                label.name
            ]
    rows = 'Artist.objects.select_related("home")'
    code = f'prefetch_related(Prefetch("artist_set", queryset={rows}))'
    assert advice(audit) == [f"{code}  # {EVIDENCE}"]
    with queryaudit.audit() as audit:
        artists = Prefetch("artist_set", queryset=Artist.objects.select_related("home"))
        for label in Label.objects.prefetch_related(artists):
            assert [artist.home for artist in label.artist_set.all()] == [label]
    assert advice(audit) == []


def test_few_keys_are_no_matter_however_many_rows_there_are() -> None:
    Label.objects.create(pk=1, name="one")
    Artist.objects.bulk_create(Artist(name=f"artist {n}", label_id=1) for n in range(1500))
    with queryaudit.audit() as audit:
        names = {artist.label.name for artist in Artist.objects.prefetch_related("label")}
    assert names == {"one"}
    assert advice(audit) == []


def test_references_over_several_columns_send_a_list_at_any_length() -> None:
    from tests.corpus.models import Hall, Show

    keys = [("Oslo", number) for number in range(1, 1201)]
    Hall.objects.bulk_create(Hall(pk=key, seats=1) for key in keys)
    Show.objects.bulk_create(Show(city=city, hall_no=number, title="x") for city, number in keys)
    with queryaudit.audit() as audit:
        seats = [show.hall.seats for show in Show.objects.prefetch_related("hall")]
    assert seats == [1] * 1200
    assert advice(audit) == []
