from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.test import override_settings

import queryaudit
from queryaudit import Audit
from queryaudit.findings.locations import Location
from tests.music.models import Album, Artist, Cover, Label, LiveAlbum

pytestmark = pytest.mark.django_db
HERE = "tests/findings/test_n_plus_one.py"


def line_of(text: str) -> int:
    """Return the number of the one line of this file that ends in the comment ``# text``."""
    lines = Path(__file__).read_text().splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if line.endswith(f"# {text}")]
    return number


def audit_of(read: Callable[[], Iterable[Album]]) -> Audit:
    with queryaudit.audit() as audit:
        for album in read():
            _ = album.artist.name  # the use
    return audit


def relations(audit: Audit) -> list[queryaudit.Finding]:
    """Return the findings about relations; the same query twice is another one."""
    return [f for f in audit.findings if f.relation and f.relation.count(".") == 2]


def newest() -> QuerySet[Album]:
    return Album.objects.order_by("-pk")  # the queryset


def test_a_foreign_key_in_a_loop_is_found_and_the_repaired_code_is_silent(
    albums: list[Album],
) -> None:
    audit = audit_of(newest)
    (finding,) = audit.findings
    assert finding.kind == "n_plus_one"
    assert finding.severity == "error"
    assert finding.relation == "music.Album.artist"
    assert str(finding.used_at) == f"{HERE}:{line_of('the use')}"
    assert str(finding.queryset_at) == f"{HERE}:{line_of('the queryset')}"
    assert finding.fix_at == finding.queryset_at
    assert finding.fix == '.select_related("artist")'
    assert (audit.query_count, finding.count, finding.expected_count) == (7, 6, 1)
    assert audit.expected_count == 1
    assert 0 < finding.duration < audit.db_time

    repaired = audit_of(lambda: newest().select_related("artist"))
    assert (repaired.query_count, repaired.findings) == (1, [])


