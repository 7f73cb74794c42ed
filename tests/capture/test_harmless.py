"""An error in any part of the recording is logged once, and the audited code goes on."""

import pytest

import queryaudit
from queryaudit import errors
from tests.music.models import Album, Artist


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
