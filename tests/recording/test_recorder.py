"""Bounds: over them counts stay exact and details are cut, and the record says so."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

import queryaudit
from queryaudit.recording import recorder as recorder_module
from queryaudit.recording import rowtree, texts
from queryaudit.recording.ledger import Ledger
from queryaudit.recording.recorder import Recorder
from queryaudit.recording.rowtree import MAX_STEPS
from queryaudit.recording.texts import CUT_TEXT
from tests.music.models import Album


def test_further_texts_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_TEXTS", 3)
    recorder = Recorder()
    for number in range(10):
        recorder.record_query("default", f"SELECT {number}", 0.5, None)
    assert recorder.query_count == 10
    assert recorder.db_time == 5.0
    assert recorder.is_cut
    assert [(query.sql, query.count) for query in recorder.queries] == [
        ("SELECT 0", 1),
        ("SELECT 1", 1),
        ("SELECT 2", 1),
        (CUT_TEXT, 7),
    ]


def test_savepoints_are_one_text_whatever_their_names() -> None:
    recorder = Recorder()
    for number in range(5):
        recorder.record_query("default", f'SAVEPOINT "s1_x{number}"', 0.1, None)
        recorder.record_query("default", f'ROLLBACK TO SAVEPOINT "s1_x{number}"', 0.1, None)
    assert (recorder.query_count, recorder.transaction_statements) == (0, 10)
    assert recorder.queries == []
    assert len(recorder._texts) == 2


def test_long_texts_are_cut_and_their_sum_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_TEXT_LENGTHS", 50_000)
    recorder = Recorder()
    for number in range(100):
        recorder.record_query("default", f"SELECT {number}, " + "x" * 1_000_000, 0.0, None)
    assert recorder.query_count == 100
    assert sum(len(query.sql) for query in recorder.queries) < 60_000
    assert recorder.is_cut


@pytest.mark.django_db
def test_further_rows_are_counted_and_not_followed(
    monkeypatch: pytest.MonkeyPatch, albums: list[Album]
) -> None:
    monkeypatch.setattr(rowtree, "MAX_ROWSETS", 1)
    with queryaudit.audit() as audit:
        list(Album.objects.all())
        for album in Album.objects.all():
            _ = album.artist
    assert audit.query_count == 8
    assert all(finding.relation != "music.Album.artist" for finding in audit.findings)
    assert audit.to_record().is_cut
    assert "Bounds were reached" in str(audit)


@pytest.mark.django_db
def test_further_places_are_counted_at_the_first(
    monkeypatch: pytest.MonkeyPatch, albums: list[Album]
) -> None:
    monkeypatch.setattr(recorder_module, "MAX_PLACES", 1)
    with queryaudit.audit() as audit:
        rows = list(Album.objects.all())
        _ = rows[0].artist
        _ = rows[1].artist
    (finding,) = audit.findings
    assert (finding.count, len(finding.uses)) == (2, 1)
    assert audit.to_record().is_cut


@pytest.mark.django_db
def test_a_chain_of_relations_is_followed_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.music.models import Label

    owner = None
    for number in range(30):
        owner = Label.objects.create(name=str(number), owner=owner)
    with queryaudit.audit() as audit:
        node: Label | None = Label.objects.get(name="29")
        while node is not None:
            node = node.owner
    rowset = audit._recorder.rowsets[0]
    depth = 0
    while rowset.children:
        (rowset,) = rowset.children.values()
        depth += 1
    assert depth == MAX_STEPS
    assert audit.query_count == 30


def test_memory_is_bounded_for_many_queries() -> None:
    import tracemalloc

    recorder = Recorder()
    tracemalloc.start()
    for number in range(12_000):
        recorder.record_query("default", f"SELECT {number} FROM t", 0.0, None)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert recorder.query_count == 12_000
    assert size < 4_000_000


def test_parts_are_made_once_also_for_two_threads() -> None:
    recorder, begin = Recorder(), Barrier(4)

    def ask() -> object:
        begin.wait(10)
        return recorder.ledger

    with ThreadPoolExecutor(4) as pool:
        parts = {id(found.result()) for found in [pool.submit(ask) for _ in range(4)]}
    assert parts == {id(recorder.ledger)}
    with pytest.raises(AttributeError, match="leger"):
        _ = recorder.leger  # type: ignore[attr-defined]


def test_a_finalizer_may_ask_while_a_part_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()

    def make() -> Ledger:
        recorder.record_query("default", "SELECT 1", 0.1, None)  # as the garbage collector may
        return Ledger()

    assert recorder._make("_ledger", make) is recorder.ledger
    assert len(recorder.ledger.groups) == 1
