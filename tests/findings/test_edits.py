"""The code of a fix, applied as it is printed, keeps its promise."""

from collections.abc import Callable
from typing import Any

import django
import pytest
from django.core import exceptions
from django.db import connections, models
from django.db.models import Manager, Prefetch, QuerySet, prefetch_related_objects
from django.test import override_settings

import queryaudit
from queryaudit.findings.edits import longest
from tests.corpus import models as corpus
from tests.music.models import Album, Artist, Label, LiveAlbum

pytestmark = pytest.mark.django_db
Make = Callable[[], Any]
OBJECTS: Any = Album.objects  # with methods of Django 6.1


def show(albums: Any) -> list[tuple[str, str, str]]:
    return [(album.title, album.artist.name, album.artist.label.name) for album in albums]


def show_artists(albums: Any) -> list[str]:
    return [album.artist.name for album in albums]


def check_promise(make: Make, use: Callable[[Any], Any], fix: str) -> None:
    """The one edit of ``use(make())`` is ``fix``; with it the promised count is left."""
    patient = {"LIMITS": {"SLOW_MS": 60_000}}  # machines may be busy
    with override_settings(QUERYAUDIT=patient), queryaudit.audit() as before:
        shown = use(make())
    assert {finding.fix for finding in before.findings} == {fix}
    (promised,) = {finding.expected_count for finding in before.findings}
    assert promised == before.expected_count is not None
    with queryaudit.audit() as after:
        if fix.startswith("."):
            repaired = eval(f"make(){fix}", {"make": make})  # noqa: S307
        else:
            repaired = list(make())
            eval(fix, {"prefetch_related_objects": prefetch_related_objects, "rows": repaired})  # noqa: S307
        assert use(repaired) == shown
    assert after.query_count == promised
    assert after.findings == []


@pytest.mark.parametrize(
    ("make", "use", "fix"),
    [
        (Album.objects.all, show, '.select_related("artist__label")'),
        (lambda: Album.objects.order_by("pk")[:4], show, '.select_related("artist__label")'),
        (
            lambda: Album.objects.only("title"),
            show_artists,
            '.only("artist", "title").select_related("artist")',
        ),
        (
            lambda: Album.objects.defer("artist"),
            show,
            '.defer(None).select_related("artist__label")',
        ),
        (
            lambda: Album.objects.defer("artist", "producer"),
            show,
            '.defer(None).defer("producer").select_related("artist__label")',
        ),
        (lambda: Album.objects.defer("producer"), show, '.select_related("artist__label")'),
        (
            lambda: Album.objects.select_related("artist"),
            show,
            '.select_related("artist__label")',
        ),
        (
            lambda: Album.objects.prefetch_related("artist"),
            show,
            '.prefetch_related("artist__label")',
        ),
        (
            lambda: Album.objects.filter(pk__gt=3).union(Album.objects.filter(pk__lte=3)),
            show,
            'prefetch_related_objects(rows, "artist__label")',
        ),
        (
            lambda: Album.objects.raw("SELECT * FROM music_album"),
            show,
            '.prefetch_related("artist__label")',
        ),
    ],
    ids=[
        "plain",
        "slice",
        "only",
        "defer",
        "defer two",
        "defer another",
        "half joined",
        "half prefetched",
        "union",
        "raw",
    ],
)
def test_the_fix_keeps_its_promise(
    make: Make, use: Callable[[Any], Any], fix: str, albums: list[Album]
) -> None:
    check_promise(make, use, fix)


def test_a_key_left_out_further_on_is_put_back(albums: list[Album]) -> None:
    def check(make: Make, fix: str) -> None:
        with queryaudit.audit() as audit:
            shown = [(album.title, album.artist.label.name) for album in make()]
        fixes = {finding.fix for finding in audit.findings}
        assert fix in fixes
        with queryaudit.audit() as repaired:
            rows = eval(f"make(){fix}", {"make": make})  # noqa: S307
            assert [(album.title, album.artist.label.name) for album in rows] == shown
        assert repaired.query_count == 1

    check(
        lambda: Album.objects.select_related("artist").defer("artist__label"),
        '.defer(None).select_related("artist__label")',
    )
    check(
        lambda: Album.objects.only("title", "artist__name").select_related("artist"),
        '.only("artist", "artist__label", "artist__name", "title").select_related("artist__label")',
    )


