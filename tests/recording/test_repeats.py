"""Loads of a loop that are compared with the last one give what looking at each of them gives."""

import random
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Engine
from django.test import override_settings

import queryaudit
from queryaudit.auditing import Audit
from queryaudit.recording import repeats
from queryaudit.recording.repeats import Repeat
from tests.music.models import Album, Artist, Cover, Label

Seen = list[Any]


@pytest.fixture
def albums(db: None) -> list[Album]:
    labels = [Label.objects.create(name=f"label {number}") for number in range(5)]
    artists = [Artist.objects.create(name=f"{n}", label=labels[n % 5]) for n in range(12)]
    albums = [Album.objects.create(title=f"{n}", artist=artists[n % 12]) for n in range(40)]
    for album in albums:
        Cover.objects.create(album=album, painter=album.title)
    return albums


@pytest.fixture
def repeated(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One entry for each load that was taken for a repeat."""
    found: list[bool] = []
    count = Repeat.count

    def counted(self: Repeat, *load: Any) -> None:
        found.append(True)
        count(self, *load)

    monkeypatch.setattr(Repeat, "count", counted)
    return found


def by_each_look(run: Callable[[], Seen]) -> Seen:
    """Return what ``run`` returns where no load is taken for a repeat."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Repeat, "again", lambda *_: False)
        return run()


def seen_by(audit: Audit) -> Seen:
    """Return all that an audit counted, but the times."""
    recorder = audit._recorder
    recorder.settle()
    texts = [
        (query.sql, query.count, len(query.spans), query.slow_count, query.params)
        for query in recorder.queries
    ]
    loads: Seen = []
    waiting = list(recorder.rowsets)
    while waiting:
        rows = waiting.pop()
        waiting += rows.children.values()
        loads += [
            (
                rows.rows,
                rows.form,
                load.count,
                load.instances,
                load.asked,
                list(load.within.values()),
            )
            for load in rows.loads.values()
        ]
    found = [
        (one.id, one.subject, one.uses, one.count, one.expected_count) for one in audit.findings
    ]
    return [audit.query_count, texts, loads, found, [one.subject for one in audit.ignored]]


MOVES: list[Callable[[Album, Cover], object]] = [
    lambda album, _: album.artist.name,
    lambda album, _: album.artist.name,
    lambda album, _: album.artist.label.name,
    lambda album, _: pass_on(album).label.name,
    lambda album, _: read_anew(album).artist.name,
    lambda _, cover: cover.painter,
    lambda _, cover: cover.album.title,
    lambda album, _: album.cover.painter,
    lambda album, _: Album.objects.using("default").get(pk=album.pk).artist.name,
    lambda album, _: audited(album),
]


# None is slow because the machine is busy.
NEVER_SLOW = {"SLOW_MS": 60_000}


def walk(seed: int) -> Seen:
    """Follow relations at random, from several lines and in blocks; return what was counted."""
    chance = random.Random(seed)  # noqa: S311
    with queryaudit.audit() as audit:
        rows = list(Album.objects.order_by("id"))
        covers = list(Cover.objects.only("id").order_by("id"))
        for album, cover in zip(rows, covers, strict=True):
            with ExitStack() as stack:
                if chance.random() < 0.2:
                    stack.enter_context(queryaudit.ignore(reason="on purpose"))
                for move in chance.sample(MOVES, 3):
                    move(album, cover)
            if chance.random() < 0.1:
                assert audit.query_count > 2
    return seen_by(audit)


def read_anew(album: Album) -> Album:
    album.refresh_from_db()
    return album


def audited(album: Album) -> None:
    with queryaudit.audit():
        assert Artist.objects.get(pk=album.artist_id).label.name


def pass_on(album: Album) -> Artist:
    return album.artist


@override_settings(QUERYAUDIT={"LIMITS": NEVER_SLOW})
@pytest.mark.parametrize("seed", range(20))
def test_any_walk_is_counted_as_if_each_load_were_looked_at(
    albums: list[Album], repeated: list[bool], seed: int
) -> None:
    assert walk(seed) == by_each_look(lambda: walk(seed))
    assert repeated


@pytest.mark.parametrize(
    "given",
    [
        {"PARAMS": True, "LIMITS": NEVER_SLOW},
        {"LIMITS": {"SLOW_MS": 1e-6}},
        {"LIMITS": {"N_PLUS_ONE": 7, **NEVER_SLOW}},
        {"LAYERS": {"allowed": ["tests.*"]}, "LIMITS": NEVER_SLOW},
    ],
)
def test_settings_that_look_at_more_see_the_same(
    albums: list[Album], given: dict[str, Any]
) -> None:
    def run() -> Seen:
        seen = walk(3)
        # The slowest statement, whose parameters are kept, is another one each time.
        seen[1] = [(*text[:4], text[4] is None) for text in seen[1]]
        return seen

    with override_settings(QUERYAUDIT=given):
        assert run() == by_each_look(run)


def follow(rows: list[Album]) -> None:
    for album in rows:
        assert album.artist.name


def test_a_long_loop_is_counted_while_it_runs(albums: list[Album], repeated: list[bool]) -> None:
    with queryaudit.audit() as audit:
        rows = list(Album.objects.order_by("id"))
        for number, album in enumerate(rows):
            assert album.artist.name
            assert audit.query_count == number + 2
    assert len(repeated) == 40 - 2  # from the third load on: two rows tell a loop
    assert audit.findings[0].count == 40


def test_more_loads_than_may_wait_are_counted(
    albums: list[Album], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "MAX_WAITING", 4)
    with queryaudit.audit() as audit:
        follow(list(Album.objects.order_by("id")))
        assert all(len(one.waiting) <= 4 for one in audit._recorder.repeats.values())
    assert (audit.query_count, audit.findings[0].count) == (41, 40)


def test_a_line_of_the_site_between_is_told_by_turns(albums: list[Album]) -> None:
    def read(album: Album) -> Artist:
        return album.artist

    def run() -> Seen:
        readers = [lambda album: album.artist, read, pass_on]
        with queryaudit.audit() as audit:
            for number, album in enumerate(Album.objects.order_by("id")):
                readers[number % 3](album)
        return seen_by(audit)

    with override_settings(QUERYAUDIT={"LIMITS": NEVER_SLOW}):
        assert run() == by_each_look(run)


def test_nodes_at_one_depth_are_told_apart(albums: list[Album], tmp_path: Any) -> None:
    (tmp_path / "page.html").write_text(
        "{% for a in albums %}{% if a.id|divisibleby:2 %}\n{{ a.artist.name }}"
        "{% else %}\n{{ a.artist.label_id }}{% endif %}{% endfor %}"
    )
    template = Engine(dirs=[str(tmp_path)]).get_template("page.html")
    with override_settings(QUERYAUDIT={"OWN": [str(tmp_path)], "LIMITS": NEVER_SLOW}):

        def run() -> Seen:
            with queryaudit.audit() as audit:
                template.render(Context({"albums": Album.objects.order_by("id")}))
            return seen_by(audit)

        first = run()
        assert first == run() == by_each_look(run)  # the second knows the nodes
    assert sorted(load[2] for load in first[2]) == [20, 20]


def test_threads_that_load_at_once_lose_nothing(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "MAX_WAITING", 8)
    label = Label.objects.create(name="x")
    Artist.objects.bulk_create(Artist(name=str(number), label=label) for number in range(200))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with queryaudit.audit() as audit:
            rows = list(Artist.objects.order_by("id"))
            threads = [
                threading.Thread(target=_load_labels, args=(rows[start::4],)) for start in range(4)
            ]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                assert audit.query_count <= 201
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert audit.query_count == 201
    assert sum(query.count for query in audit._recorder.queries) == 201


def _load_labels(rows: list[Artist]) -> None:
    try:
        for artist in rows:
            assert artist.label.name
    finally:
        connection.close()


def test_a_load_that_is_refused_raises_and_is_counted(albums: list[Album]) -> None:
    def refuse(*_: Any) -> Any:
        raise ZeroDivisionError

    with queryaudit.audit() as audit:
        rows = list(Album.objects.order_by("id"))
        for album in rows[:5]:
            assert album.artist.name
        with connection.execute_wrapper(refuse), pytest.raises(ZeroDivisionError):
            follow(rows[5:])
        follow(rows[5:7])
    assert audit.query_count == 9


def test_a_loop_lets_go_when_the_audit_is_judged(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        follow(list(Album.objects.order_by("id")))
        assert audit._recorder.repeats
    assert audit.findings
    assert not audit._recorder.repeats
