from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

import queryaudit
from tests.conftest import needs_postgres
from tests.music.models import Label


def ask(sql: Any, alias: str = "default") -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db(databases=["default", "other"])
def test_statements_of_every_alias_are_counted() -> None:
    with queryaudit.audit() as audit:
        ask("SELECT 1")
        ask("SELECT 1", alias="other")
    assert audit.query_count == 2
    assert {shape.alias for shape in audit.to_record().shapes} == {"default", "other"}


@pytest.mark.django_db
def test_executemany_counts_once() -> None:
    with queryaudit.audit() as audit, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO music_label (name) VALUES (%s)", [("a",), ("b",), ("c",)])
    assert audit.query_count == 1
    assert Label.objects.count() == 3


@pytest.mark.django_db
def test_a_refused_statement_counts_and_raises_what_it_would() -> None:
    with queryaudit.audit() as audit, pytest.raises(DatabaseError), transaction.atomic():
        ask("SELECT nothing FROM nowhere")
    assert audit.query_count == 1


@pytest.mark.django_db(transaction=True)
def test_transaction_statements_are_counted_apart() -> None:
    with queryaudit.audit() as audit, transaction.atomic(), transaction.atomic():
        list(Label.objects.all())
    assert (audit.query_count, audit.transaction_statements) == (1, 3)  # BEGIN, SAVEPOINT, RELEASE


@needs_postgres
@pytest.mark.django_db(databases=["postgres"], transaction=True)
def test_transaction_statements_are_counted_apart_on_postgres() -> None:
    """There BEGIN and COMMIT are the driver's and do not pass Django's cursor."""
    with (
        queryaudit.audit() as audit,
        transaction.atomic("postgres"),
        transaction.atomic("postgres"),
    ):
        list(Label.objects.using("postgres"))
    assert (audit.query_count, audit.transaction_statements) == (1, 2)


@needs_postgres
@pytest.mark.django_db(databases=["postgres"])
def test_composed_sql_of_the_driver_is_recorded_as_text() -> None:
    from psycopg import sql

    with queryaudit.audit() as audit:
        ask(
            sql.SQL("SELECT {}").format(sql.Identifier("name")) + sql.SQL(" FROM music_label"),
            alias="postgres",
        )
        ask(b"SELECT 1", alias="postgres")
    shapes = {shape.sql for shape in audit.to_record().shapes}
    assert shapes == {'SELECT "name" FROM music_label', "SELECT ?"}


@pytest.mark.django_db
def test_no_parameter_is_kept() -> None:
    word = "sec" + "ret"
    with queryaudit.audit() as audit:
        list(Label.objects.filter(name=word))
        ask(f"SELECT 'another {word}' WHERE 1 = 1")
    assert audit.query_count == 2
    assert word not in repr(audit.to_record())


@pytest.mark.django_db
def test_the_toolbars_own_store_is_not_counted() -> None:
    with queryaudit.audit() as audit:
        ask('SELECT 1 AS "debug_toolbar_historyentry"')
    assert audit.query_count == 0
    assert audit.to_record().shapes == ()


@pytest.mark.django_db
def test_an_error_of_the_auditor_is_logged_once_and_the_statement_runs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from queryaudit import errors
    from queryaudit.recording.recorder import Recorder

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(errors, "_told", set())
    monkeypatch.setattr(Recorder, "record_query", fail)
    with queryaudit.audit():
        assert list(Label.objects.all()) == []
        assert list(Label.objects.all()) == []
    assert [record.message.partition(";")[0] for record in caplog.records] == [
        "queryaudit failed while recording a query"
    ]
