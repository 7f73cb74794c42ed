"""Writes of other processes, over all ways to hear of them; servers that are lost."""

import os
import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

import queryaudit
from queryaudit.masterdata import coherence
from tests.conftest import needs_postgres, needs_redis
from tests.masterdata.conftest import on, state_of
from tests.masterdata.models import Country
from tests.masterdata.other import Other
from tests.masterdata.waiting import in_forked_child, until
from tests.stores.redis_process import RedisProcess

AUTO: dict[str, Any] = {}
WITHIN = 0.1  # seconds after another process's commit


def redis_settings(url: str = settings.REDIS_URL) -> dict[str, Any]:
    return {"COHERENCE": "redis", "URL": f"{url}?prefix=test-{uuid4().hex}"}


@pytest.fixture(
    params=["auto", pytest.param("redis", marks=needs_redis)],
)
def masterdata_settings(request: pytest.FixtureRequest, alias: str) -> Iterator[dict[str, Any]]:
    if request.param == "auto" and alias == "mariadb":
        pytest.skip("MariaDB tells nobody of writes")
    chosen = redis_settings() if request.param == "redis" else AUTO
    with override_settings(QUERYAUDIT={"MASTERDATA": chosen}):
        yield chosen


def name() -> str:
    return Country.cached.get(code="JP").name


def is_named(value: str) -> bool:
    return name() == value


def test_another_process_is_heard(
    alias: str, countries: list[Any], masterdata_settings: dict[str, Any]
) -> None:
    with Other(masterdata_settings) as other:
        assert name() == "Japan"
        assert state_of(Country) == "held"
        assert other.ask(f"Country.cached.using('{alias}').get(code='JP').name") == "Japan"
        where = f"Country.objects.using('{alias}').filter(code='JP')"
        delays = []
        for value in ("x", "y", "z", "x", "a"):  # autocommit; a busy machine may delay some
            other.ask(f"{where}.update(name='{value}')")
            delays.append(until(partial(is_named, value), 20))
        assert min(delays) < WITHIN, delays
        other.ask(
            f"[transaction.set_autocommit(False, '{alias}'), {where}.update(name='b'), "
            f"connections['{alias}'].savepoint()]"
        )
        time.sleep(2 * WITHIN)
        assert name() == "a", "not committed"
        other.ask(f"[transaction.commit('{alias}'), transaction.set_autocommit(True, '{alias}')]")
        until(lambda: name() == "b", 20)
        other.ask(
            f"[transaction.set_autocommit(False, '{alias}'), {where}.update(name='c'), "
            f"transaction.rollback('{alias}'), transaction.set_autocommit(True, '{alias}')]"
        )
        with transaction.atomic(using=alias):
            Country.objects.filter(code="JP").update(name="d")
        assert name() == "d"
        ask = f"Country.cached.using('{alias}').get(code='JP').name"
        until(lambda: other.ask(ask) == "d", 20)
        Country.objects.filter(code="JP").update(name="e")
        until(lambda: other.ask(ask) == "e", 20)


def test_a_writer_that_never_reads_is_heard(
    alias: str, countries: list[Any], masterdata_settings: dict[str, Any]
) -> None:
    with Other(masterdata_settings) as other:
        assert name() == "Japan"
        other.ask(f"Country.objects.using('{alias}').update(name='worker')")
        until(lambda: name() == "worker", 20)


def test_own_writes_are_not_told_to_oneself(
    alias: str, countries: list[Any], masterdata_settings: dict[str, Any]
) -> None:
    name()
    for number in range(3):
        Country.objects.filter(code="JP").update(name=f"n{number}")
        assert name() == f"n{number}"
        loads = state_of(Country, "loads")
        time.sleep(0.12)
        assert name() == f"n{number}"
        assert state_of(Country, "loads") == loads, "read again for what it wrote itself"


def test_what_tells_others_is_not_counted(
    alias: str, countries: list[Any], masterdata_settings: dict[str, Any]
) -> None:
    name()
    with queryaudit.audit() as audit, CaptureQueriesContext(connections[alias]) as captured:
        with transaction.atomic(using=alias):
            Country.objects.filter(code="JP").update(name="x")
        time.sleep(0.06)
        name()
    text = " ".join(one["sql"] for one in captured.captured_queries)
    assert "notify" not in text
    assert "data_version" not in text
    assert audit.query_count == 2


@pytest.mark.parametrize("alias", [on("default")], indirect=True)
def test_another_client_of_a_file(alias: str, countries: list[Any]) -> None:
    assert name() == "Japan"
    path = str(connections[alias].settings_dict["NAME"])
    with sqlite3.connect(path) as client:
        client.execute("UPDATE masterdata_tests_country SET name = 'client'")
    client.close()
    until(lambda: name() == "client", 20)


