"""Threads, writes that fall into a load, old snapshots, several databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connections, router, transaction
from django.db.backends.signals import connection_created
from django.test import TestCase, override_settings

import queryaudit
from queryaudit import masterdata
from queryaudit.hooks import events
from queryaudit.masterdata import coherence
from queryaudit.masterdata import held as holding
from queryaudit.masterdata.sources.model import ModelSource
from tests.conftest import needs_postgres
from tests.masterdata.conftest import held_places, on, state_of
from tests.masterdata.models import Album, Country, Region


def name(code: str = "JP") -> str:
    return Country.cached.get(code=code).name


def rename(to: str) -> int:
    return Country.objects.filter(code="JP").update(name=to)


def in_thread(function: Callable[[], Any]) -> Any:
    """Run ``function`` on a connection of its own."""

    def closed() -> Any:
        try:
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(closed).result(20)


@pytest.fixture
def pause(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``pause(f)``: call ``f`` once, after the next SELECT of all rows and before it is kept."""
    waiting: list[Callable[[], Any]] = []
    read = ModelSource.read

    def paused(self: ModelSource, alias: str, most: int) -> Any:
        found = read(self, alias, most)
        if waiting:
            waiting.pop()()
        return found

    monkeypatch.setattr(ModelSource, "read", paused)
    return waiting.append


@pytest.mark.parametrize("in_transaction", [False, True])
def test_a_write_that_falls_into_a_load_is_not_lost(
    alias: str, countries: list[Any], pause: Any, in_transaction: bool
) -> None:
    def write() -> None:
        if in_transaction:
            with transaction.atomic(using=alias):
                rename("new")
        else:
            rename("new")

    pause(lambda: in_thread(write))
    assert name() == "Japan", "what the SELECT has seen"
    assert name() == "new"


def test_one_load_for_many_threads(alias: str, countries: list[Any], pause: Any) -> None:
    together = threading.Barrier(16)
    Country.cached.clear()

    def read() -> str:
        together.wait(10)
        try:
            return name()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda _: read(), range(16))) == ["Japan"] * 16
    assert state_of(Country, "loads") == 1


def test_another_threads_uncommitted_rows_are_not_seen(alias: str, countries: list[Any]) -> None:
    assert name() == "Japan"
    with transaction.atomic(using=alias):
        rename("mine")
        assert name() == "mine"
        assert in_thread(name) == "Japan"
    assert in_thread(name) == "mine"


def test_a_savepoint_that_is_rolled_back(alias: str, countries: list[Any]) -> None:
    name()
    with transaction.atomic(using=alias):
        with pytest.raises(ZeroDivisionError), transaction.atomic(using=alias):
            rename("inner")
            assert name() == "inner"
            1 / 0  # noqa: B018
        assert name() == "Japan"
        sid: Any = connections[alias].savepoint()
        rename("by hand")
        assert name() == "by hand"
        transaction.savepoint_rollback(sid, using=alias)
        assert name() == "Japan"
        rename("outer")
    assert name() == "outer"


def test_hooks_on_commit_see_what_was_committed(alias: str, countries: list[Any]) -> None:
    seen = []
    name()
    with transaction.atomic(using=alias):
        rename("new")
        transaction.on_commit(lambda: seen.append(name()), using=alias)
    assert seen == ["new"]


def test_transactions_by_hand(alias: str, countries: list[Any]) -> None:
    name()
    transaction.set_autocommit(False, using=alias)
    rename("rolled back")
    assert (name(), in_thread(name)) == ("rolled back", "Japan")
    transaction.rollback(using=alias)
    assert name() == "Japan"
    rename("kept")
    transaction.commit(using=alias)
    assert in_thread(name) == "kept"
    transaction.set_autocommit(True, using=alias)
    with connections[alias].cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE masterdata_tests_country SET name = 'raw'")
        assert (name(), in_thread(name)) == ("raw", "kept")
        cursor.execute("ROLLBACK")
    assert name() == "kept"


def test_a_connection_that_is_closed_in_a_transaction(alias: str, countries: list[Any]) -> None:
    name()
    connection = connections[alias]
    transaction.set_autocommit(False, using=alias)
    rename("lost")
    connection.close()
    assert name() == "Japan"
    assert state_of(Country) == "held"


