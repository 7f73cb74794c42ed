"""What watches a whole run: every test audited, a baseline, a report, budgets written.

With pytest-xdist each worker has one of its own, and what it found travels with the
reports of the tests to the controller, whose one tells it.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from queryaudit.auditing import Audit
from queryaudit.errors import BaselineError
from queryaudit.findings.base import KINDS, Finding
from queryaudit.pytest_plugin.budgets import Budget, Written, budget_of, write_budgets
from queryaudit.reports.words import count_of
from queryaudit.stores.baseline import Baseline, read_baseline
from queryaudit.testing.expectations import Expectation, describe

_WORST = 10
# What says that some tests did not run to their end, among a run's results and options; with
# xdist what a worker deselects is not told.
_NOT_RUN = ("failed", "error", "skipped", "xfailed", "deselected")
_PARTS = (
    "keyword",
    "markexpr",
    "lf",
    "deselect",
    "ignore",
    "ignore_glob",
    "stepwise",
    "collectonly",
)
_STASH = pytest.StashKey[dict[str, Any]]()


class Run:
    """The options of a run, and what its tests found."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reports = bool(config.getoption("queryaudit_report"))
        self._writes = bool(config.getoption("queryaudit_write_budgets"))
        self._is_worker = hasattr(config, "workerinput")
        name = config.getoption("queryaudit_baseline")
        self._judges_all = bool(config.getoption("queryaudit") or name)
        try:
            self._baseline = read_baseline(Path(name)) if name else Baseline({})
        except BaselineError as error:
            raise pytest.UsageError(str(error)) from None
        self._found: dict[str, dict[str, Any]] = {}
        self._known: set[str] = set()
        self._unmatched: set[str] = set()
        self._budgets: defaultdict[Budget, int] = defaultdict(int)
        self._written = Written({}, [])

    @property
    def known(self) -> Mapping[str, str]:
        """The ids of the baseline, each with why it may be there."""
        return dict.fromkeys(self._baseline.findings, "baseline")

    def judge(self, item: Any, audit: Audit, expected: Expectation) -> str:
        """Keep what a test found, and return why it fails where the options say so."""
        site = [finding for finding in audit.findings if not _is_of_test(finding, item)]
        uses = [use for use in audit.ignores if use.target in self._baseline.findings]
        item.stash[_STASH] = {
            "found": {one.id: _told(one) for one in site},
            "known": [use.target for use in uses if use.is_matched],
            "unmatched": [use.target for use in uses if use.is_stale],
            "queries": audit.query_count,
            "place": self._place_of(item, expected),
        }
        if not self._judges_all:
            return ""
        allowed = set(expected.allow)
        errors = [
            finding
            for finding in site
            if finding.severity == "error" and allowed.isdisjoint({finding.id, finding.relation})
        ]
        return describe(count_of(audit.query_count, "query"), errors) if errors else ""

    def _place_of(self, item: Any, expected: Expectation) -> list[object] | None:
        """Return where a budget is to be written, as what travels between processes."""
        has_one = expected.max_queries is not None
        place = None if has_one or not self._writes else budget_of(item)
        return None if place is None else list(place)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """Send what a test found along with its report."""
        report = yield
        if call.when == "call" and _STASH in item.stash:
            report.queryaudit = item.stash[_STASH]
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add what a test found, also one that ran in a worker."""
        told = getattr(report, "queryaudit", None)
        if told is None or self._is_worker:
            return
        self._known.update(told["known"])
        self._unmatched.update(told["unmatched"])
        for id_, finding in told["found"].items():
            known = self._found.setdefault(id_, {**finding, "count": 0, "tests": 0})
            known["count"] += finding["count"]
            known["tests"] += 1
        if told["place"] is not None and report.passed and told["queries"]:
            budget = Budget(*told["place"])
            self._budgets[budget] = max(self._budgets[budget], told["queries"])

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write budgets, once all tests have run."""
        has_ended = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        if self._writes and has_ended and not self._is_worker:
            self._written = write_budgets(self._budgets)

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        """Tell what was repaired, what is worst and what was written."""
        stats = terminalreporter.stats
        is_whole = exitstatus == pytest.ExitCode.OK and not any(map(stats.get, _NOT_RUN))
        repaired = sorted(self._repaired(is_whole=is_whole))
        if repaired:
            terminalreporter.section("queryaudit: repaired")
            name = self._config.getoption("queryaudit_baseline")
            for id_ in repaired:
                terminalreporter.line(f"{id_}  {self._baseline.findings[id_]}")
            terminalreporter.line(f"{count_of(len(repaired), 'id')} to take out of {name}")
        if self._reports:
            self._report(terminalreporter)
        for path, count in sorted(self._written.counts.items()):
            terminalreporter.line(f"{path}: {count_of(count, 'budget')} written")
        for reason in self._written.left_out:
            terminalreporter.line(f"no budget written: {reason}")

    def _repaired(self, *, is_whole: bool) -> set[str]:
        """Return the ids that are no findings any more.

        A line that asks as before and is no loop any more; and, where all tests ran and
        none failed, what none of them met: a line that was edited has another id.
        """
        option = self._config.option
        is_part = any(getattr(option, name, None) for name in _PARTS)
        if is_part or self._config.args_source is pytest.Config.ArgsSource.ARGS:
            is_whole = False
        ids = set(self._baseline.findings) if is_whole else self._unmatched
        return ids - self._known - self._found.keys()

    def _report(self, terminalreporter: Any) -> None:
        terminalreporter.section("queryaudit: worst findings")
        worst = sorted(self._found.items(), key=lambda item: -item[1]["count"])
        for id_, finding in worst[:_WORST]:
            terminalreporter.line(
                f"{id_}  {count_of(finding['count'], 'query')} in "
                f"{count_of(finding['tests'], 'test')}  {finding['title']}  {finding['subject']}"
            )
            terminalreporter.line(f"    used {finding['used']}  fix {finding['fix']}")
        if len(worst) > _WORST:
            terminalreporter.line(f"and {count_of(len(worst) - _WORST, 'finding')} more")
        if not worst:
            terminalreporter.line("no findings")


def _is_of_test(finding: Finding, item: Any) -> bool:
    """Return whether only the test itself asks so: its loops are not the site's."""
    files = {use.file for use in finding.uses if use.file}
    return bool(files) and all(Path(file) == item.path or _is_support(file) for file in files)


def _is_support(file: str) -> bool:
    return Path(file).name == "conftest.py"


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "count": finding.count,
        "title": KINDS[finding.kind].title,
        "subject": finding.subject,
        "used": str(finding.used_at or ""),
        "fix": finding.fix,
    }