def test_a_second_hop_is_one_edit_at_the_first_queryset(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        render_to_string("albums.html", {"albums": newest()})
    by_relation = {finding.relation: finding for finding in audit.findings}
    artist, label = by_relation["music.Album.artist"], by_relation["music.Artist.label"]
    assert str(artist.used_at) == "tests/templates/albums.html:4"
    assert str(label.used_at) == "tests/templates/albums.html:5"
    assert artist.fix == label.fix == '.select_related("artist__label")'
    assert artist.fix_id == label.fix_id
    assert artist.id != label.id
    assert (audit.query_count, artist.expected_count, label.expected_count) == (13, 1, 1)

    with queryaudit.audit() as repaired:
        render_to_string("albums.html", {"albums": newest().select_related("artist__label")})
    assert (repaired.query_count, repaired.findings) == (1, [])


def test_half_a_fix_is_told_the_whole_path(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        render_to_string("albums.html", {"albums": newest().select_related("artist")})
    (finding,) = audit.findings
    assert (finding.relation, finding.fix) == (
        "music.Artist.label",
        '.select_related("artist__label")',
    )
    assert (audit.query_count, finding.expected_count) == (7, 1)


def test_two_relations_of_one_queryset_are_two_edits(albums: list[Album]) -> None:
    Album.objects.update(producer=Artist.objects.first())
    with queryaudit.audit() as audit:
        for album in newest():
            _ = album.artist.name, album.producer
    assert {finding.fix for finding in audit.findings} == {
        '.select_related("artist")',
        '.select_related("producer")',
    }
    assert len({finding.fix_id for finding in audit.findings}) == 2
    assert [finding.expected_count for finding in audit.findings] == [7, 7]
    assert (audit.query_count, audit.expected_count) == (13, 1)


def test_two_paths_below_one_relation_are_one_edit(albums: list[Album]) -> None:
    Artist.objects.update(home=Label.objects.first())
    with queryaudit.audit() as audit:
        for album in newest():
            _ = album.artist.label, album.artist.home
    assert {finding.fix for finding in audit.findings} == {
        '.select_related("artist__home", "artist__label")'
    }
    assert len({finding.fix_id for finding in audit.findings}) == 1
    assert (audit.query_count, audit.expected_count) == (19, 1)


def test_several_lines_of_use_are_one_finding_the_busiest_first(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        for number, album in enumerate(newest()):
            if number < 4:
                assert album.artist  # busy
            else:
                assert album.artist  # idle
    (finding,) = audit.findings
    assert [use.line for use in finding.uses] == [line_of("busy"), line_of("idle")]
    assert finding.count == 6


def test_two_loops_over_one_line_are_one_finding(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        for _ in range(2):
            for album in newest():
                _ = album.artist
    (finding,) = relations(audit)
    assert (audit.query_count, finding.count, finding.expected_count) == (14, 12, 2)


def test_single_loads_are_silent(albums: list[Album]) -> None:
    """Neither one row, nor one of several rows, nor two rows of two lines are a loop."""
    with queryaudit.audit() as audit:
        _ = Album.objects.get(pk=albums[0].pk).artist
        _ = list(Album.objects.all())[3].artist
        _ = Album.objects.filter(pk=albums[1].pk)[0].artist
    assert relations(audit) == []


def test_relations_of_rows_that_a_loop_gets_one_by_one_are_found(albums: list[Album]) -> None:
    """The join goes to the line of get(), which is a finding of its own."""
    with queryaudit.audit() as audit:
        for album in albums:
            _ = Album.objects.get(pk=album.pk).artist
    assert audit.query_count == 12
    lookup, relation = sorted(audit.findings, key=lambda finding: finding.relation or "")
    assert (lookup.relation, lookup.fix) == ("music.Album", "Album.objects.in_bulk(keys)")
    assert relation.relation == "music.Album.artist"
    assert relation.fix == '.select_related("artist")'
    assert relation.expected_count == 6
    with queryaudit.audit() as repaired:
        for album in (
            Album.objects.select_related("artist").in_bulk([a.pk for a in albums]).values()
        ):
            _ = album.artist
    assert (repaired.query_count, repaired.findings) == (1, [])


def test_a_cached_relation_costs_nothing_and_is_silent(albums: list[Album]) -> None:
    rows = list(Album.objects.all())
    with queryaudit.audit() as audit:
        for album in rows:
            album.artist = albums[0].artist
            _ = album.artist
    assert (audit.query_count, audit.findings) == (0, [])


def test_climbing_a_tree_from_one_row_is_silent(db: None) -> None:
    label = None
    for n in range(12):
        label = Label.objects.create(name=str(n), owner=label)
    with queryaudit.audit() as audit:
        node: Label | None = Label.objects.get(name="11")
        while node is not None:
            node = node.owner
    assert (audit.query_count, audit.findings) == (12, [])


def test_a_one_to_one_in_a_loop_is_found(albums: list[Album]) -> None:
    Cover.objects.bulk_create(Cover(album=album, painter="x") for album in albums)
    with queryaudit.audit() as audit:
        for cover in Cover.objects.all():
            _ = cover.album.title
    (finding,) = audit.findings
    assert (finding.relation, finding.fix) == ("music.Cover.album", '.select_related("album")')


def test_a_relation_of_a_parent_model_is_found_on_the_child(albums: list[Album]) -> None:
    for n in range(3):
        LiveAlbum.objects.create(title="live", artist=albums[n].artist, venue="hall")
    with queryaudit.audit() as audit:
        for album in LiveAlbum.objects.all():
            _ = album.artist
    (finding,) = audit.findings
    assert (finding.relation, finding.expected_count) == ("music.Album.artist", 1)


def test_rows_of_an_iterator_are_found(albums: list[Album]) -> None:
    (finding,) = audit_of(lambda: newest().iterator(chunk_size=2)).findings
    assert finding.count == 6


def test_rows_that_outlive_their_audit_are_found_in_the_next_one(albums: list[Album]) -> None:
    with queryaudit.audit() as first:
        cached = list(newest())
    before = first.findings
    audit = audit_of(lambda: cached)
    (finding,) = audit.findings
    assert str(finding.queryset_at) == f"{HERE}:{line_of('the queryset')}"
    assert finding.id == audit_of(newest).findings[0].id
    assert (audit.query_count, finding.expected_count) == (6, 0)
    assert first.findings == before == []


def test_the_limit_is_a_setting(albums: list[Album]) -> None:
    with override_settings(QUERYAUDIT={"LIMITS": {"N_PLUS_ONE": 7}}):
        assert audit_of(newest).findings == []
    with override_settings(QUERYAUDIT={"LIMITS": {"N_PLUS_ONE": 6}}):
        assert len(audit_of(newest).findings) == 1


def test_one_line_for_two_models_makes_two_findings(albums: list[Album]) -> None:
    def rows_of(model: Any) -> Any:
        return model.objects.all()

    with queryaudit.audit() as audit:
        for album in rows_of(Album):
            _ = album.artist
        for artist in rows_of(Artist):
            _ = artist.label
    assert {finding.relation for finding in audit.findings} == {
        "music.Album.artist",
        "music.Artist.label",
    }
    assert audit.expected_count == 2


def test_the_line_of_a_chain_is_the_line_of_its_model(albums: list[Album]) -> None:
    def read() -> QuerySet[Album]:
        return (
            Album.objects  # the model
            .filter(title__contains="album")
            .order_by("pk")
        )  # fmt: skip

    (finding,) = audit_of(read).findings
    assert str(finding.queryset_at) == f"{HERE}:{line_of('the model')}"


class Shelf:
    queryset = Album.objects.all()  # in a class body


def test_a_queryset_of_a_class_body_is_found_there(albums: list[Album]) -> None:
    """It was made before any audit, when its module was imported."""
    (finding,) = audit_of(lambda: Shelf.queryset.filter(pk__gt=0)).findings
    assert finding.queryset_at == Location(HERE, line_of("in a class body"))


def make_shelf() -> type:
    class Made:
        queryset = Album.objects.get_queryset()  # in a class that a function makes

    return Made


def test_a_queryset_of_a_class_that_a_function_made_is_found_there(albums: list[Album]) -> None:
    made: Any = make_shelf()
    (finding,) = audit_of(lambda: made.queryset.filter(pk__gt=0)).findings
    assert finding.queryset_at == Location(HERE, line_of("in a class that a function makes"))


def test_a_queryset_made_before_the_audit_is_named_where_it_is_read(albums: list[Album]) -> None:
    queryset = newest()
    with queryaudit.audit() as audit:
        for album in queryset:  # where it is read
            _ = album.artist
    (finding,) = audit.findings
    assert finding.queryset_at == Location(HERE, line_of("where it is read"))


def test_the_id_survives_edits_above_and_tells_equal_lines_apart(albums: list[Album]) -> None:
    def two_loops() -> list[str]:
        with queryaudit.audit() as audit:
            for album in Album.objects.all():
                _ = album.artist
            for album in Album.objects.all():
                _ = album.artist
        return sorted(finding.id for finding in relations(audit))

    first = two_loops()
    assert len(set(first)) == 2
    assert two_loops() == first


def test_a_moved_line_keeps_its_id(tmp_path: Path, albums: list[Album]) -> None:
    source = (
        "from tests.music.models import Album\n"
        "def loop():\n"
        "    for album in Album.objects.all():\n"
        "        album.artist\n"
    )
    ids = []
    for above in ("", "# an edit\n\nX = 1\n"):
        path = tmp_path / "moved.py"
        path.write_text(above + source)
        namespace: dict[str, Any] = {}
        with override_settings(QUERYAUDIT={"OWN": [tmp_path]}):
            exec(compile(above + source, str(path), "exec"), namespace)  # noqa: S102
            with queryaudit.audit() as audit:
                namespace["loop"]()
            (finding,) = audit.findings
        ids.append((finding.id, str(finding.queryset_at)))
    assert ids[0][0] == ids[1][0]
    assert [at for _, at in ids] == ["moved.py:3", "moved.py:6"]


def test_a_queryset_that_a_package_makes_for_us_is_named_at_our_call(
    tmp_path: Path, albums: list[Album]
) -> None:
    package = tmp_path / "site-packages" / "lib.py"
    package.parent.mkdir()
    package.write_text("def rows(model):\n    return model.objects.all()\n")
    namespace: dict[str, Any] = {}
    exec(compile(package.read_text(), str(package), "exec"), namespace)  # noqa: S102
    with queryaudit.audit() as audit:
        rows = namespace["rows"](Album)  # our call
        for album in rows:
            _ = album.artist
    (finding,) = audit.findings
    assert str(finding.queryset_at) == f"{HERE}:{line_of('our call')}"


def test_a_failing_rule_is_logged_and_the_audit_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, albums: list[Album]
) -> None:
    from queryaudit import errors, findings

    def find_nothing(*_: object) -> list[queryaudit.Finding]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(errors, "_told", set())
    rules: list[Any] = [find_nothing, *findings.RULES]
    monkeypatch.setattr(findings, "RULES", rules)
    assert len(audit_of(newest).findings) == 1
    assert "asking the rule find_nothing" in caplog.text
