"""Say in lines what two runs came to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.django_suite.results import MISSING, Difference, Result, differences

NO_TEST = "unittest.loader."  # what unittest makes of a name that it cannot import
FIRST, LAST = 12, 4  # lines of a traceback that are shown
NAMED = 3  # tests that the auditor failed in, of each of its errors


def report(
    bare: Sequence[Result],
    audited: Sequence[Result],
    known: Mapping[str, str],
    least_queries: int,
) -> tuple[list[str], bool]:
    """Return the lines, and whether the audited run is as good as the bare one.

    ``known`` has the reason of each test that must differ; one that does not is told.
    Fewer than ``least_queries`` audited show that nothing was.
    """
    found = differences(bare, audited)
    new = [one for one in found if one.test not in known]
    stale = known.keys() & {result.test for result in audited} - {one.test for one in found}
    told = _by_message(audited)
    queries = sum(result.queries for result in audited)
    findings = sum(result.findings for result in audited)
    problems = [
        *(f"{name} no longer differs; take it out of KNOWN" for name in sorted(stale)),
        *(f"{one.test}, which could not be loaded" for one in bare if one.test.startswith(NO_TEST)),
        *([] if bare else ["no test ran"]),
        *([] if queries >= least_queries else [f"fewer than {least_queries:,} queries audited"]),
    ]
    lines = [
        f"bare     {_counts(bare)}",
        f"audited  {_counts(audited)}",
        f"         {queries:,} queries, {_number(findings, 'finding')}",
        *(line for one in new for line in _shown(one)),
        *(line for message, tests in told.items() for line in _error(message, tests)),
        *(f"known: {one.test}, {known[one.test]}" for one in found if one.test in known),
        *problems,
        f"{_number(len(new), 'difference')}, {_number(len(told), 'error')} of the auditor",
    ]
    return lines, not (new or told or problems)


def _counts(results: Sequence[Result]) -> str:
    outcomes = Counter(result.outcome for result in results)
    parts = ", ".join(f"{number:,} {outcome}" for outcome, number in outcomes.most_common())
    return f"{_number(len(results), 'test')}: {parts or 'none'}"


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _shown(one: Difference) -> Iterator[str]:
    yield f"{one.test}: {one.bare}, audited {one.audited}"
    if one.audited != MISSING:
        yield from _indented(one.detail)


def _error(message: str, tests: list[str]) -> Iterator[str]:
    more = f" and {len(tests) - NAMED:,} more" if len(tests) > NAMED else ""
    yield f"the auditor's error in {', '.join(tests[:NAMED])}{more}:"
    yield from _indented(message)


def _indented(text: str) -> Iterator[str]:
    """Yield the first lines of a text and the last, which say what a traceback is of."""
    lines = text.rstrip().splitlines()
    if len(lines) > FIRST + LAST:
        lines = [*lines[:FIRST], "...", *lines[-LAST:]]
    for line in lines:
        yield f"    {line}".rstrip()


def _by_message(results: Iterable[Result]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for result in results:
        for message in result.told:
            found[message].append(result.test)
    return found
