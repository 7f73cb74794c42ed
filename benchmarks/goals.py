"""What auditing may cost, beside what it was measured to cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks import owntime, pages
from benchmarks.figures import spread
from benchmarks.results import Results
from benchmarks.variants import AUDITED, BARE, CONTROL, IDLE, WRAPPER

MOST_SLOPE_NOISE: Final = 1.0  # microseconds a query, of bare against itself


@dataclass(frozen=True)
class Goal:
    """One goal: at most ``limit``. ``unit`` follows the figures."""

    what: str
    limit: float
    figure: float
    unit: str = ""
    is_quiet: bool = True

    @property
    def verdict(self) -> str:
        """``"yes"``, ``"no"``, or ``"noisy"`` where the run cannot tell."""
        if not self.is_quiet:
            return "noisy"
        return "yes" if self.figure <= self.limit else "no"


def goals(results: Results) -> list[Goal]:
    """Return the goals that this run can speak about."""
    return [*_of_pages(results), *_of_queries(results), *_of_judging(results)]


# Page, variant, what it is compared with, the goal.
RATIOS: Final = (
    (pages.TEMPLATE, AUDITED, (BARE, CONTROL), 1.05),
    (pages.PYTHON, AUDITED, (BARE, CONTROL), 1.05),
    (pages.TRACKS_201, AUDITED, (BARE, CONTROL), 1.05),
    (pages.TRACKS_2001, AUDITED, (BARE, CONTROL), 1.05),
    (pages.ASYNC, AUDITED, (BARE, CONTROL), 1.05),
    (pages.THREE, AUDITED, (BARE, CONTROL), 1.10),
    (pages.TEMPLATE, AUDITED, (WRAPPER,), 1.04),
    (pages.PYTHON, AUDITED, (WRAPPER,), 1.04),
    (pages.TRACKS_201, AUDITED, (WRAPPER,), 1.04),
    (pages.TRACKS_201, IDLE, (BARE, CONTROL), 1.02),
)
_MOST_ADDED: Final = 15.0  # microseconds, to a page without a query


def _of_pages(results: Results) -> Iterator[Goal]:
    for page, variant, to, limit in RATIOS:
        measured = results.page(page)
        if measured is not None:
            ratio = spread(measured.ratios(variant, to)).middle
            what = f"{page.name}: {variant} to {to[0]}, CPU"
            yield Goal(what, limit, ratio, is_quiet=measured.is_quiet)
    zero = results.page(pages.ZERO)
    if zero is not None:
        added = spread(zero.added(AUDITED)).middle
        yield Goal("no query: added by the middleware", _MOST_ADDED, added, "us", zero.is_quiet)


def _of_queries(results: Results) -> Iterator[Goal]:
    for page, limit, asked_from in (
        (pages.PYTHON, 2.5, "Python"),
        (pages.TEMPLATE, 3.0, "template"),
    ):
        own = results.own_time(page, owntime.RECORDING)
        yield Goal(f"recording a query asked from {asked_from}", limit, own.a_query, "us")
    for page in (pages.PYTHON, pages.TEMPLATE):
        yield Goal(f"all of a query, clocked, {page.name}", 7.0, results.all_own_time(page), "us")
    noise = abs(results.slope(CONTROL, (BARE,)).middle)
    figure = results.slope().middle
    yield Goal(
        "all of a query, as pages grow", 7.0, figure, "us", is_quiet=noise <= MOST_SLOPE_NOISE
    )


def _of_judging(results: Results) -> Iterator[Goal]:
    for judging in results.judging:
        ms = judging.findings_ms + judging.record_ms
        limit = 5.0 if judging.queries < 1_000 else 50.0
        yield Goal(f"judging {judging.queries:,} queries", limit, ms, "ms")
        if judging.queries < 1_000:
            kept = judging.stored_bytes / 1000
            yield Goal(f"kept of {judging.queries:,} queries", 4.0, kept, "kB")
