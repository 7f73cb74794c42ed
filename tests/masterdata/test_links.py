"""The subscription to PostgreSQL by both drivers; what only Django 6.1 has."""

import time
from socket import socketpair
from typing import Any

import django
import pytest
from django.db import connections, models

from queryaudit.masterdata import lifecycle
from queryaudit.masterdata.coherence.postgresql import (
    CHANNEL,
    PostgreSQLCoherence,
    Psycopg2Link,
    Psycopg3Link,
)
from queryaudit.masterdata.effects import Effect, Kind
from queryaudit.masterdata.references import _followers, referring
from tests.conftest import needs_postgres
from tests.masterdata.conftest import held_places, on
from tests.masterdata.models import Country

PG = pytest.mark.parametrize("alias", [on("postgres", needs_postgres)], indirect=True)


@PG
@pytest.mark.parametrize("make", [Psycopg2Link, Psycopg3Link])
def test_both_drivers_hear_and_notice_the_end(alias: str, make: Any) -> None:
    params = PostgreSQLCoherence(alias, alias)._params
    waker, woken = socketpair()
    link = make(params, woken)
    try:
        assert link.wait(0.01) == []
        assert link.ping(2) == []
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SELECT pg_notify('{CHANNEL}', 'x:a'), pg_notify('{CHANNEL}', 'x:b')")
            heard = link.wait(2) or link.wait(2)
            assert heard == ["x:a", "x:b"]
            cursor.execute(f"SELECT pg_notify('{CHANNEL}', 'x:c')")
            assert (link.ping(2) or link.wait(2)) == ["x:c"]
            waker.send(b"x")
            assert link.wait(20) == []
            woken.recv(1)
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'queryaudit masterdata' AND datname = current_database()"
            )
        with pytest.raises(Exception, match=r"(?i)terminat|closed|lost|abort"):
            for _ in range(5):
                link.wait(1)
                link.ping(1)
    finally:
        link.close()
        waker.close()
        woken.close()


@pytest.mark.skipif(django.VERSION < (6, 1), reason="Django 6.1 has DB_CASCADE")
def test_rows_that_a_database_changes_along_are_dropped() -> None:
    field: Any = Country._meta.get_field("region")
    region, country = "masterdata_tests_region", "masterdata_tests_country"
    update = Effect(Kind.WRITES, frozenset({region}))
    delete = update._replace(deletes=True)
    _followers.cache_clear()
    assert referring(update) == {region}
    assert country in referring(delete), "a constraint may cascade by hand"
    before, field.remote_field.on_delete = field.remote_field.on_delete, models.DB_CASCADE
    try:
        _followers.cache_clear()
        assert referring(update) == {region, country}
    finally:
        field.remote_field.on_delete = before
        _followers.cache_clear()


@PG
def test_a_direct_connection_listens_where_a_pooler_would_not(
    alias: str, countries: list[Any], settings: Any
) -> None:
    """ALIAS names it; the statements themselves go on over the other one."""
    connection: Any = connections[alias]
    direct = {**connection.settings_dict, "OPTIONS": {"application_name": "past the pooler"}}
    connections.settings["direct"] = direct
    settings.QUERYAUDIT = {"MASTERDATA": {"ALIAS": "direct"}}
    try:
        assert Country.cached.get(code="JP").name == "Japan"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT query FROM pg_stat_activity WHERE application_name = 'past the pooler'"
            )
            assert cursor.fetchall() == [(f"LISTEN {CHANNEL}",)]
            cursor.execute(f"SELECT pg_notify('{CHANNEL}', ':masterdata_tests_country')")
        (held,) = [one for one in held_places() if one.source.model is Country]
        for _ in range(100):
            if held.rows is None:
                break
            time.sleep(0.01)
        assert held.rows is None, "heard over the direct connection"
    finally:
        lifecycle.forget()
        del connections.settings["direct"]
