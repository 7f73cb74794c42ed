"""Plans that a person asks for."""

import pytest
from django.db import connections, transaction

import queryaudit
from queryaudit.capture.plans import PlanError, plan_of
from tests.conftest import needs_postgres
from tests.music.models import Label

pytestmark = pytest.mark.django_db(databases=["default", "postgres"])


def test_sqlite_tells_its_plan_and_no_audit_counts_it(db: None) -> None:
    with queryaudit.audit() as audit:
        plan = plan_of("default", "SELECT * FROM music_label WHERE name = %s", ["x"])
    assert "SCAN" in plan
    assert "music_label" in plan
    assert audit.query_count == 0


@needs_postgres
@pytest.mark.django_db(databases=["postgres"])
def test_postgresql_tells_its_plan() -> None:
    plan = plan_of("postgres", 'SELECT * FROM "music_label" WHERE "id" = %s', ["7"])
    assert "music_label" in plan
    assert "cost=" in plan


@needs_postgres
@pytest.mark.django_db(databases=["postgres"])
def test_an_error_leaves_the_transaction_as_it_was() -> None:
    with transaction.atomic(using="postgres"):
        with pytest.raises(PlanError, match="the database refuses: .*no_such_table"):
            plan_of("postgres", "SELECT * FROM no_such_table", [])
        assert Label.objects.using("postgres").count() == 0


def test_what_was_kept_of_named_parameters(db: None) -> None:
    assert plan_of("default", "SELECT * FROM music_label WHERE name = %(name)s", {"name": "x"})


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM music_label",
        "INSERT INTO music_label (name) VALUES ('x')",
        "SELECT 1; DELETE FROM music_label",
        "BEGIN",
        "PRAGMA foreign_keys = OFF",
        "(ANALYZE true) DELETE FROM music_label",
        "WITH gone AS (DELETE FROM music_label RETURNING id) SELECT * FROM gone",
        "EXPLAIN SELECT 1",
    ],
)
def test_only_single_selects_have_a_plan(sql: str, db: None) -> None:
    Label.objects.create(name="kept")
    with pytest.raises(PlanError, match="single SELECTs"):
        plan_of("default", sql, [])
    assert Label.objects.count() == 1


@needs_postgres
@pytest.mark.django_db(databases=["postgres"])
def test_nothing_in_a_statement_has_it_run() -> None:
    with pytest.raises(PlanError, match="the database refuses"):
        plan_of("postgres", "SELECT 1 FROM (ANALYZE true)", [])
    assert "cost=" in plan_of("postgres", "WITH a AS (SELECT 1 AS b) SELECT b FROM a", [])


@pytest.mark.parametrize("params", [{}, [2**80]])
def test_parameters_that_the_driver_refuses(params: object, db: None) -> None:
    sql = "SELECT * FROM music_label WHERE id = " + ("%s" if params else "%(id)s")
    with pytest.raises(PlanError, match="the database refuses"):
        plan_of("default", sql, params or {"other": 1})


def test_another_database_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlanError, match="DATABASES has no 'gone' any more"):
        plan_of("gone", "SELECT 1", [])
    monkeypatch.setattr(connections["default"], "vendor", "oracle")
    with pytest.raises(PlanError, match="plans of oracle are not known; known: sqlite, postgresql"):
        plan_of("default", "SELECT 1", [])
