"""Advice that names a tool of the package: told with its counts, and not told without them."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q, Sum
from django.test import override_settings

import queryaudit
from queryaudit.auditing import Audit
from queryaudit.auditing.judged import tallies
from queryaudit.findings.advice import masterdata
from queryaudit.rawsql import RawSQLManager
from tests.corpus.models import Branch
from tests.masterdata.models import Country, Region
from tests.music.models import Album, Artist, Label, LiveAlbum

pytestmark = pytest.mark.django_db

SOON: dict[str, Any] = {"MIN_REQUESTS": 3, "MIN_READS_PER_WRITE": 5}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("queryaudit.conf.is_test_run", lambda: False)
    with override_settings(QUERYAUDIT={"ADVICE": SOON}):
        tallies.clear()
        yield
    tallies.clear()


@pytest.fixture
def labels(db: None) -> list[Label]:
    made = [Label.objects.create(name=f"label {number}") for number in range(4)]
    for label in made:
        for number in range(3):
            artist = Artist.objects.create(name=f"a{number}", label=label)
            Album.objects.create(title=f"t{number}", artist=artist)
    return made


def advice(audit: Audit) -> list[Any]:
    return [finding for finding in audit.findings if finding.kind == "advice"]


def pages(page: Callable[[], object], count: int) -> list[Any]:
    """Ask a page so often, each an audit of its own; return the advice of the last one."""
    found: list[Any] = []
    for _ in range(count):
        with queryaudit.audit() as audit:
            audit.describe(view="page", method="GET")
            page()
        found = advice(audit)
    return found


def names_of_labels() -> list[str]:
    return [artist.label.name for artist in Artist.objects.order_by("id")]


def test_a_small_table_that_is_read_again_and_again(labels: list[Label]) -> None:
    assert pages(names_of_labels, 2) == []
    (found,) = pages(names_of_labels, 1)
    assert (found.kind, found.relation, found.severity) == ("advice", "music.Label", "note")
    text = "cached = MasterDataManager()  # 3 rows seen, read 36 times in 3 requests, written never"
    assert found.fix == text
    assert str(found.fix_at).startswith("tests/music/models.py:")
    assert "class Label" in found.fix_at.text
    assert found.count == 12
    again = pages(lambda: list(Label.objects.all()), 1)
    assert [one.id for one in again] == [found.id], "one advice, whichever page it is told on"


def test_by_lists_and_by_keys(labels: list[Label]) -> None:
    def page() -> None:
        list(Label.objects.all())
        for label in labels:
            Label.objects.get(pk=label.pk)

    (found,) = pages(page, 4)
    assert "read 20 times in 4 requests, written never" in found.fix


def test_it_is_silent_where_rows_are_written(labels: list[Label]) -> None:
    def page() -> None:
        names_of_labels()
        Label.objects.filter(pk=labels[0].pk).update(name="x")
        Label.objects.filter(pk=labels[1].pk).update(name="y")
        Label.objects.filter(pk=labels[2].pk).update(name="z")

    assert [one for one in pages(page, 6) if one.relation == "music.Label"] == []


def test_writes_by_hand_count(labels: list[Label]) -> None:
    def page() -> None:
        names_of_labels()
        with connection.cursor() as cursor:
            for label in labels:
                cursor.execute("UPDATE music_label SET name = 'x' WHERE id = %s", [label.pk])

    assert [one for one in pages(page, 6) if one.relation == "music.Label"] == []


@pytest.mark.parametrize(
    "options",
    [{"MIN_REQUESTS": 30}, {"MIN_READS_PER_WRITE": 500}, {"MAX_ROWS": 1}],
    ids=["MIN_REQUESTS", "MIN_READS_PER_WRITE", "MAX_ROWS"],
)
def test_each_threshold(labels: list[Label], options: dict[str, int]) -> None:
    with override_settings(QUERYAUDIT={"ADVICE": {**SOON, **options}}):
        assert pages(names_of_labels, 5) == []


def test_large_keys_tell_a_large_table(labels: list[Label]) -> None:
    for number in (5_000, 5_001):
        label = Label.objects.create(pk=number, name="x")
        Artist.objects.create(name="x", label=label)
    rows = Artist.objects.filter(label_id__gte=5_000)
    assert pages(lambda: [artist.label.name for artist in rows.all()], 30) == []


def test_tests_and_blocks_count_nothing(
    labels: list[Label], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(9):
        with queryaudit.audit() as audit:
            names_of_labels()
        assert advice(audit) == []
    monkeypatch.undo()
    assert pages(names_of_labels, 9) == []


def test_one_row_of_a_visitor_is_none(labels: list[Label]) -> None:
    key = labels[0].pk
    assert pages(lambda: Label.objects.get(pk=key), 60) == []


def test_other_rows_on_each_page_are_none(labels: list[Label]) -> None:
    made = [Label.objects.create(name=str(number)) for number in range(60)]
    found = []
    for label in made:
        found += pages(partial(Label.objects.get, pk=label.pk), 1)
    assert found == []


@pytest.mark.parametrize(
    "ask",
    [Label.objects.count, lambda: list(Label.objects.values_list("name")), Label.objects.exists],
    ids=["count", "values", "exists"],
)
def test_rows_that_nobody_counted_are_none(labels: list[Label], ask: Callable[[], Any]) -> None:
    """The table may be of any size."""

    def page() -> None:
        ask()
        Label.objects.get(pk=labels[0].pk)

    assert pages(ask, 30) == []
    tallies.clear()
    assert pages(page, 30) == []


def test_an_empty_table_is_none(db: None) -> None:
    assert pages(lambda: list(Label.objects.all()), 30) == []


def test_rows_of_visitors_are_none() -> None:
    """Two of them were seen, and there may be a million."""
    assert masterdata._is_of_visitors("admin.LogEntry")
    assert not masterdata._is_of_visitors("music.Label")


def test_a_part_of_a_table_is_not_the_table(labels: list[Label]) -> None:
    assert pages(lambda: list(Artist.objects.order_by("id")[:3]), 30) == []


def test_what_is_held_already_is_not_advised(labels: list[Label]) -> None:
    for number in range(3):
        region = Region.objects.create(name=str(number))
        Country.objects.create(code=str(number), region=region)
    rows = Country.objects.only("id", "code")
    assert pages(lambda: [list(rows.all()), list(Region.objects.all())], 10) == []


def test_figures_of_several_loops(labels: list[Label]) -> None:
    def report() -> list[tuple[Any, ...]]:
        return [
            (
                label.name,
                Artist.objects.filter(label=label).count(),
                Album.objects.filter(artist__label=label).aggregate(total=Sum("id"))["total"],
            )
            for label in Label.objects.all()
        ]

    with override_settings(QUERYAUDIT={"ADVICE": {"MIN_QUERIES": 8}}), queryaudit.audit() as audit:
        report()
    (found,) = advice(audit)
    # Those of the rows are one of them, which the statement brings as well.
    assert (found.count, found.left, audit.query_count, audit.expected_count) == (9, 1, 9, 1)
    assert found.fix == (
        'rows = RawSQLManager(); Label.rows.fetch("SELECT one.*, '
        "(SELECT COUNT(*) FROM music_artist WHERE "
        "music_artist.label_id = one.id) AS figure_1, (SELECT SUM(music_album.id) FROM "
        "music_album INNER JOIN music_artist ON (music_album.artist_id = music_artist.id) WHERE "
        "music_artist.label_id = one.id) AS figure_2 FROM music_label AS one"
        '")  # 9 queries of 2 loops in report() become 1'
    )
    with connection.cursor() as cursor:
        cursor.execute(found.fix.partition('"')[2].partition('"')[0])
        assert [row[-2] for row in cursor.fetchall()] == [3, 3, 3, 3]
    with override_settings(QUERYAUDIT={"ADVICE": {"MIN_QUERIES": 9}}), queryaudit.audit() as audit:
        report()
    assert advice(audit) == []


def test_rows_that_are_read_elsewhere_or_joined_are_read_on(labels: list[Label]) -> None:
    """The one statement brings figures; the rows it would bring are another audit's, or more."""
    held: list[Artist] = []

    def figures(rows: Any) -> list[Any]:
        if not held:
            held.extend(rows)
        return [
            (
                Album.objects.filter(artist=artist).count(),
                LiveAlbum.objects.filter(artist=artist).count(),
            )
            for artist in held
        ]

    def advised(rows: Any) -> tuple[int, int, bool]:
        with queryaudit.audit() as audit:
            figures(rows)
        (found,) = advice(audit)
        return audit.query_count, found.count, "SELECT one.id, " in found.fix

    assert advised(Artist.objects.select_related("label")) == (25, 24, True)
    assert advised(None) == (24, 24, True)


