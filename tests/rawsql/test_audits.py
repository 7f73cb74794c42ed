"""What the auditor says of SQL by hand."""

from pathlib import Path
from typing import Any

import pytest

import queryaudit
from queryaudit import rawsql
from tests.rawsql.conftest import EVERY
from tests.rawsql.models import Measured, Owner

pytestmark = pytest.mark.django_db(databases=EVERY)


def line_of(text: str) -> str:
    lines = Path(__file__).read_text().splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if line.endswith(f"# {text}")]
    return f"tests/rawsql/test_audits.py:{number}"


def test_a_loop_is_found_at_the_callers_line_and_a_list_repairs_it(
    alias: str, measured: list[Measured]
) -> None:
    rows = Measured.rows.using(alias)
    with queryaudit.audit() as audit:
        for row in measured:
            rows.fetch("SELECT title FROM t WHERE t.id = %(key)s", {"key": row.pk})  # the loop
    (finding,) = audit.findings
    assert (finding.kind, finding.relation, finding.count) == ("n_plus_one", "rawsql.Measured", 5)
    assert str(finding.used_at) == line_of("the loop")
    assert finding.fix == (
        "one query for all values before the loop: WHERE id IN %(ids)s, with a list as parameter"
    )
    assert (audit.query_count, finding.expected_count) == (5, 1)

    with queryaudit.audit() as repaired:
        keys = [row.pk for row in measured]
        rows.fetch("SELECT title FROM t WHERE t.id IN %(ids)s", {"ids": keys})
    assert (repaired.query_count, repaired.findings) == (1, [])


@pytest.mark.parametrize("method", ["fetch_one", "fetch_value", "iterator", "lazy"])
def test_every_method_is_seen(alias: str, measured: list[Measured], method: str) -> None:
    ask = getattr(Measured.rows.using(alias), method)
    with queryaudit.audit() as audit:
        for row in measured:
            found = ask("SELECT title FROM t WHERE id = %s", [row.pk])
            if method in {"iterator", "lazy"}:
                list(found)
    (finding,) = audit.findings
    assert (finding.kind, finding.relation, finding.count) == ("n_plus_one", "rawsql.Measured", 5)


def test_a_named_query_in_a_loop_is_found(alias: str, measured: list[Measured]) -> None:
    rows = Measured.rows.using(alias)
    with queryaudit.audit() as audit:
        for row in measured:
            rows.larger_than(size=row.size, sort="size")  # the named loop
    (finding,) = audit.findings
    assert str(finding.used_at) == line_of("the named loop")
    assert finding.relation == "rawsql.Measured"


def test_sql_of_no_model_is_found(alias: str, measured: list[Measured]) -> None:
    with queryaudit.audit() as audit:
        for row in measured:
            rawsql.fetch("SELECT title FROM t WHERE id = %s", [row.pk], using=alias)
    (finding,) = audit.findings
    assert finding.relation is None
    assert "IN %(ids)s" in finding.fix


def test_batches_of_lists_are_no_finding(alias: str, measured: list[Measured]) -> None:
    keys = [row.pk for row in measured]
    with queryaudit.audit() as audit:
        for start in range(0, 4, 2):
            Measured.rows.using(alias).by_keys(ids=keys[start : start + 2])
    assert (audit.query_count, audit.findings) == (2, [])


def test_deferred_columns_of_instances_are_seen(alias: str, measured: list[Measured]) -> None:
    rows = Measured.rows.using(alias)
    with queryaudit.audit() as audit:
        found = rows.fetch_models("SELECT id, title FROM t", defer=True)  # the instances
        _ = [row.size for row in found]
    (finding,) = audit.findings
    assert (finding.relation, finding.count) == ("rawsql.Measured.size", 5)
    assert str(finding.queryset_at) == line_of("the instances")
    assert finding.fix == "size among the columns of the SELECT"


def test_relations_of_instances_are_seen(alias: str, measured: list[Measured]) -> None:
    for row in measured:
        Owner.objects.using(alias).create(name="me", measured=row)
    rows = Owner.rows.using(alias)
    with queryaudit.audit() as audit:
        _ = [row.measured.title for row in rows.fetch_models("SELECT * FROM rawsql_owner")]
    (finding,) = audit.findings
    assert (finding.relation, finding.count) == ("rawsql.Owner.measured", 5)
    assert finding.fix == 'prefetch_related_objects(rows, "measured")'
    assert finding.expected_count == 2


@pytest.mark.django_db(databases=EVERY, transaction=True)
def test_awaited_queries_have_the_line_that_awaits(alias: str, measured: list[Measured]) -> None:
    from asgiref.sync import async_to_sync

    async def page() -> list[Any]:
        rows = Measured.rows.using(alias)
        return [await rows.afetch("SELECT 1 AS n WHERE 1 = %s", [n]) for n in range(3)]  # awaits

    with queryaudit.audit() as audit:
        async_to_sync(page)()
    (finding,) = audit.findings
    assert (str(finding.used_at), finding.count) == (line_of("awaits"), 3)
