"""What only a deep audit and an explaining one tell."""

import pickle
from collections.abc import Callable

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections, transaction
from django.db.models.query_utils import DeferredAttribute
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

import queryaudit
from queryaudit import Audit
from tests.conftest import needs_postgres
from tests.corpus import data
from tests.corpus.models import Album, Biography
from tests.music.models import Label


@pytest.fixture
def rows(db: None) -> None:
    data.fill()


def deep(do: Callable[[], object]) -> Audit:
    with queryaudit.audit(deep=True) as audit:
        do()
    return audit


def unread(audit: Audit) -> list[tuple[str | None, str]]:
    return [(f.relation, f.fix) for f in audit.findings if f.kind == "unused_columns"]


@pytest.mark.usefixtures("rows")
def test_a_wide_column_that_nobody_reads_is_told_in_deep_mode_alone() -> None:
    def page() -> list[str]:
        return [album.title for album in Album.objects.all()]

    audit = deep(page)
    assert unread(audit) == [("corpus.Album.notes", '.defer("notes")')]
    (finding,) = audit.findings
    assert (finding.severity, finding.expected_count) == ("note", 1)
    with queryaudit.audit() as shallow:
        page()
    assert shallow.findings == []
    assert type(vars(Album)["notes"]) is DeferredAttribute


@pytest.mark.usefixtures("rows")
def test_what_is_read_left_out_pickled_or_of_one_row_is_silent() -> None:
    assert unread(deep(lambda: [album.notes for album in Album.objects.all()])) == []
    assert unread(deep(lambda: [album.title for album in Album.objects.defer("notes")])) == []
    assert unread(deep(lambda: pickle.dumps(list(Album.objects.all())))) == []
    assert unread(deep(lambda: Album.objects.get(pk=1).title)) == []


@pytest.mark.usefixtures("rows")
def test_the_column_of_a_joined_row_is_named_by_its_path() -> None:
    def page() -> list[str]:
        rows = Biography.objects.select_related("artist").all()
        return [row.artist.name for row in rows]

    assert unread(deep(page)) == [("corpus.Biography.text", '.defer("text")')]


@pytest.mark.usefixtures("rows")
def test_rows_behave_as_ever_under_a_deep_audit() -> None:
    with queryaudit.audit(deep=True):
        (album, *_) = Album.objects.order_by("pk")
        assert album.notes.startswith("a long story")
        album.notes = "new"
        assert album.notes == vars(album)["notes"] == "new"
        album.save()
        del album.notes
        assert album.notes == "new"  # loaded as a column that was left out
        assert isinstance(getattr(Album, "notes"), DeferredAttribute)  # noqa: B009
    assert Album.objects.get(pk=1).notes == "new"


def scans(do: Callable[[], object], rows: int = 5) -> Audit:
    with override_settings(QUERYAUDIT={"LIMITS": {"FULL_SCAN_ROWS": rows}}):
        with queryaudit.audit(explain=True) as audit:
            do()
        assert audit.findings is not None  # judged by these settings
        return audit


@pytest.fixture(params=["default", pytest.param("postgres", marks=needs_postgres)])
def alias(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    Label.objects.using(name).bulk_create(Label(name=f"label {n}") for n in range(40))
    if name == "postgres":
        with connections[name].cursor() as cursor:
            cursor.execute("ANALYZE music_label")
    return name


@pytest.mark.django_db(databases=["default", "postgres"] if "postgres" in connections else None)
def test_a_scan_for_some_rows_is_told_with_its_column(alias: str) -> None:
    def ask() -> None:
        Label.objects.using(alias).filter(name="label 3").first()  # scan

    with CaptureQueriesContext(connections[alias]) as captured:
        audit = scans(ask)
    (finding,) = audit.findings
    assert (finding.kind, finding.relation, finding.severity) == (
        "full_scan",
        "music.Label",
        "warning",
    )
    assert finding.fix == "an index for music_label (name), of 5 rows or more"
    assert finding.used_at is not None
    assert finding.used_at.text.endswith("# scan")
    assert (audit.query_count, len(captured)) == (1, 1)
    assert scans(ask, rows=1_000).findings == []
    with queryaudit.audit() as plain:
        ask()
    assert plain.findings == []


@pytest.mark.django_db
def test_by_key_and_all_rows_are_no_scans() -> None:
    ContentType.objects.count()
    audit = scans(lambda: [Label.objects.filter(pk=1).first(), list(Label.objects.all())], rows=1)
    assert audit.findings == []


@needs_postgres
@pytest.mark.django_db(databases=["default", "postgres"])
def test_a_plan_leaves_the_transaction_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it fails, on a database that then answers nothing more."""
    from queryaudit.capture import explain

    Label.objects.using("postgres").create(name="a")
    broken = lambda *_: iter([("no_such_table", ())])  # noqa: E731
    monkeypatch.setitem(explain._PLANS, "postgresql", broken)
    with transaction.atomic(using="postgres"):
        scans(lambda: Label.objects.using("postgres").filter(name="a").first())
        assert Label.objects.using("postgres").count() == 1
    assert connection.vendor == "sqlite"
