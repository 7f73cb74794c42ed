"""Audit the pieces of a scenario and compare what was found with what is right."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from django.db import transaction

import queryaudit
from queryaudit import Audit, Finding
from tests.corpus.scenario import Expected, Piece, Scenario


@dataclass(slots=True)
class Match:
    """One expectation and the finding that comes nearest to it."""

    expected: Expected
    finding: Finding | None
    relation: bool = False
    use: bool = False
    queryset: bool = False
    fix: bool = False
    count: bool = False

    @property
    def score(self) -> int:
        """How many of the five attributes are right."""
        return sum((self.relation, self.use, self.queryset, self.fix, self.count))


@dataclass(slots=True)
class Verdict:
    """All that is to be said of one scenario; ``complaints`` is empty when all is right."""

    scenario: Scenario
    matches: list[Match] = field(default_factory=list)
    false: list[Finding] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def judge(scenario: Scenario) -> Verdict:
    """Audit both pieces of ``scenario``."""
    verdict = Verdict(scenario)
    right, result_of_right = run(scenario, scenario.right)
    for finding in right.findings:
        verdict.false.append(finding)
        verdict.complaints.append(f"the right piece is not silent: {_shown(finding)}")
    if scenario.wrong is not None:
        wrong, result_of_wrong = run(scenario, scenario.wrong)
        if result_of_right != result_of_wrong:
            verdict.complaints.append(f"{result_of_wrong!r} became {result_of_right!r}")
        _compare(verdict, wrong.findings)
    return verdict


def run(scenario: Scenario, piece: Piece) -> tuple[Audit, object]:
    """Audit ``piece`` and return its result; what it wrote is taken back."""
    with nullcontext() if scenario.threads else _taken_back():
        with queryaudit.audit(raise_=False) as audit:
            result = piece()
        if scenario.result is not None:
            result = scenario.result()
    return audit, result


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _compare(verdict: Verdict, findings: list[Finding]) -> None:
    left = list(findings)
    for expected in verdict.scenario.expected:
        matches = [
            _match(verdict.scenario, expected, finding)
            for finding in left
            if finding.kind == expected.kind
        ]
        best = max(matches, key=lambda match: match.score, default=Match(expected, None))
        if expected.is_optional and best.finding is None:
            continue
        verdict.matches.append(best)
        if best.finding is not None:
            left.remove(best.finding)
        if best.score < 5:
            verdict.complaints.append(_complaint(verdict.scenario, best))
    verdict.false += left
    verdict.complaints += [f"false: {_shown(finding)}" for finding in left]


def _match(scenario: Scenario, expected: Expected, finding: Finding) -> Match:
    querysets = scenario.lines_of(expected.queryset)
    queryset_at = finding.queryset_at and str(finding.queryset_at)
    return Match(
        expected,
        finding,
        relation=expected.is_about(finding.relation),
        use=str(finding.used_at) in scenario.lines_of(expected.use),
        queryset=querysets == {None} or queryset_at in querysets,
        fix=expected.fits(finding.fix),
        count=finding.expected_count == expected.left,
    )


def _complaint(scenario: Scenario, match: Match) -> str:
    expected, finding = match.expected, match.finding
    wanted = (
        f"{expected.kind} {expected.relation} used at {_lines(scenario, expected.use)}, queryset "
        f"{_lines(scenario, expected.queryset)}, fix {expected.fix!r}, left {expected.left}"
    )
    return (
        f"missed: {wanted}" if finding is None else f"wanted: {wanted}\n   got: {_shown(finding)}"
    )


def _lines(scenario: Scenario, mark: str | None) -> str:
    return " or ".join(sorted(map(str, scenario.lines_of(mark))))


def _shown(finding: Finding) -> str:
    return (
        f"{finding.kind} {finding.relation} used at {finding.used_at}, queryset "
        f"{finding.queryset_at}, fix {finding.fix!r}, left {finding.expected_count}"
    )
