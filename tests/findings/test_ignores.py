"""What is ignored, by whom, and which ignores are stale."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from django.db import connections
from django.template import engines
from django.test import override_settings

import queryaudit
from queryaudit import Audit
from queryaudit.errors import FindingsError
from queryaudit.findings.ignores import IgnoreUse, join
from tests.music.models import Album, Artist

ARTIST = "music.Album.artist"


def show(rows: object) -> None:
    for album in Album.objects.all():
        assert album.artist.name


def stale(audit: Audit) -> list[tuple[str, str]]:
    return [(use.source, use.target) for use in audit.ignores if use.is_stale]


def test_a_block_ignores_the_relation_it_names(albums: list[Album]) -> None:
    with queryaudit.audit(raise_=True) as audit:
        with queryaudit.ignore(ARTIST, reason="six rows"):
            show(albums)
        with queryaudit.ignore("music.Artist.label", reason="another"):
            pass
    assert audit.findings == []
    (ignored,) = audit.ignored
    assert (ignored.relation, ignored.count) == (ARTIST, 6)
    (use,) = audit.ignores
    assert (use.source, use.target, use.reason) == ("block", ARTIST, "six rows")
    assert str(use.location).startswith("tests/findings/test_ignores.py:")
    assert not use.is_stale


def test_what_is_asked_beside_the_block_is_told(albums: list[Album]) -> None:
    """One line, asked in the block and outside of it: the finding stands, the ignore is stale."""
    with queryaudit.audit() as audit:
        with queryaudit.ignore(ARTIST, reason="only here"):
            show(albums)
        show(albums)
    (finding,) = [each for each in audit.findings if each.kind == "n_plus_one"]
    assert finding.count == 12
    assert stale(audit) == [("block", ARTIST)]


def test_a_block_of_another_relation_ignores_nothing_and_is_stale(albums: list[Album]) -> None:
    with queryaudit.audit() as audit, queryaudit.ignore("music.Album.producer", reason="x"):
        show(albums)
    assert len(audit.findings) == 1
    assert stale(audit) == [("block", "music.Album.producer")]


def test_a_block_without_targets_ignores_look_ups_and_unused_loads_too(albums: list[Album]) -> None:
    with queryaudit.audit() as audit, queryaudit.ignore(reason="a fixture"):
        for album in albums:
            Artist.objects.get(pk=album.artist_id)
        list(Album.objects.select_related("artist"))
    assert audit.findings == []
    assert {finding.kind for finding in audit.ignored} == {"n_plus_one", "unused_eager_load"}


def test_decorators_of_functions_and_coroutines(albums: list[Album]) -> None:
    @queryaudit.ignore(ARTIST, reason="sync")
    def page() -> int:
        show(albums)
        return 1

    @queryaudit.ignore(ARTIST, reason="async")
    async def apage() -> int:
        await asyncio.sleep(0)
        return 2

    with queryaudit.audit() as audit:
        assert page() == 1
        assert asyncio.run(apage()) == 2
    assert (audit.findings, len(audit.ignored)) == ([], 1)


def test_a_generator_cannot_be_decorated() -> None:
    def rows() -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="generator"):
        queryaudit.ignore(reason="x")(rows)


@pytest.mark.parametrize(
    ("targets", "reason", "told"),
    [(("Album",), "x", "shop.Album.tags"), ((ARTIST,), " ", "needs a reason")],
)
def test_what_cannot_be_ignored_is_named(targets: tuple[str, ...], reason: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        queryaudit.ignore(*targets, reason=reason)


def test_the_settings_ignore_by_relation_and_by_id(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        show(albums)
    (finding,) = audit.findings
    for target in (ARTIST, finding.id):
        with override_settings(QUERYAUDIT={"IGNORE": {target: "known"}}):
            with queryaudit.audit(raise_=True) as ignoring:
                show(albums)
            assert (ignoring.findings, stale(ignoring)) == ([], [])
            assert [use.reason for use in ignoring.ignores] == ["known"]
    with pytest.raises(FindingsError), queryaudit.audit(raise_=True):
        show(albums)


def test_a_setting_is_stale_only_where_its_relation_or_line_was_asked(albums: list[Album]) -> None:
    def page(rows: list[Album]) -> None:
        for album in Album.objects.filter(pk__in=[row.pk for row in rows]):
            assert album.artist.name

    with queryaudit.audit() as audit:
        page(albums)
    (finding,) = audit.findings
    ignored = {ARTIST: "a", finding.id: "b", "music.Label.owner": "c", "N1-00000000": "d"}
    with override_settings(QUERYAUDIT={"IGNORE": ignored}), queryaudit.audit() as repaired:
        page(albums[:1])
    assert stale(repaired) == [("setting", ARTIST), ("setting", finding.id)]


def test_a_comment_ignores_the_kinds_it_names(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        for album in Album.objects.all():
            _ = album.artist  # queryaudit: ignore[n_plus_one, duplicate] six rows
        # queryaudit: ignore a comment on the line above
        for album in Album.objects.order_by("title"):
            _ = album.artist
        for album in Album.objects.order_by("pk"):
            _ = album.artist  # queryaudit: ignore[write_in_loop] of another kind
    (finding,) = audit.findings
    assert finding.used_at is not None
    assert "of another kind" in finding.used_at.text
    assert {use.reason for use in audit.ignores if use.is_matched} == {
        "a comment on the line above",
        "six rows",
    }
    assert stale(audit) == [("comment", "write_in_loop")]


def test_a_comment_whose_line_asks_no_more_in_a_loop_is_stale(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        _ = Album.objects.get(pk=albums[0].pk).artist  # queryaudit: ignore[n_plus_one] repaired
    assert stale(audit) == [("comment", "n_plus_one")]


def test_a_template_can_ignore(albums: list[Album]) -> None:
    template = engines["django"].get_template("ignored.html")
    with queryaudit.audit() as audit:
        template.render({"albums": Album.objects.all()})
    assert (audit.findings, len(audit.ignored)) == ([], 1)


def test_joined_audits_forget_an_ignore_that_any_of_them_needs(albums: list[Album]) -> None:
    """A run is joined by the audit around it, or by whoever collects the audits."""

    def page(number: int) -> None:
        with queryaudit.audit(), queryaudit.ignore(ARTIST, reason="six rows"):
            for album in Album.objects.all()[:number]:
                assert album.artist.name

    with queryaudit.audit() as run:
        page(1)
    assert stale(run) == [("block", ARTIST)]
    with queryaudit.audit() as run:
        page(1)
        page(6)
    assert stale(run) == []
    assert len(run.ignored) == 1


def test_join_keeps_what_any_audit_saw() -> None:
    def use(*, asked: bool, matched: bool) -> IgnoreUse:
        return IgnoreUse("setting", ARTIST, "why", None, asked, matched)

    (joined,) = join([use(asked=True, matched=False), use(asked=False, matched=False)])
    assert joined.is_stale
    (joined,) = join([joined, use(asked=True, matched=True)])
    assert not joined.is_stale


def test_blocks_that_hold_all_queries_together_ignore_it(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        for reason in ("once", "and again"):
            with queryaudit.ignore(reason=reason):
                show(albums)
    assert audit.findings == []


@pytest.mark.django_db(transaction=True)
def test_a_block_reaches_threads_that_it_starts() -> None:
    def work() -> None:
        for pk in (1, 2, 3):
            Artist.objects.filter(pk=pk).first()
        connections.close_all()

    with queryaudit.audit() as audit, queryaudit.ignore(reason="a batch"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert (audit.query_count, audit.findings) == (3, [])


@pytest.mark.parametrize("text", ["ignored upstream", "ignore[n_plus_one", "ignore []", "ignores"])
def test_a_comment_that_is_none_ignores_nothing(text: str) -> None:
    from queryaudit.findings.ignores import _COMMENT

    assert _COMMENT.search(f"# queryaudit: {text}") is None
    assert _COMMENT.search('"queryaudit: ignore"') is None