@pytest.mark.parametrize("alias", [on("default")], indirect=True)
def test_a_commit_of_another_is_not_taken_for_an_own_one(alias: str, countries: list[Any]) -> None:
    """Both move the version of the file between two looks at it."""
    path = str(connections[alias].settings_dict["NAME"])
    for number in range(10):
        name()
        client = sqlite3.connect(path)
        with client:
            client.execute(f"UPDATE masterdata_tests_country SET name = 'c{number}'")
        client.close()
        with transaction.atomic(using=alias):
            Country.objects.filter(code="DE").update(size=number)
        assert name() == f"c{number}"


@pytest.mark.parametrize("alias", [on("postgres", needs_postgres)], indirect=True)
def test_triggers_tell_of_every_client(alias: str, countries: list[Any]) -> None:
    call_command("masterdata", "triggers", "install", database=alias, verbosity=0)
    try:
        assert name() == "Japan"
        driver: Any = connections[alias]
        client = driver.Database.connect(**driver.get_connection_params(), autocommit=True)
        for text in ("UPDATE masterdata_tests_country SET name = 'psql'",):
            client.execute(text)
            until(lambda: name() == "psql", 20)
        client.execute("TRUNCATE masterdata_tests_country CASCADE")
        until(lambda: Country.cached.count() == 0, 20)
        client.close()
    finally:
        call_command("masterdata", "triggers", "remove", database=alias, verbosity=0)


@pytest.mark.parametrize("alias", [on("postgres", needs_postgres)], indirect=True)
def test_a_listener_that_is_cut_off(alias: str, countries: list[Any]) -> None:
    """The server ends its connection: nothing is held until it listens again."""
    assert name() == "Japan"
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'queryaudit masterdata' AND datname = current_database()"
        )
    until(lambda: not coherence.of(alias).is_live(), 30)
    connections[alias].connection.execute("UPDATE masterdata_tests_country SET name = 'unheard'")
    assert name() == "unheard"
    until(lambda: coherence.of(alias).is_live(), 30)
    assert name() == "unheard"
    assert state_of(Country) == "held"


@needs_redis
@pytest.mark.parametrize("alias", [on("default")], indirect=True)
@pytest.mark.parametrize("way", ["stop", "hang"])
def test_a_redis_server_that_is_lost(
    alias: str, countries: list[Any], tmp_path: Path, way: str
) -> None:
    server = RedisProcess(tmp_path)
    server.start()
    try:
        with override_settings(QUERYAUDIT={"MASTERDATA": redis_settings(server.url)}):
            assert name() == "Japan"
            assert state_of(Country) == "held"
            getattr(server, way)()
            until(lambda: not coherence.of(alias).is_live(), 30)
            assert state_of(Country) == "off"
            begin = time.monotonic()
            connections[alias].connection.execute(
                "UPDATE masterdata_tests_country SET name = 'unheard'"
            )
            assert name() == "unheard"
            Country.objects.filter(code="JP").update(name="own")
            assert name() == "own"
            assert time.monotonic() - begin < 2, "nobody waits for a lost server"
            server.go_on() if way == "hang" else server.start()
            until(lambda: coherence.of(alias).is_live(), 30)
            assert name() == "own"
            assert state_of(Country) == "held"
    finally:
        server.stop()


@needs_redis
@pytest.mark.parametrize("alias", [on("default")], indirect=True)
def test_what_could_not_be_sent_is_sent_later(
    alias: str, countries: list[Any], tmp_path: Path
) -> None:
    server = RedisProcess(tmp_path)
    server.start()
    try:
        chosen = redis_settings(server.url)
        with override_settings(QUERYAUDIT={"MASTERDATA": chosen}), Other(chosen) as other:
            assert name() == "Japan"
            server.stop()
            other.ask(f"Country.objects.using('{alias}').update(name='lost')")
            server.start()
            until(lambda: coherence.of(alias).is_live(), 30)
            until(lambda: name() == "lost", 30)
    finally:
        server.stop()


def test_a_forked_child_begins_with_nothing(alias: str, countries: list[Any]) -> None:
    assert name() == "Japan"

    def say() -> Iterator[str]:
        yield name()
        Country.objects.filter(code="JP").update(name="child")
        yield name()

    assert in_forked_child(say) == "Japan,child"
    if alias == "mariadb":
        Country.cached.clear()  # local: nobody tells
    until(lambda: name() == "child", 20)
    Country.objects.filter(code="JP").update(name="parent")
    assert name() == "parent"


@pytest.mark.parametrize("alias", [on("postgres", needs_postgres)], indirect=True)
def test_a_database_can_be_dropped_while_rows_of_it_are_held(
    alias: str, countries: list[Any]
) -> None:
    """As the test runner does at its end; the listener is connected to it, too."""
    connection: Any = connections[alias]
    original, copied = connection.settings_dict["NAME"], f"masterdata_copy_{os.getpid()}"
    assert name() == "Japan"
    with connection._nodb_cursor() as cursor:
        connection.close()
        cursor.execute(f'CREATE DATABASE "{copied}" TEMPLATE "{original}"')
    try:
        connection.settings_dict["NAME"] = copied
        assert [name(), name()] == ["Japan", "Japan"]
        assert state_of(Country) == "held"
    finally:
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{copied}"')
        connection.settings_dict["NAME"] = original
