"""Where a package makes the queryset, the own declaration is named, and what to write there."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

import queryaudit
from queryaudit import Audit, Finding
from queryaudit.recording.declarations import declared_by
from queryaudit.signals import request_audited
from tests.findings import declared
from tests.music.models import Album, Artist, Label

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.findings.declared")]

SOURCE = Path(declared.__file__)
MIDDLEWARE = override_settings(
    MIDDLEWARE=[
        "queryaudit.middleware.QueryAuditMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    QUERYAUDIT={"ENABLED": True},
)


def line(mark: str) -> str:
    """Return where ``mark`` stands: the end of a line, or the line that begins with it."""
    for number, text in enumerate(SOURCE.read_text().splitlines(), 1):
        if text.endswith(f"# {mark}") or text.strip().startswith(mark):
            return f"tests/findings/declared.py:{number}"
    raise AssertionError(mark)


@pytest.fixture
def _installed() -> Iterator[None]:
    with MIDDLEWARE:
        yield


def audited(path: str) -> Audit:
    """Ask for a page twice as staff, and return the second audit."""
    User.objects.filter(username="staff").exists() or User.objects.create_superuser("staff")
    client = Client()
    client.force_login(User.objects.get(username="staff"))
    heard: list[Audit] = []

    def hear(audit: Audit, **_: object) -> None:
        heard.append(audit)

    request_audited.connect(hear)
    try:
        for _ in range(2):
            assert client.get(path).status_code == 200
    finally:
        request_audited.disconnect(hear)
    return heard[-1]


def of(audit: Audit, relation: str) -> Finding:
    (finding,) = [one for one in audit.findings if one.relation == relation]
    return finding


@pytest.mark.usefixtures("_installed")
def test_a_list_of_the_admin_is_repaired_by_list_select_related(
    albums: list[Album], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django joins the keys that are never null by itself: what names one more must name them."""
    Artist.objects.update(home=Label.objects.first())
    audit = audited("/admin/music/album/")
    finding = of(audit, "music.Artist.home")
    joined = '["artist__home", "artist__label"]' if django.VERSION < (6, 1) else '["artist__home"]'
    assert finding.fix == f"list_select_related = {joined}"
    assert str(finding.fix_at) == line("class AlbumAdmin")
    assert finding.origin == "ModelAdmin declaration"
    assert finding.queryset_at is not None
    assert finding.queryset_at.path == "django/contrib/admin/options.py"
    assert str(finding.used_at) == line("in the admin")
    assert finding.count == 6
    names = finding.fix.partition("= ")[2]
    monkeypatch.setattr(declared.AlbumAdmin, "list_select_related", ast.literal_eval(names))
    repaired = audited("/admin/music/album/")
    assert repaired.query_count == finding.expected_count
    assert not [one for one in repaired.findings if one.relation == "music.Artist.home"]


@pytest.mark.usefixtures("_installed")
def test_a_column_that_the_admin_reads_itself_is_named_in_its_list(
    albums: list[Album], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared.AlbumAdmin, "list_display", ("title", "artist"))
    monkeypatch.setattr(declared.AlbumAdmin, "list_select_related", ["producer"])
    finding = of(audited("/admin/music/album/"), "music.Album.artist")
    assert str(finding.used_at) == line("column artist")
    assert finding.fix == 'list_select_related = ["artist"]'


@pytest.mark.usefixtures("_installed")
def test_a_list_whose_view_is_overridden_is_repaired_at_its_declaration(
    albums: list[Album],
) -> None:
    """The line that calls super().changelist_view() has no queryset to change."""
    Artist.objects.update(home=Label.objects.first())
    finding = of(audited("/passing-admin/music/album/"), "music.Artist.home")
    assert finding.fix.startswith('list_select_related = ["artist__home"')
    assert str(finding.fix_at) == line("class PassingAdmin")
    assert finding.origin == "ModelAdmin declaration"