def _fetch(fix: str, values: str) -> list[Any]:
    """Run what is advised, with the values that its author knows."""
    code = fix.partition("  # ")[0]
    rows = eval(code.replace("[...]", values), {"Label": Label})  # noqa: S307  # it is pasted
    return [tuple(row)[1:] for row in rows]


FIGURES: list[tuple[Callable[[Label], Any], Callable[[Label], Any], str]] = [
    (
        lambda label: Artist.objects.filter(name="a0", label=label).count(),
        lambda label: Album.objects.filter(title="t1", artist__label=label).count(),
        '["a0", "t1"]',
    ),
    (
        lambda label: Artist.objects.filter(label=label).exclude(pk__in=[1, 2]).count(),
        lambda label: Album.objects.filter(artist__label=label, title__startswith="t").count(),
        '[1, 2, "t%"]',
    ),
    (
        lambda label: Artist.objects.filter(label=label).values("name").distinct().count(),
        lambda label: Album.objects.filter(artist__home=None, artist__label=label).count(),
        "[]",
    ),
    (
        lambda label: Artist.objects.filter(Q(home=label) | Q(label=label)).count(),
        lambda label: Album.objects.filter(artist__label_id=label.pk).count(),
        "[]",
    ),
]


@pytest.mark.parametrize(("one", "other", "values"), FIGURES)
def test_advised_sql_runs_and_brings_the_same(
    labels: list[Label],
    one: Callable[[Label], Any],
    other: Callable[[Label], Any],
    values: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Label, "rows", RawSQLManager(), raising=False)
    with override_settings(QUERYAUDIT={"ADVICE": {"MIN_QUERIES": 4}}), queryaudit.audit() as audit:
        expected = [(one(label), other(label)) for label in labels]
    (found,) = advice(audit)
    assert found.fix.startswith("Label.rows.fetch(")
    figures = _fetch(found.fix, values)
    if figures != expected:  # in the order in which the loops stand
        figures = [pair[::-1] for pair in figures]
    assert figures == expected


