"""Run Django's tests and write a line for each: started in Django's folder ``tests``.

``python -m tests.django_suite.runner bare|audited RESULTS LABEL...`` does what
``runtests.py LABEL...`` does, in one process. A bare run imports nothing of queryaudit.
"""

import logging
import runpy
import sys
import traceback
import unittest
from collections.abc import Callable
from typing import Any, TextIO

from tests.django_suite.results import (
    ERROR,
    EXPECTED_FAILURE,
    FAILURE,
    OK,
    SKIPPED,
    UNEXPECTED_SUCCESS,
    Result,
)

Run = Callable[[unittest.TestCase, unittest.TestResult | None], unittest.TestResult | None]
# What the audit of one test held: queries, findings and what the auditor could not do.
Held = tuple[int, int, tuple[str, ...]]

BROKEN = 3  # the exit code of a run that proves nothing; 1 is that of failed tests
RANK = (OK, SKIPPED, EXPECTED_FAILURE, UNEXPECTED_SUCCESS, FAILURE, ERROR)


class Outcomes(unittest.TextTestResult):
    """Keeps the worst outcome of the test that runs."""

    file: TextIO
    outcome = OK
    detail = ""

    def _keep(self, test: Any, outcome: str, detail: str = "") -> None:
        if not isinstance(test, unittest.TestCase):  # unittest's stand-in for a setUpClass
            self.file.write(Result(test.id(), outcome, detail).line())
        elif RANK.index(outcome) > RANK.index(self.outcome):
            self.outcome, self.detail = outcome, detail

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802  # unittest's names
        """Keep an error."""
        super().addError(test, err)
        self._keep(test, ERROR, self._text(err, test))

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        """Keep a failure."""
        super().addFailure(test, err)
        self._keep(test, FAILURE, self._text(err, test))

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        """Keep a part of a test that failed as the test's own failure."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            is_failure = issubclass(err[0], test.failureException)
            detail = f"{subtest.id()}\n{self._text(err, test)}"
            self._keep(test, FAILURE if is_failure else ERROR, detail)

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        """Keep that a test was skipped."""
        super().addSkip(test, reason)
        self._keep(test, SKIPPED, reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        """Keep a failure that was expected."""
        super().addExpectedFailure(test, err)
        self._keep(test, EXPECTED_FAILURE)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        """Keep that an expected failure failed to come."""
        super().addUnexpectedSuccess(test)
        self._keep(test, UNEXPECTED_SUCCESS)

    def _text(self, err: Any, test: Any) -> str:
        """Return the traceback without the frames of unittest."""
        return self._exc_info_to_string(err, test)  # type: ignore[attr-defined,no-any-return]


def bare(run: Run, test: unittest.TestCase, result: unittest.TestResult | None) -> Held:
    """Run the test and nothing else."""
    run(test, result)
    return 0, 0, ()


def audited() -> Callable[[Run, unittest.TestCase, unittest.TestResult | None], Held]:
    """Return what runs a test inside an audit, judges it and prints the report."""
    import queryaudit
    from queryaudit import errors
    from queryaudit.hooks import patches

    told: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(logging.Formatter().format(record))

    # Errors alone: a finding that is told to the log is a warning.
    logging.getLogger("queryaudit").addHandler(Listener(logging.ERROR))

    def run_audited(run: Run, test: unittest.TestCase, result: Any) -> Held:
        errors._told.clear()  # what is told once a process is told once a test
        with queryaudit.audit(label=test.id(), raise_=False) as audit:
            run(test, result)
        told.extend(patches.problems())
        findings = 0
        try:
            findings = len(audit.findings)
            if not str(audit):
                told.append("the report of the audit is empty")
        except Exception:  # noqa: BLE001  # whatever the rules do wrong is what is looked for
            told.append(traceback.format_exc())
        held = audit.query_count, findings, tuple(told)
        told.clear()
        return held

    return run_audited


def main(mode: str, results: str, *labels: str) -> None:
    """Run ``runtests.py`` of the current folder and add a line to ``results`` for each test."""
    from django.test.runner import DiscoverRunner

    around = {"bare": lambda: bare, "audited": audited}[mode]()
    proceed: Run = unittest.TestCase.run

    with open(results, "a", buffering=1) as file:  # noqa: PTH123  # a line at a time, also at a crash
        Outcomes.file = file

        def run(self: unittest.TestCase, result: Any = None) -> Any:
            if not isinstance(result, Outcomes):  # a test that runs tests
                return proceed(self, result)
            result.outcome, result.detail = OK, ""
            queries, findings, told = around(proceed, self, result)
            line = Result(self.id(), result.outcome, result.detail, queries, findings, told)
            file.write(line.line())
            return result

        unittest.TestCase.run = run  # type: ignore[method-assign]
        DiscoverRunner.get_resultclass = lambda self: Outcomes  # type: ignore[method-assign]
        sys.argv = ["runtests.py", "--parallel=1", "--noinput", *labels]
        try:
            runpy.run_path("runtests.py", run_name="__main__")
        except Exception:  # noqa: BLE001  # it ends with SystemExit, whatever the tests do
            traceback.print_exc()
            sys.exit(BROKEN)
        finally:
            if mode == "bare" and "queryaudit" in sys.modules:
                sys.stderr.write("The bare run has imported queryaudit.\n")
                sys.exit(BROKEN)


if __name__ == "__main__":
    main(*sys.argv[1:])