@pytest.mark.usefixtures("_installed")
def test_a_view_that_calls_its_base_is_repaired_where_its_queryset_is(albums: list[Album]) -> None:
    finding = of(audited("/passing/"), "music.Album.artist")
    assert finding.fix == 'queryset = Album.objects.select_related("artist__label")'
    assert str(finding.fix_at) == line("declared by the one that passes on")
    finding = of(audited("/narrowed/"), "music.Album.artist")
    assert finding.fix == '.select_related("artist__label")'
    assert str(finding.queryset_at) == line("narrowed")


@pytest.mark.usefixtures("_installed")
def test_a_generic_view_is_repaired_at_its_declaration(albums: list[Album]) -> None:
    finding = of(audited("/albums/"), "music.Album.artist")
    assert finding.fix == 'queryset = Album.objects.select_related("artist__label")'
    assert str(finding.fix_at) == line("declared")
    assert finding.origin == "view declaration"
    assert str(finding.used_at).startswith("tests/templates/albums.html:")


@pytest.mark.usefixtures("_installed")
def test_the_choices_of_a_form_are_repaired_at_its_field(albums: list[Album]) -> None:
    finding = of(audited("/form/"), "music.Artist.label")
    assert finding.fix == (
        'artist = ModelChoiceField(queryset=Artist.objects.select_related("label"))'
    )
    assert str(finding.fix_at) == line("field artist") or "fields = " in finding.fix_at.text  # type: ignore[union-attr]
    assert finding.origin == "form declaration"
    assert str(finding.used_at) == line("choice")


@pytest.mark.usefixtures("_installed")
def test_choices_that_several_forms_ask_for_are_shared(albums: list[Album]) -> None:
    audit = audited("/forms/")
    (finding,) = [one for one in audit.findings if one.kind == "duplicate"]
    assert (finding.relation, finding.count) == ("music.Artist", 3)
    assert finding.fix.startswith("share the choices: ")


@pytest.mark.usefixtures("_installed")
def test_the_id_of_a_declared_queryset_outlives_an_edit_above_it(albums: list[Album]) -> None:
    """It is made of the class and its file, not of the package's lines."""
    first = of(audited("/albums/"), "music.Album.artist")
    second = of(audited("/albums/"), "music.Album.artist")
    assert first.id == second.id
    with queryaudit.audit() as other:
        for album in Album.objects.all():
            assert album.artist
    assert other.findings[0].id != first.id


@pytest.mark.usefixtures("_installed")
def test_a_filter_beside_the_list_is_repaired_by_a_filter_of_its_own(
    albums: list[Album], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django reads its choices by the default manager, and prints each."""
    monkeypatch.setattr(Artist, "__str__", lambda artist: f"{artist.name} of {artist.label.name}")
    monkeypatch.setattr(declared.AlbumAdmin, "list_display", ("title",))
    finding = of(audited("/admin/music/album/"), "music.Artist.label")
    assert finding.fix == (
        '("artist", ...) in list_filter: a RelatedFieldListFilter whose field_choices() reads '
        'Artist.objects.select_related("label")'
    )
    assert str(finding.fix_at) == line("filter")


class Field:
    """As Django REST framework's: bound to the serializer that declares it, maybe in a list."""

    def __init__(self, name: str, parent: object) -> None:
        self.field_name = name
        self.parent = parent

    def get_attribute(self) -> tuple[type | None, str]:
        return declared_by(sys._getframe(), (None, ""))


class Serializer:
    """One of the site's own."""

    parent = None


def test_the_field_of_a_serializer_is_declared_by_the_serializer_around_it() -> None:
    """Also where the field is a serializer itself, or stands in a list of many."""
    assert Field("artist", Serializer()).get_attribute() == (Serializer, "artist")
    many = type("ListSerializer", (), {"__module__": "builtins", "parent": Serializer()})()
    assert Field("tracks", many).get_attribute() == (Serializer, "tracks")
    assert Field("loose", None).get_attribute() == (None, "loose")
