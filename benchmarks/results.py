"""Everything one run has measured, and the machine it ran on."""

import os
import platform
import sqlite3
from dataclasses import asdict, dataclass, field
from typing import Any

import django

import queryaudit
from benchmarks.figures import Spread, slope, spread
from benchmarks.judging import Judging
from benchmarks.owntime import DISJOINT, OwnTime
from benchmarks.pages import SLOPE, Page
from benchmarks.turns import Measured
from benchmarks.variants import AUDITED, BARE, CONTROL, VARIANTS


@dataclass(frozen=True)
class Machine:
    """What the figures depend on."""

    python: str = field(default_factory=platform.python_version)
    django: str = field(default_factory=django.get_version)
    sqlite: str = sqlite3.sqlite_version
    queryaudit: str = queryaudit.__version__
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)


@dataclass
class Results:
    """The figures of one run."""

    machine: Machine
    pages: list[Measured]
    own_times: list[OwnTime]
    judging: list[Judging]

    def page(self, page: Page) -> Measured | None:
        """Return what was measured of ``page``, None where the run left it out."""
        return next((measured for measured in self.pages if measured.page == page), None)

    def own_time(self, page: Page, part: str) -> OwnTime:
        """Return the time of one part on ``page``."""
        return next(own for own in self.own_times if (own.page, own.part) == (page.name, part))

    def all_own_time(self, page: Page) -> float:
        """Return the microseconds a query of all parts together."""
        return sum(self.own_time(page, part).a_query for part in DISJOINT)

    def slope(self, variant: str = AUDITED, to: tuple[str, ...] = (BARE, CONTROL)) -> Spread:
        """Return the microseconds that each further query costs more, over the rounds."""
        measured = [each for each in map(self.page, SLOPE) if each is not None]
        added = [each.added(variant, to) for each in measured]
        return spread(
            [
                slope(
                    [(each.page.queries, us) for each, us in zip(measured, of_round, strict=True)]
                )
                for of_round in zip(*added, strict=True)
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the raw figures as JSON types: times in microseconds, turn by turn."""
        return {
            "versions": asdict(self.machine),
            "pages": [_page_to_dict(measured) for measured in self.pages],
            "slope_us": asdict(self.slope()),
            "own_times_us": [asdict(own) for own in self.own_times],
            "judging": [asdict(judging) for judging in self.judging],
        }


def _page_to_dict(measured: Measured) -> dict[str, Any]:
    return {
        **asdict(measured.page),
        "counted": measured.counted,
        "noise": asdict(measured.noise),
        "cpu_ratios": {variant: asdict(spread(measured.ratios(variant))) for variant in VARIANTS},
        "turns": [asdict(turn) for turn in measured.turns],
    }
