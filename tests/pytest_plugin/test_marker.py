"""The marker, the fixtures and what a failure says."""

import pytest

from tests.pytest_plugin.conftest import Run

PAGE = """
@pytest.fixture
def books(db):
    make_books(4)
"""


def test_a_budget_that_is_kept_passes_and_one_that_is_not_says_why(run: Run) -> None:
    result = run(
        PAGE
        + """
@pytest.mark.queryaudit(max_queries=1)
def test_fast(client, books):
    client.get("/fast/")

@pytest.mark.queryaudit(max_queries=2)
def test_slow(client, books):
    client.get("/slow/")
"""
    )
    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    assert "5 queries, budget 2 (3 over)" in text
    assert "4x books.Book.author  N+1  N1-" in text
    assert "used books/views.py:9 `return HttpResponse(" in text
    assert 'fix .select_related("author") at books/views.py:8' in text
    assert "pytest_plugin" not in text
    assert "queryaudit/" not in text
    failure = text[text.index("FAILURES") : text.index("short test summary")]
    assert len(failure.strip().splitlines()) <= 22


def test_no_n_plus_one_and_what_is_allowed(run: Run) -> None:
    result = run(
        PAGE
        + """
@pytest.mark.queryaudit(no_n_plus_one=True)
def test_refused(client, books):
    client.get("/slow/")

@pytest.mark.queryaudit(no_n_plus_one=True, allow=["books.Book.author"])
def test_allowed(client, books):
    client.get("/slow/")

@pytest.mark.queryaudit(no_n_plus_one=True, allow=["books.Book.author"])
def test_stale(client, books):
    client.get("/fast/")
"""
    )
    result.assert_outcomes(passed=2, failed=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["*test_stale: allow names 'books.Book.author', and no finding has that relation or id"]
    )


def test_fixtures_and_what_follows_are_not_counted(run: Run) -> None:
    result = run("""
@pytest.fixture
def books(db):
    make_books(4)
    yield
    make_books(4)

@pytest.mark.queryaudit(max_queries=0)
def test_nothing(books):
    pass
""")
    result.assert_outcomes(passed=1)


def test_a_test_that_fails_stays_as_it_is(run: Run) -> None:
    result = run(
        PAGE
        + """
@pytest.mark.queryaudit(max_queries=0)
def test_broken(client, books):
    client.get("/slow/")
    assert 1 == 2
"""
    )
    result.assert_outcomes(failed=1)
    assert "assert 1 == 2" in result.stdout.str()
    assert "budget" not in result.stdout.str()


def test_the_audit_of_a_call_is_a_fixture(run: Run) -> None:
    result = run(
        PAGE
        + """
def test_counts(client, books, query_audit):
    client.get("/slow/")
    assert query_audit.query_count == 5
    assert [finding.relation for finding in query_audit.findings] == ["books.Book.author"]
    client.get("/fast/")
    assert query_audit.query_count == 6

def test_another(client, books, query_audit):
    assert query_audit.query_count == 0
"""
    )
    result.assert_outcomes(passed=2)


def test_growth_is_told_with_the_relation(run: Run) -> None:
    result = run("""
def test_fast(client, db, query_scaling):
    growth = query_scaling(make_books, lambda: client.get("/fast/"))
    assert growth.few.query_count == growth.many.query_count == 1

def test_slow(client, db, query_scaling):
    query_scaling(make_books, lambda: client.get("/slow/"), small=3, large=5)
""")
    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    assert "queries grow with the rows: 4 for 3 rows, 6 for 5" in text
    assert "books.Book.author" in text
    assert "def scale" not in text


def test_async_tests_are_audited(run: Run, site: pytest.Pytester) -> None:
    result = run(
        PAGE
        + """
@pytest.mark.asyncio
@pytest.mark.queryaudit(max_queries=0)
async def test_async(async_client, transactional_db):
    from asgiref.sync import sync_to_async
    await sync_to_async(make_books)(1)
    await async_client.get("/fast/")

@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.queryaudit(max_queries=1)
async def test_in_a_loop_that_began_before(async_client, transactional_db):
    await async_client.get("/fast/")
    await async_client.get("/twice/")
""",
        "-p",
        "asyncio",
    )
    result.assert_outcomes(failed=2)
    assert "queries, budget 0 (" in result.stdout.str()
    assert "3 queries, budget 1 (2 over)" in result.stdout.str()


def test_testcases_of_django_are_audited(run: Run) -> None:
    result = run("""
from django.test import TestCase

class Tests(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_books(3)

    @pytest.mark.queryaudit(max_queries=2)
    def test_slow(self):
        self.client.get("/slow/")

    @pytest.mark.queryaudit(max_queries=1)
    async def test_async(self):
        await self.async_client.get("/twice/")
""")
    result.assert_outcomes(failed=2)
    assert "4 queries, budget 2 (2 over)" in result.stdout.str()
    assert "2 queries, budget 1 (1 over)" in result.stdout.str()


def test_a_test_whose_queries_cannot_be_seen_is_no_pass(run: Run) -> None:
    result = run(
        PAGE
        + """
@pytest.mark.queryaudit(max_queries=5)
def test_hidden(client, books):
    from django.db import connection
    connection.execute_wrappers.clear()
    client.get("/slow/")
"""
    )
    result.assert_outcomes(failed=1)
    assert "so nothing is known: the connection 'default' has lost" in result.stdout.str()


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("max_querys=3", "has no keyword 'max_querys'"),
        ("max_queries='3'", "has max_queries='3'; allowed is a whole number from 0"),
        ("max_queries=-1", "has max_queries=-1; allowed is a whole number from 0"),
        ("allow='books.Book.author'", "allowed is a list of relations or ids"),
        ("5", "takes keywords only and came with (5,)"),
    ],
)
def test_a_wrong_marker_is_refused_before_anything_runs(run: Run, marker: str, said: str) -> None:
    result = run(f"""
@pytest.mark.queryaudit({marker})
def test_it():
    pass
""")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = result.stderr.str() + result.stdout.str()
    assert said in told
    assert "max_queries, no_n_plus_one, no_findings, allow" in told


def test_nothing_of_django_is_loaded_until_it_is_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
import sys

def test_it():
    assert not [name for name in sys.modules if name.split(".")[0] == "django"]
    loaded = [name for name in sys.modules if name.startswith("queryaudit")]
    assert loaded == ["queryaudit", "queryaudit.pytest_plugin"]
""")
    result = pytester.runpytest_subprocess("-p", "no:django", "-p", "no:randomly")
    result.assert_outcomes(passed=1)


def test_the_marker_is_listed(run: Run) -> None:
    result = run("", "--markers")
    assert "@pytest.mark.queryaudit(max_queries=None, no_n_plus_one=False" in result.stdout.str()