def test_an_old_snapshot_is_not_shared(alias: str, countries: list[Any]) -> None:
    """A transaction that began before a write reads rows of then; all others read those of now."""
    begin = {
        "default": "SELECT 1",
        "postgres": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "mariadb": "SELECT 1",
    }[alias]
    with connections[alias].cursor() as cursor:
        if alias == "default":
            cursor.execute("PRAGMA journal_mode = WAL")
        if alias == "mariadb":
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    try:
        with transaction.atomic(using=alias):
            with connections[alias].cursor() as cursor:
                cursor.execute(begin)
            assert Region.objects.count() == 2  # takes the snapshot
            in_thread(lambda: rename("new"))
            assert Country.objects.get(code="JP").name == "Japan"
            name()
            Country.cached.filter(name="Japan").count()
            assert in_thread(name) == "new"
        assert name() == "new"
        assert not Country.cached.filter(name="Japan").exists()
    finally:
        coherence.forget()
        with connections[alias].cursor() as cursor:
            if alias == "default":
                cursor.execute("PRAGMA journal_mode = DELETE")
            if alias == "mariadb":
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")


@pytest.mark.parametrize("alias", [on("postgres", needs_postgres)], indirect=True)
def test_a_question_of_an_old_snapshot_is_not_remembered(alias: str, countries: list[Any]) -> None:
    with transaction.atomic(using=alias):
        with connections[alias].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert Region.objects.count() == 2
        in_thread(lambda: (rename("new"), name()))
        assert Country.cached.filter(name="Japan").count() in {0, 1}
        assert in_thread(lambda: Country.cached.filter(name="Japan").count()) == 0
        assert in_thread(lambda: Country.cached.filter(name="new").count()) == 1


@pytest.mark.parametrize("alias", [on("postgres", needs_postgres)], indirect=True)
def test_two_databases_do_not_mix(alias: str, countries: list[Any]) -> None:
    assert Country.cached.count() == 3
    assert Country.cached.using("default").count() == 0
    Country.objects.using("default").create(code="XX")
    assert (Country.cached.count(), Country.cached.using("default").count()) == (3, 1)
    assert {(one["database"], one["rows"]) for one in masterdata.stats()} == {
        ("postgres", 3),
        ("default", 1),
    }


def test_rows_are_read_where_they_are_written(alias: str, countries: list[Any]) -> None:
    """A replica may lag behind, and nobody would tell."""

    class Replica:
        def db_for_read(self, *_: object, **__: object) -> str:
            return "replica that does not exist"

        def db_for_write(self, *_: object, **__: object) -> str:
            return alias

    before, router.routers = router.routers, [Replica()]
    try:
        assert name() == "Japan"
        album = Album(country_id=countries[0].pk)
        album._state.db = alias
        with pytest.raises(Exception, match="replica that does not exist"):
            album.country  # noqa: B018  # Django's own way
    finally:
        router.routers = before


@pytest.mark.parametrize("alias", [on("postgres", needs_postgres)], indirect=True)
def test_another_schema_ends_it(alias: str, countries: list[Any]) -> None:
    from queryaudit.masterdata import watch

    assert name() == "Japan"
    with connections[alias].cursor() as cursor:
        try:
            cursor.execute("CREATE SCHEMA tenant")
            cursor.execute(
                "CREATE TABLE tenant.masterdata_tests_country AS "
                "SELECT * FROM masterdata_tests_country"
            )
            cursor.execute("UPDATE tenant.masterdata_tests_country SET name = 'tenant'")
            cursor.execute("SET search_path = tenant, public")
            assert name() == "tenant"
            cursor.execute("SET search_path = public")
            assert name() == "Japan"
            assert state_of(Country) == "empty"
        finally:
            cursor.execute("SET search_path = public")
            cursor.execute("DROP SCHEMA tenant CASCADE")
            watch._moved.clear()