def test_figures_of_unlike_rows_are_not_put_together(labels: list[Label]) -> None:
    with override_settings(QUERYAUDIT={"ADVICE": {"MIN_QUERIES": 4}}), queryaudit.audit() as audit:
        for label in labels:
            Artist.objects.filter(label=label).count()
        for artist in Artist.objects.all():
            Album.objects.filter(artist=artist).count()
        for label in labels:
            Album.objects.filter(artist__label__name=label.name).count()
    assert advice(audit) == []


def test_one_figure_is_answered_by_the_orm(labels: list[Label]) -> None:
    with queryaudit.audit() as audit:
        for label in [*labels, *labels, *labels]:
            Artist.objects.filter(label=label).count()
    assert advice(audit) == []


def test_look_ups_by_several_columns(labels: list[Label]) -> None:
    pairs = [(label.pk, f"a{number}") for label in labels for number in range(3)]

    def page() -> None:
        for label, name in pairs:
            Artist.objects.get(label_id=label, name=name)

    with queryaudit.audit() as audit:
        page()
    (found,) = advice(audit)
    assert found.fix == (
        'objects = CompositeKeyManager(); Artist.objects.filter(**{"label,name__in": values})'
        "  # 12 look-ups by 2 columns become 1"
    )
    assert found.used_at.text == "Artist.objects.get(label_id=label, name=name)"
    with override_settings(QUERYAUDIT={"ADVICE": {"MIN_QUERIES": 13}}), queryaudit.audit() as audit:
        page()
    assert advice(audit) == []


def test_other_comparisons_of_several_columns_are_no_composite_look_up(
    labels: list[Label],
) -> None:
    pairs = [(label.pk, f"a{number}") for label in labels for number in range(3)]
    with queryaudit.audit() as audit:
        for label, name in pairs:
            Artist.objects.filter(label_id=label, name__startswith=name).first()
            Artist.objects.filter(label_id=label, name=name).count()
    assert advice(audit) == []


def test_new_rows_that_try_an_update(db: None) -> None:
    with queryaudit.audit() as audit:
        for number in range(12):
            Branch(company=1, code=str(number)).save()
    (found,) = advice(audit)
    assert (found.count, found.relation) == (12, "corpus.Branch")
    assert found.fix == (
        "Branch.objects.create(...), or class Branch(CompositeKeyModel), which knows"
        "  # 12 UPDATEs that found no row"
    )
    with queryaudit.audit() as audit:
        for number in range(12, 24):
            Branch.objects.create(company=1, code=str(number))
    assert advice(audit) == []


class _Shelf:
    """A row whose method asks each time."""

    def __init__(self, label: Label) -> None:
        self.label = label

    def size(self) -> int:
        return Artist.objects.filter(label=self.label).count()

    def size_of(self, name: str) -> int:
        return Artist.objects.filter(label=self.label, name=name).count()


def test_a_method_that_asks_again_on_the_same_instance(labels: list[Label]) -> None:
    shelf = _Shelf(labels[0])
    with queryaudit.audit() as audit:
        assert shelf.size() == shelf.size() == shelf.size()
    (found,) = audit.findings
    assert (found.kind, found.count) == ("duplicate", 3)
    assert found.fix == "@cached_property above def size(self), read as .size: once an instance"
    with queryaudit.audit() as audit:
        assert shelf.size_of("a0") == shelf.size_of("a0")
    (found,) = audit.findings
    assert found.fix == "keep the result in a variable or a cached_property"
