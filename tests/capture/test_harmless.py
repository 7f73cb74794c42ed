"""An error in any part of the recording is logged once, and the audited code goes on."""

from typing import Any

import django
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import override_settings

import queryaudit
from queryaudit import errors
from tests.music.models import Album, Artist, Label


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("broken", "doing"),
    [
        ("queryaudit.recording.recorder.Recorder.find_maker", "marking a queryset"),
        ("queryaudit.recording.recorder.Recorder.begin_rows", "beginning the rows of a queryset"),
        ("queryaudit.recording.recorder.Recorder.follow", "tagging rows"),
        ("queryaudit.capture.sets._mark", "following a set"),
        ("queryaudit.capture.sets.form_of", "asking a set"),
        ("queryaudit.capture.eager._tag", "following a prefetch"),
        ("queryaudit.capture.steps.forward", "following a relation"),
        ("queryaudit.recording.recorder.Recorder.record_query", "recording a query"),
    ],
)
def test_an_error_is_logged_once_and_rows_are_what_they_are(
    broken: str,
    doing: str,
    albums: list[Album],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a bug")

    def read() -> list[tuple[str, str, str]]:
        rows = [*Album.objects.order_by("pk"), *Album.objects.select_related("artist")]
        for artist in [*Artist.objects.all(), *Artist.objects.prefetch_related("album_set")]:
            assert artist.album_set.count() == len(artist.album_set.all())
        return [(row.title, row.artist.name, row.artist.label.name) for row in rows]

    expected = read()
    monkeypatch.setattr(errors, "_told", set())
    monkeypatch.setattr(broken, fail)
    with queryaudit.audit():
        assert read() == expected
    assert [r.message.partition(";")[0] for r in caplog.records].count(
        f"queryaudit failed while {doing}"
    ) == 1


def test_a_row_is_looked_for_by_name_as_without_an_audit(albums: list[Album]) -> None:
    with queryaudit.audit():
        assert Album.objects.all().contains(obj=albums[0])  # as acontains() asks


class CountingRouter:
    """A router that remembers how often it was asked."""

    asked = 0

    def db_for_read(self, model: object, **hints: object) -> str:
        type(self).asked += 1
        return "default"


@pytest.mark.django_db
def test_routers_are_asked_as_often_as_without_an_audit() -> None:
    """One that chooses by chance would name another database the second time."""
    Label.objects.create(name="a")
    with override_settings(DATABASE_ROUTERS=[CountingRouter()]):

        def asked() -> int:
            CountingRouter.asked = 0
            assert [label.name for label in Label.objects.all()] == ["a"]
            assert [label.name for label in Label.objects.raw("SELECT * FROM music_label")] == ["a"]
            return CountingRouter.asked

        before = asked()
        with queryaudit.audit():
            assert asked() == before


@pytest.mark.django_db
def test_values_of_every_sort_are_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    """A writable view of bytes has no hash, and its text is its address."""
    with queryaudit.audit() as audit, connection.cursor() as cursor:
        for word in (b"a", b"b", b"a"):
            value: Any = memoryview(bytearray(word))
            cursor.execute("SELECT %s", [value])
    assert not caplog.records
    assert audit.query_count == 3


@pytest.mark.django_db
def test_one_call_is_one_place_however_python_runs_it() -> None:
    """Python 3.11 specializes a call in a loop, and then shows another instruction for it."""
    with queryaudit.audit() as audit:
        for pk in range(40):
            rows = Label.objects.filter(pk=pk)
            sorted(rows, key=str)
    (finding,) = audit.findings
    assert finding.count == 40


@pytest.mark.skipif(django.VERSION < (6, 1), reason="deprecated since Django 6.1")
def test_a_deprecation_is_told_where_the_site_calls() -> None:
    with queryaudit.audit(), pytest.warns(match="select_related") as told:
        Album.objects.select_related()
    assert [warning.filename for warning in told] == [__file__]


def test_eager_loads_keep_their_names_and_documentation() -> None:
    with queryaudit.audit():
        method = QuerySet.select_related
    assert (method.__name__, method.__module__) == ("select_related", "django.db.models.query")
    assert method.__doc__