def test_a_line_that_serves_uses_of_two_kinds_promises_nothing(albums: list[Album]) -> None:
    """The edit would break the other use: Django refuses the join beside union()."""

    def base() -> QuerySet[Album]:
        return Album.objects.all()

    with queryaudit.audit() as audit:
        show_artists(base())
        list(base().union(base()))
    (finding,) = audit.findings
    if django.VERSION < (6, 1):
        assert finding.expected_count is None
        return
    assert finding.fix == ".fetch_mode(models.FETCH_PEERS)"
    with queryaudit.audit() as repaired:
        show_artists(base().fetch_mode(models.FETCH_PEERS))
        list(base().fetch_mode(models.FETCH_PEERS).union(base()))
    assert (repaired.query_count, repaired.findings) == (finding.expected_count, [])


def test_rows_of_two_querysets_that_are_prefetched_together_have_no_line(
    albums: list[Album],
) -> None:
    Album.objects.update(producer=Artist.objects.first())
    with queryaudit.audit() as audit:
        artists = [*Artist.objects.filter(pk__lte=3), *Artist.objects.filter(pk__gt=3)]
        prefetch_related_objects(artists, "album_set")
        for artist in artists:
            _ = [album.producer for album in artist.album_set.all()]
    assert all(
        f.expected_count is None for f in audit.findings if f.relation == "music.Album.producer"
    )


def test_a_prefetch_for_rows_read_in_chunks_is_not_promised(albums: list[Album]) -> None:
    raw = Album.objects.raw("SELECT * FROM music_album")
    with queryaudit.audit() as audit:
        for album in raw.iterator():
            _ = album.artist
    (finding,) = audit.findings
    assert (finding.fix, finding.expected_count) == ('.prefetch_related("artist")', None)


