"""Statements that wait to be counted: as if each had been counted at once."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

import queryaudit
from queryaudit import errors
from queryaudit.recording import texts
from queryaudit.recording.callsite import CallSites
from queryaudit.recording.events import Place
from queryaudit.recording.ledger import COMPARED, Ledger
from queryaudit.recording.lines import line_at
from queryaudit.recording.recorder import Recorder
from tests.music.models import Album, Artist

SELECT = 'SELECT "t"."a" FROM "t" WHERE "t"."a" = %s'
UPDATE = 'UPDATE "t" SET "a" = %s'


def ask(recorder: Recorder, sql: str, *params: Any, **options: Any) -> None:
    recorder.record_query("default", sql, 0.5, None, params, **options)


def ask_elsewhere(recorder: Recorder, sql: str, *params: Any) -> None:
    recorder.record_query("default", sql, 0.25, None, params)


def facts_of(recorder: Recorder) -> list[Any]:
    queries = [
        (one.sql, one.word, one.count, one.seconds, one.slowest, list(one.spans), one.place)
        for one in recorder.queries
    ]
    groups = [
        (query.sql, group.count, group.seconds, group.varied, group.stacks, group.model, group.key)
        for (query, _), group in recorder.ledger.groups.items()
    ]
    repeated = [(asked.query.sql, asked.count) for asked in recorder.ledger.repeated]
    sums = recorder.query_count, recorder.db_time, recorder.transaction_statements
    return [queries, groups, repeated, sums, recorder.is_cut]


def test_a_question_after_a_write_is_another_one() -> None:
    recorder = Recorder()
    for sql in (SELECT, SELECT, UPDATE, SELECT):
        ask(recorder, sql, 1)
    assert [asked.count for asked in recorder.ledger.repeated] == [2]
    assert [(query.sql, query.count) for query in recorder.queries] == [(SELECT, 3), (UPDATE, 1)]


def test_what_waits_was_asked_before_the_writes_of_a_loop() -> None:
    recorder = Recorder()
    for number in range(5 * COMPARED):
        ask_elsewhere(recorder, UPDATE, number)
        ask(recorder, SELECT, 1)
    assert recorder.ledger.repeated == []


def test_no_more_than_some_statements_wait() -> None:
    recorder = Recorder()
    for number in range(3 * texts.MAX_HELD):
        ask(recorder, f"{SELECT} LIMIT {number}", number)
        assert len(recorder._held) < texts.MAX_HELD
    assert recorder.query_count == 3 * texts.MAX_HELD


def test_a_loop_beyond_doubt_waits_no_longer() -> None:
    recorder = Recorder()
    for number in range(2 * texts.MAX_HELD):
        ask(recorder, SELECT, number)
    assert not recorder._held
    (group,) = recorder.ledger.groups.values()
    assert group.is_settled
    assert group.count == 2 * texts.MAX_HELD


def test_two_threads_count_each_statement_once() -> None:
    recorder, begin = Recorder(), Barrier(2)
    for number in range(texts.MAX_HELD - 1):
        ask(recorder, SELECT, number)

    def read() -> None:
        begin.wait(10)
        recorder.settle()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(read), pool.submit(read)]:
            done.result()
    (group,) = recorder.ledger.groups.values()
    assert (group.count, recorder.query_count) == (texts.MAX_HELD - 1, texts.MAX_HELD - 1)


@pytest.mark.parametrize("values", [1, 3])
@pytest.mark.parametrize("seed", range(10))
def test_counts_are_those_of_statements_that_are_counted_at_once(
    monkeypatch: pytest.MonkeyPatch, seed: int, values: int
) -> None:
    def walk(*, keeps_params: bool) -> list[Any]:
        chance = random.Random(seed)  # noqa: S311
        recorder = Recorder(slow_seconds=0.4, keeps_params=keeps_params)
        tables = [f'"t{number}"' for number in range(4)]
        for number in range(400):
            table, value = chance.choice(tables), chance.randrange(values)
            sql = chance.choice([f"SELECT 1 FROM {table}"] * 6 + [f"UPDATE {table} SET a = %s"])
            by = chance.choice([ask, ask_elsewhere, ask_elsewhere])
            by(recorder, sql if chance.random() < 0.9 else "SAVEPOINT x", value)
            if chance.random() < 0.01:
                assert recorder.query_count <= number + 1
        queries, groups, repeated, sums, is_cut = facts_of(recorder)
        # Of a loop beyond doubt each eighth statement is compared, from when it is known as one.
        return [queries, groups, repeated if values == 1 else [], sums, is_cut]

    walks = []
    # Parameters that are kept are looked at at once. From one line, which tells the callers apart.
    for most, keeps_params in ((texts.MAX_HELD, False), (1, False), (1, True)):
        monkeypatch.setattr(texts, "MAX_HELD", most)
        walks.append(walk(keeps_params=keeps_params))
    assert walks[0] == walks[1] == walks[2]


def test_what_is_told_of_a_statement_that_waits_is_not_lost() -> None:
    recorder = Recorder()
    ask(recorder, SELECT, 1, is_raw=True)
    recorder.note_lists("default", SELECT)
    (query,) = recorder.queries
    (group,) = recorder.ledger.groups.values()
    assert query.takes_lists
    assert group.key is None  # as of all SQL by hand


class BadHash:
    def __hash__(self) -> int:
        raise KeyError("no hash")


class BadText:
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise AttributeError("no text")


@pytest.mark.parametrize("value", [BadHash(), BadText()])
def test_a_value_that_cannot_be_told_from_others_counts(value: Any) -> None:
    recorder = Recorder()
    ask(recorder, SELECT, value)
    ask(recorder, SELECT, 1)
    assert recorder.query_count == 2
    assert [query.count for query in recorder.queries] == [2]


def test_a_statement_counts_where_looking_for_who_asks_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("of ours")

    monkeypatch.setattr(CallSites, "find", fail)
    monkeypatch.setattr(errors, "_told", set())
    recorder = Recorder()
    ask(recorder, SELECT, 1)
    assert (recorder.query_count, recorder.db_time) == (1, 0.5)
    assert "finding who asks" in caplog.text


def test_a_statement_counts_where_grouping_it_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("of ours")

    monkeypatch.setattr(Ledger, "count_sketched", fail)
    monkeypatch.setattr(errors, "_told", set())
    recorder = Recorder()
    ask(recorder, SELECT, 1)
    ask(recorder, SELECT, 2)
    assert recorder.query_count == 2
    assert "counting a statement" in caplog.text


def test_a_text_that_another_line_asks_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    walk = CallSites._walk

    def counted(self: CallSites, frame: Any, inner: Any, depth: int = 2) -> Any:
        looked.append(frame)
        return walk(self, frame, inner, depth)

    recorder = Recorder()
    ask_elsewhere(recorder, SELECT, 1)
    ask(recorder, UPDATE, 1)
    monkeypatch.setattr(CallSites, "_walk", counted)
    for number in range(20):
        ask(recorder, SELECT, number)
    assert len(looked) <= 2


@pytest.mark.django_db
def test_rows_that_are_asked_for_while_statements_wait(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        assert Artist.objects.count()
        assert audit.query_count == 1
        for album in Album.objects.order_by("id"):
            assert album.artist.name
        assert Artist.objects.exists()
    assert audit.query_count == 3 + len(albums)
    kinds = {finding.kind for finding in audit.findings}
    assert kinds == {"n_plus_one"}


@pytest.mark.django_db
def test_texts_stand_as_they_were_asked_where_a_relation_is_loaded_meanwhile(
    albums: list[Album],
) -> None:
    with queryaudit.audit() as audit:
        assert Album.objects.count()
        for album in Album.objects.order_by("id"):
            assert album.artist.name
            assert len(audit._recorder._held) == 2  # counted after the response
        assert Artist.objects.exists()
    texts_of_page = [query.sql for query in audit._recorder.queries]
    assert ["COUNT(" in sql for sql in texts_of_page] == [True, False, False, False]
    assert ["ORDER BY" in sql for sql in texts_of_page] == [False, True, False, False]
    assert "LIMIT 21" in texts_of_page[2]
    assert [query.count for query in audit._recorder.queries] == [1, 1, len(albums), 1]


@pytest.mark.django_db
def test_a_text_that_waits_and_then_loads_a_relation_is_first_of_who_asked_first(
    albums: list[Album],
) -> None:
    with queryaudit.audit() as audit:
        album = Album.objects.get(id=albums[0].pk)
        assert Artist.objects.get(id=album.artist_id)
        assert album.artist.name
    *_, loading = audit._recorder.queries
    assert loading.count == 2
    assert isinstance(loading.place, Place)
    assert "Artist.objects.get" in line_at(loading.place.code.co_filename, loading.place.line)
