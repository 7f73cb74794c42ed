"""What one run of a test suite came to, test by test, and how two runs differ."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

OK: Final = "ok"
FAILURE: Final = "failure"
ERROR: Final = "error"
SKIPPED: Final = "skipped"
EXPECTED_FAILURE: Final = "expected failure"
UNEXPECTED_SUCCESS: Final = "unexpected success"
MISSING: Final = "missing"  # in one of two runs


@dataclass(frozen=True, slots=True)
class Result:
    """One test: its outcome and, with ``detail``, why.

    ``queries`` and ``findings`` are what its audit held, ``told`` what the auditor
    could not do: an error of its own is an error, however the test ended.
    """

    test: str
    outcome: str
    detail: str = ""
    queries: int = 0
    findings: int = 0
    told: tuple[str, ...] = ()

    def line(self) -> str:
        """Return the test as one line of a results file."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(frozen=True, slots=True)
class Difference:
    """A test that ended otherwise when it was audited."""

    test: str
    bare: str
    audited: str
    detail: str


def read(file: Path) -> list[Result]:
    """Return the results that a run has written; none where it wrote nothing."""
    if not file.exists():
        return []
    return [_result(line) for line in file.read_text().splitlines()]


def differences(bare: Iterable[Result], audited: Iterable[Result]) -> list[Difference]:
    """Return each test that has another outcome in the other run, or no outcome."""
    before, after = dict(_numbered(bare)), dict(_numbered(audited))
    return [
        Difference(name, old.outcome, new.outcome, new.detail or old.detail)
        for name in [*before, *(name for name in after if name not in before)]
        for old, new in [(before.get(name, _MISSING), after.get(name, _MISSING))]
        if old.outcome != new.outcome
    ]


_MISSING: Final = Result("", MISSING)


def _result(line: str) -> Result:
    values = json.loads(line)
    return Result(**{**values, "told": tuple(values["told"])})


def _numbered(results: Iterable[Result]) -> Iterator[tuple[str, Result]]:
    """Yield each result under its name: a test that is imported twice runs twice."""
    seen: Counter[str] = Counter()
    for result in results:
        seen[result.test] += 1
        number = seen[result.test]
        yield result.test if number == 1 else f"{result.test} ({number})", result
