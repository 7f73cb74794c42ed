"""Options for whole runs, in one process and in several."""

import json
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import Run

TESTS = """
@pytest.fixture
def books(db):
    make_books(4)


def test_slow(client, books):
    client.get("/slow/")


@pytest.mark.parametrize("times", [1, 3])
def test_fast(client, books, times):
    for _ in range(times):
        client.get("/fast/")


class TestGroup:
    def test_twice(self, client, books):
        client.get("/twice/")

    def test_own_loop(self, books):
        from books.models import Book
        for book in Book.objects.all():
            book.author.name
"""
each_way = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])


@each_way
def test_every_test_is_audited_and_its_own_loops_are_its_own(
    run: Run, workers: tuple[str, ...]
) -> None:
    result = run(TESTS, "--queryaudit", *workers)
    result.assert_outcomes(passed=4, failed=1)
    text = result.stdout.str()
    assert "FAILED test_site.py::test_slow" in text
    assert 'fix .select_related("author")' in text


def test_without_options_nothing_is_audited(run: Run) -> None:
    run(TESTS).assert_outcomes(passed=5)


@each_way
def test_the_report_tells_the_worst_of_all_tests(run: Run, workers: tuple[str, ...]) -> None:
    result = run(TESTS, "--queryaudit-report", *workers)
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        [
            "*queryaudit: worst findings*",
            "N1-*  4 queries in 1 test  N+1  books.Book.author",
            '    used books/views.py:9  fix .select_related("author")',
        ]
    )


@each_way
def test_a_baseline_lets_known_findings_pass_and_names_the_repaired(
    run: Run, workers: tuple[str, ...]
) -> None:
    Path("known.json").write_text('{"version": 1, "findings": {}}')
    result = run(TESTS, "--queryaudit-baseline", "known.json", *workers)
    result.assert_outcomes(passed=4, failed=1)
    text = result.stdout.str()
    id_ = text[text.index("N1-") :][:11]
    Path("known.json").write_text(
        json.dumps({"version": 1, "findings": {id_: "books.Book.author n_plus_one"}})
    )
    result = run(TESTS, "--queryaudit-baseline", "known.json", *workers)
    result.assert_outcomes(passed=5)
    assert "queryaudit: repaired" not in result.stdout.str()

    views = Path("books/views.py")
    repaired = 'Book.objects.select_related("author").order_by("pk").all()'
    views.write_text(views.read_text().replace('Book.objects.order_by("pk")', repaired, 1))
    result = run(TESTS, "--queryaudit-baseline", "known.json", *workers)
    result.assert_outcomes(passed=5)
    assert "1 id to take out of known.json" in result.stdout.str()
    result = run(TESTS, "--queryaudit-baseline", "known.json", "-k", "twice", *workers)
    result.assert_outcomes(passed=1, deselected=4 if not workers else 0)
    assert "queryaudit: repaired" not in result.stdout.str(), "not all tests ran"


@each_way
def test_what_is_repaired_at_its_line_is_named(run: Run, workers: tuple[str, ...]) -> None:
    """A few rows: the line asks as before, and is no finding any more."""
    Path("known.json").write_text('{"version": 1, "findings": {}}')
    text = run(TESTS, "--queryaudit-baseline", "known.json").stdout.str()
    id_ = text[text.index("N1-") :][:11]
    Path("known.json").write_text(
        json.dumps({"version": 1, "findings": {id_: "books.Book.author n_plus_one"}})
    )
    one = TESTS.replace("make_books(4)", "make_books(1)")
    result = run(one, "--queryaudit-baseline", "known.json", *workers)
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        [
            "*queryaudit: repaired*",
            f"{id_}  books.Book.author n_plus_one",
            "1 id to take out of known.json",
        ]
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ('{"version": 1, "find', "it is no JSON, or is cut off"),
        ('{"version": 7, "findings": {}}', "its version is 7, and this queryaudit reads 1"),
        ('["N1-1"]', "it has no version"),
        ('{"version": 1, "findings": ["N1-1"]}', "no dict of ids"),
    ],
)
def test_a_file_that_is_no_baseline_is_a_usage_error(run: Run, text: str | None, said: str) -> None:
    if text is not None:
        Path("known.json").write_text(text)
    result = run(TESTS, "--queryaudit-baseline", "known.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()
    assert "Traceback" not in result.stderr.str()


@each_way
def test_budgets_are_written_above_each_test_that_has_none(
    run: Run, workers: tuple[str, ...]
) -> None:
    marked = TESTS.replace("def test_slow", "@pytest.mark.queryaudit(max_queries=9)\ndef test_slow")
    result = run(marked, "--queryaudit-write-budgets", *workers)
    result.assert_outcomes(passed=5)
    assert "test_site.py: 3 budgets written" in result.stdout.str()
    written = Path("test_site.py").read_text()
    assert (
        "@pytest.mark.queryaudit(max_queries=3)\n"
        '@pytest.mark.parametrize("times", [1, 3])\ndef test_fast'
    ) in written
    assert "    @pytest.mark.queryaudit(max_queries=2)\n    def test_twice" in written
    assert written.count("max_queries=9") == 1
    result = run(written.partition("make_books\n\n")[2])
    result.assert_outcomes(passed=5)