@pytest.mark.parametrize("alias", [on("default")], indirect=True)
def test_a_table_that_is_written_too_often(
    alias: str, countries: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(holding.BUSY_LOADS + 2):
        rename(f"n{number}")
        assert name() == f"n{number}"
    assert state_of(Country) == "paused"
    assert "Country in 'default' is written too often to be held" in caplog.text
    Country.cached.clear()
    name()
    assert state_of(Country) == "held"


def test_rows_live_no_longer_than_they_are_told(
    alias: str, countries: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with override_settings(QUERYAUDIT={"MASTERDATA": {"TTL": 5, "COHERENCE": "local"}}):
        assert name() == "Japan"
        cursor = connections[alias].connection.cursor()
        cursor.execute("UPDATE masterdata_tests_country SET name = 'unheard'")
        cursor.close()
        if alias == "mariadb":
            connections[alias].connection.commit()
        assert name() == "Japan"
        held = next(one for one in held_places() if one.source.model is Country)
        assert held.until is not None
        monkeypatch.setattr(holding, "monotonic", lambda: held.until + 1)
        held.ready = None
        assert name() == "unheard"


def test_a_query_that_fails_passes_its_error_on(alias: str, countries: list[Any]) -> None:
    name()
    with connections[alias].cursor() as cursor:
        with pytest.raises(DatabaseError):
            cursor.execute("UPDATE masterdata_tests_country SET no_such_column = 1")
    assert name() == "Japan"


def test_reads_are_told_to_who_listens(alias: str, countries: list[Any]) -> None:
    heard: list[events.CacheRead] = []
    events.cache_reads.subscribe(heard.append)
    try:
        name()
        name()
        list(Country.cached.filter(size=2))
        with transaction.atomic(using=alias):
            rename("x")
            name()
    finally:
        events.cache_reads.unsubscribe(heard.append)
    label = "masterdata_tests.Country"
    assert heard == [
        (label, "get", 1, "load"),
        (label, "get", 1, "hit"),
        (label, "queryset", 2, "hit"),
        (label, "get", 1, "miss"),
    ]


def test_a_relation_from_memory_is_no_finding(alias: str, countries: list[Any]) -> None:
    for row in countries:
        Album.objects.create(title="x", country=row)
    Country.cached.warm()
    with queryaudit.audit() as audit:
        for album in Album.objects.all():
            assert album.country is not None
            _ = album.country.name
    assert (audit.query_count, audit.findings) == (1, [])


class WithinTestCase(TestCase):
    """What TestCase brings: rows of one test are never in the next."""

    @classmethod
    def setUpTestData(cls) -> None:
        Country.objects.create(code="JP", name="Japan")

    def test_one(self) -> None:
        assert Country.cached.count() == 1
        Country.objects.create(code="DE")
        assert Country.cached.count() == 2

    def test_two(self) -> None:
        assert Country.cached.count() == 1
        Country.objects.create(code="DE")
        assert Country.cached.count() == 2

    def test_zero_is_what_is_left(self) -> None:
        assert Country.cached.filter(code="DE").count() == 0


@pytest.mark.parametrize("alias", [on("default")], indirect=True)
def test_nothing_is_left_of_test_cases(alias: str) -> None:
    assert Country.cached.count() == 0


def test_a_new_database_under_the_old_name(alias: str, countries: list[Any]) -> None:
    """As the test runner does, which may keep a database and so run no migration."""
    name()
    connection = connections[alias]
    connection.settings_dict["USER"], before = "somebody", connection.settings_dict["USER"]
    try:
        connection_created.send(type(connection), connection=connection)
        assert state_of(Country) == "empty"
    finally:
        connection.settings_dict["USER"] = before
        connection_created.send(type(connection), connection=connection)


@pytest.mark.parametrize("alias", [on("default")], indirect=True)
def test_a_write_that_commits_when_its_rows_are_fetched(alias: str, countries: list[Any]) -> None:
    """SQLite's INSERT with RETURNING outside of a transaction: another thread reads meanwhile."""

    def read() -> int:
        try:
            return len(Country.cached.all())
        finally:
            connections[alias].close()

    assert name() == "Japan"
    columns = "code, name, size, is_active, key, details, area"
    values = f"'IT', 'Italy', 1, 1, '{'0' * 32}', '{{}}', 0"
    text = f"INSERT INTO masterdata_tests_country ({columns}) VALUES ({values}) RETURNING id"
    with ThreadPoolExecutor(1) as pool, connections[alias].cursor() as cursor:
        cursor.execute(text)
        assert pool.submit(read).result() == 3
        assert len(cursor.fetchall()) == 1
        assert pool.submit(read).result() == 4
        assert len(Country.cached.all()) == 4