def test_two_hops_behind_only_are_named_and_not_promised(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        show(Album.objects.only("title", "artist"))
    assert {finding.fix for finding in audit.findings} == {
        '.only("artist", "title").select_related("artist__label")'
    }
    assert audit.expected_count is None


@pytest.mark.filterwarnings("ignore:Calling select_related.. with no arguments")
def test_relations_joined_without_names_are_named_in_the_fix(albums: list[Album]) -> None:
    """Django forgets select_related() without names where names are given."""
    Album.objects.update(producer=Artist.objects.first())

    def use(albums: Any) -> list[tuple[str, str]]:
        return [(album.artist.label.name, album.producer.name) for album in albums]

    check_promise(Album.objects.select_related, use, '.select_related("artist__label", "producer")')


class TestBelowAPrefetch:
    def test_the_path_goes_on_from_the_first_queryset(self, albums: list[Album]) -> None:
        Album.objects.update(producer=Artist.objects.first())

        def use(artists: Any) -> list[str]:
            return [album.producer.name for artist in artists for album in artist.album_set.all()]

        check_promise(
            lambda: Artist.objects.prefetch_related("album_set"),
            use,
            '.prefetch_related("album_set__producer")',
        )

    def test_a_queryset_of_the_sites_own_is_changed_itself(self, albums: list[Album]) -> None:
        Album.objects.update(producer=Artist.objects.first())
        with queryaudit.audit() as audit:
            inner = Album.objects.order_by("title")
            for artist in Artist.objects.prefetch_related(Prefetch("album_set", queryset=inner)):
                _ = [album.producer for album in artist.album_set.all()]
        (finding,) = audit.findings
        assert finding.fix == '.select_related("producer")'
        assert finding.queryset_at is not None
        assert finding.queryset_at.text == 'inner = Album.objects.order_by("title")'
        assert (audit.query_count, finding.expected_count) == (8, 2)


@pytest.mark.django_db(databases=["default", "other"])
def test_a_key_into_another_database_is_prefetched(albums: list[Album]) -> None:
    label = Label.objects.using("other").create(pk=1, name="there")
    for artist in Artist.objects.all():
        Artist.objects.using("other").create(pk=artist.pk, name=artist.name, label=label)

    class Router:
        def db_for_read(self, model: type, **hints: object) -> str | None:
            return "other" if model is Artist else "default"

        def allow_relation(self, *objects: object, **hints: object) -> bool:
            return True

    with override_settings(DATABASE_ROUTERS=[Router()]):
        check_promise(Album.objects.all, show_artists, '.prefetch_related("artist")')
    assert connections["other"].alias == "other"


def test_rows_read_anew_are_no_fault_of_their_queryset(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        for album in Album.objects.all():
            album.refresh_from_db()
            _ = album.artist
    assert audit.query_count == 13
    assert all(finding.relation != "music.Album.artist" for finding in audit.findings)


def test_what_a_manager_asks_besides_is_no_part_of_the_load(
    albums: list[Album], monkeypatch: pytest.MonkeyPatch
) -> None:
    class AskingManager(Manager[Artist]):
        def get_queryset(self) -> QuerySet[Artist]:
            Label.objects.count()
            return super().get_queryset()

    manager = AskingManager()
    manager.model = Artist
    manager.name = "asking"
    monkeypatch.setattr(Artist._meta, "base_manager", manager)
    with queryaudit.audit() as audit:
        for album in Album.objects.all():
            _ = album.artist
    (finding,) = (f for f in audit.findings if f.kind == "n_plus_one")
    assert audit.query_count == 13
    assert (finding.count, finding.expected_count) == (6, None)
    assert finding.used_at is not None
    assert finding.used_at.text == "_ = album.artist"


@pytest.mark.filterwarnings("ignore:.*must accept a fetch_mode")
def test_a_row_that_is_no_row_is_passed_on(
    albums: list[Album], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """from_db() may return what it likes."""
    monkeypatch.setattr(Label, "from_db", classmethod(lambda cls, db, names, values: values))
    with queryaudit.audit():
        assert [tuple(row)[1] for row in Label.objects.order_by("pk")] == [  # type: ignore[arg-type]
            "label 0",
            "label 1",
            "label 2",
        ]


class TestMerge:
    def test_an_edit_seen_by_two_recordings_is_their_union(self, albums: list[Album]) -> None:
        Artist.objects.update(home=Label.objects.first())

        def newest() -> QuerySet[Album]:
            return Album.objects.all()

        def read(make: Make) -> queryaudit.Audit:
            with queryaudit.audit() as outer:
                with queryaudit.audit():
                    _ = [album.artist.label for album in make()]
                with queryaudit.audit():
                    _ = [album.artist.home for album in make()]
            return outer

        before = read(newest)
        fix = '.select_related("artist__home", "artist__label")'
        assert {finding.fix for finding in before.findings} == {fix}
        after = read(lambda: newest().select_related("artist__home", "artist__label"))
        assert before.expected_count == after.query_count == 2

    def test_the_longest_paths_bring_the_others(self) -> None:
        assert longest(("artist", "artist__label", "genre", "artist_two")) == (
            "artist__label",
            "artist_two",
            "genre",
        )


def test_a_child_row_is_joined_by_its_own_name(albums: list[Album]) -> None:
    for n in range(3):
        LiveAlbum.objects.create(title="live", artist=albums[n].artist, venue="hall")
    check_promise(LiveAlbum.objects.all, show, '.select_related("artist__label")')


@pytest.mark.skipif(django.VERSION < (6, 1), reason="fetch modes came with Django 6.1")
class TestFetchModes:
    def test_peers_are_no_loop(self, albums: list[Album]) -> None:
        with queryaudit.audit() as audit:
            show(OBJECTS.fetch_mode(models.FETCH_PEERS))
        assert (audit.query_count, audit.findings) == (3, [])

    def test_raise_raises(self, albums: list[Album]) -> None:
        blocked = pytest.raises(exceptions.FieldFetchBlocked)
        with queryaudit.audit(), blocked:
            show(OBJECTS.fetch_mode(models.FETCH_RAISE))

    def test_a_relation_below_peers_goes_back_to_their_queryset(self, albums: list[Album]) -> None:
        with queryaudit.audit() as audit:
            rows = list(OBJECTS.fetch_mode(models.FETCH_PEERS))
            artists = [row.artist for row in rows]
            for artist in artists:
                artist._state.fetch_mode = models.FETCH_ONE
                _ = artist.label
        (finding,) = audit.findings
        assert finding.fix == '.prefetch_related("artist__label")'
        assert finding.queryset_at is not None
        assert finding.queryset_at.text.startswith("rows = list(OBJECTS")


@pytest.mark.filterwarnings("ignore:Calling select_related")  # since Django 6.1
def test_a_join_that_leads_back_to_its_row_is_none(db: None) -> None:
    """Django sets both sides of a one-to-one, of which one was joined."""
    labels = [corpus.Label.objects.create(name=str(number)) for number in range(3)]
    for label in labels:
        artist = corpus.Artist.objects.create(name=label.name, label=label, home=label)
        corpus.Biography.objects.create(artist=artist, text="long")
    with queryaudit.audit(raise_=False) as audit:
        for biography in corpus.Biography.objects.select_related():
            _ = str(biography.artist.home)
    (finding,) = audit.findings
    assert finding.fix == '.select_related("artist__home", "artist__label")'
