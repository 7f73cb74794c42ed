from pathlib import Path

from tests.django_suite.report import FIRST, LAST, report
from tests.django_suite.results import (
    ERROR,
    EXPECTED_FAILURE,
    FAILURE,
    OK,
    SKIPPED,
    UNEXPECTED_SUCCESS,
    Difference,
    Result,
    differences,
    read,
)

OUTCOMES = (OK, FAILURE, ERROR, SKIPPED, EXPECTED_FAILURE, UNEXPECTED_SUCCESS)


def test_every_other_outcome_is_a_difference() -> None:
    for bare in OUTCOMES:
        for audited in OUTCOMES:
            found = differences([Result("a.B.c", bare)], [Result("a.B.c", audited, "why")])
            expected = [] if bare == audited else [Difference("a.B.c", bare, audited, "why")]
            assert found == expected


def test_a_test_that_only_one_run_has_is_a_difference() -> None:
    bare, audited = [Result("a.B.c", OK), Result("a.B.d", OK)], [Result("a.B.d", OK)]
    assert differences(bare, audited) == [Difference("a.B.c", OK, "missing", "")]
    assert differences(audited, bare) == [Difference("a.B.c", "missing", OK, "")]


def test_a_test_that_runs_twice_is_compared_twice() -> None:
    bare = [Result("a.B.c", OK), Result("a.B.c", OK)]
    audited = [Result("a.B.c", OK), Result("a.B.c", ERROR)]
    assert differences(bare, audited) == [Difference("a.B.c (2)", OK, ERROR, "")]
    assert differences(bare, audited[:1]) == [Difference("a.B.c (2)", OK, "missing", "")]


def test_a_line_reads_as_it_was_written(tmp_path: Path) -> None:
    results = [Result("a.B.c", ERROR, "one\ntwo", 3, 1, ("no\nway",)), Result("a.B.d", OK)]
    file = tmp_path / "results.jsonl"
    file.write_text("".join(result.line() for result in results))
    assert read(file) == results
    assert len(file.read_text().splitlines()) == 2
    assert read(tmp_path / "none.jsonl") == []


def test_equal_runs_are_good() -> None:
    lines, is_good = report(
        [Result("a.B.c", OK), Result("a.B.d", SKIPPED), Result("a.B.e", OK)],
        [Result("a.B.c", OK, "", 7, 1), Result("a.B.d", SKIPPED), Result("a.B.e", OK, "", 2)],
        {},
        9,
    )
    assert is_good
    assert lines == [
        "bare     3 tests: 2 ok, 1 skipped",
        "audited  3 tests: 2 ok, 1 skipped",
        "         9 queries, 1 finding",
        "0 differences, 0 errors of the auditor",
    ]


def test_a_difference_is_told_with_the_ends_of_its_traceback() -> None:
    detail = "\n".join(f"line {number}" for number in range(FIRST + LAST + 1))
    lines, is_good = report([Result("a.B.c", OK)], [Result("a.B.c", ERROR, detail, 1)], {}, 1)
    assert not is_good
    assert lines[3] == "a.B.c: ok, audited error"
    assert lines[4] == "    line 0"
    assert lines[4 + FIRST] == "    ..."
    assert lines[-2] == f"    line {FIRST + LAST}"
    assert lines[-1] == "1 difference, 0 errors of the auditor"


def test_an_error_of_the_auditor_is_bad_though_no_test_differs() -> None:
    names = [f"a.B.{letter}" for letter in "cdefg"]
    audited = [Result(name, OK, "", 1, 0, ("queryaudit failed",)) for name in names]
    lines, is_good = report([Result(name, OK) for name in names], audited, {}, 1)
    assert not is_good
    assert lines[3:] == [
        "the auditor's error in a.B.c, a.B.d, a.B.e and 2 more:",
        "    queryaudit failed",
        "0 differences, 1 error of the auditor",
    ]


def test_a_run_without_queries_proves_nothing() -> None:
    lines, is_good = report([Result("a.B.c", OK)], [Result("a.B.c", OK, "", 4_999)], {}, 5_000)
    assert not is_good
    assert "fewer than 5,000 queries audited" in lines


def test_a_run_without_tests_proves_nothing() -> None:
    lines, is_good = report([], [], {}, 0)
    assert not is_good
    assert "no test ran" in lines


def test_a_name_that_cannot_be_loaded_is_bad_though_nothing_differs() -> None:
    results = [Result("unittest.loader._FailedTest.queriez", ERROR), Result("a.B.c", OK, "", 1)]
    lines, is_good = report(results, results, {}, 1)
    assert not is_good
    assert "unittest.loader._FailedTest.queriez, which could not be loaded" in lines


def test_a_known_difference_is_told_and_is_good() -> None:
    bare, audited = [Result("a.B.c", OK)], [Result("a.B.c", FAILURE, "", 1)]
    lines, is_good = report(bare, audited, {"a.B.c": "which counts wrappers"}, 1)
    assert is_good
    assert "known: a.B.c, which counts wrappers" in lines


def test_a_known_difference_that_is_none_is_bad() -> None:
    results = [Result("a.B.c", OK, "", 1)]
    lines, is_good = report(results, results, {"a.B.c": "which counts wrappers"}, 1)
    assert not is_good
    assert "a.B.c no longer differs; take it out of KNOWN" in lines
    # Where its folder is not run, nothing can be said.
    assert report(results, results, {"d.E.f": "which counts wrappers"}, 1)[1]
