"""How the cost grows with the work: ``make bench-growth``, or ``ARGS="--quick --json FILE"``.

Each line is one kind of work at sizes that rise by a decade or so: the processor time of this
thread, the best of several. The exponent is the slope of its logarithms, time over size, by
least squares: 1 is linear, 2 quadratic, 0 does not grow. Sizes that take less than half a
millisecond are measured and told, but what they take is the constant part, so they count for no
slope. The largest slope between two neighbours stands beside it: what grows faster at the end
than on the whole shows there. It is a measurement and no test: the exit code is 0 whatever the
figures are.
"""

import argparse
import gc
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, pairwise
from math import log
from pathlib import Path
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Any, Final

from benchmarks.charts import MARK, Chart, Line, sheet
from benchmarks.site import seeded_shop

if TYPE_CHECKING:
    from benchmarks.works import Work

GOAL: Final = 1.1
SHORTEST: Final = 0.0005  # seconds: below, the constant part and the clock are most of it
LONG: Final = 4.0  # seconds of preparing and of work, after which no further turn begins
TURNS: Final = 5
_TONES: Final = ("slow", "tool", "fast", "more", "bare")


@dataclass(frozen=True)
class Growth:
    """Seconds by size of one kind of work, rising; ``what`` is counted by ``unit``."""

    what: str
    unit: str
    seconds: tuple[tuple[int, float], ...]

    @property
    def counted(self) -> tuple[tuple[int, float], ...]:
        """The sizes that slopes are told of: from the first that takes long enough."""
        return tuple(point for point in self.seconds if point[1] >= SHORTEST)

    @property
    def exponent(self) -> float | None:
        """The slope on a log-log plot; None where no two sizes take long enough."""
        return _slope(self.counted)

    @property
    def largest(self) -> float | None:
        """The largest slope between neighbours."""
        points = self.counted
        pairs = pairwise(points)
        slopes = [slope for pair in pairs if (slope := _slope(pair)) is not None]
        return max(slopes, default=None)


def _slope(points: Sequence[tuple[int, float]]) -> float | None:
    if len(points) < 2:
        return None
    logs = [(log(size), log(seconds)) for size, seconds in points]
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in logs)
    return rise / sum((x - mean_x) ** 2 for x, _ in logs)


def measure(work: "Work", *, is_quick: bool, tell: Callable[[str], None]) -> Growth:
    """Do ``work`` at each of its sizes."""
    seconds = []
    for size in work.quick_sizes if is_quick else work.sizes:
        tell(f"{work.what}: {size:,} {work.unit}")
        seconds.append((size, _best(work, size)))
    return Growth(work.what, work.unit, tuple(seconds))


def _best(work: "Work", size: int) -> float:
    taken: list[float] = []
    begun = monotonic()
    while not taken or (len(taken) < TURNS and monotonic() - begun < LONG):
        with work.prepare(size) as run:
            gc.collect()
            begin = thread_time()
            run()
            taken.append(thread_time() - begin)
    return min(taken)


def render(growths: Sequence[Growth]) -> str:
    """Return the table of exponents, and those of the times and of the goals below it."""
    from benchmarks.goals import Goal  # noqa: PLC0415  # Django is set up
    from benchmarks.table import render_goals, table  # noqa: PLC0415

    heads = ("work", "from", "to", "unit", "exponent", "largest")
    rows = [
        [
            growth.what,
            f"{growth.seconds[0][0]:,}",
            f"{growth.seconds[-1][0]:,}",
            growth.unit,
            _figure(growth.exponent),
            _figure(growth.largest),
        ]
        for growth in growths
    ]
    times = [
        [growth.what, ", ".join(f"{size:,}: {_time(taken)}" for size, taken in growth.seconds)]
        for growth in growths
    ]
    return (
        f"Exponents of the processor time; sizes under {SHORTEST * 1e3:g} ms count for none.\n"
        f"{table(heads, rows)}\n\n{table(('work', 'time by size'), times)}\n\n"
        # What never takes long has no exponent, and neither reaches nor misses a goal.
        + render_goals(
            Goal(f"{growth.what}: exponent", GOAL, growth.exponent)
            for growth in growths
            if growth.exponent is not None
        )
    )


def draw(growths: Sequence[Growth]) -> str:
    """Return a file of SVG: for each unit seconds over size, on logarithmic axes.

    A dashed line rises as the longest work would, were it linear.
    """
    charts = []
    for unit in dict.fromkeys(growth.unit for growth in growths):
        works = [growth for growth in growths if growth.unit == unit]
        longest = max(works, key=lambda growth: growth.seconds[-1][1]).seconds
        size, seconds = longest[-1]
        shortest = min(taken for growth in works for _, taken in growth.seconds)
        linear = [(each, seconds * each / size) for each, _ in longest]
        linear = [point for point in linear if point[1] >= shortest]
        drawn = [Line("if linear", MARK, linear)] if len(linear) > 1 else []
        tones = cycle(_TONES)
        drawn += [Line(growth.what, next(tones), growth.seconds) for growth in works]
        charts.append(Chart(f"Cost as the {unit} grow", drawn, unit, "seconds"))
    return sheet("How the cost grows with the work", charts)


def _figure(slope: float | None) -> str:
    return "none" if slope is None else f"{slope:.2f}"


def _time(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables and write the raw figures where they are asked for."""
    parser = argparse.ArgumentParser(prog="growth", description="Measure how the cost grows.")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, some ten seconds")
    parser.add_argument("--only", default="", metavar="WORD", help="works whose name has it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    options = parser.parse_args(arguments)
    if options.json is not None and not options.json.parent.is_dir():
        parser.error(f"--json: {str(options.json)!r} is not a file in a folder that exists")
    with seeded_shop():
        from benchmarks.works import works  # noqa: PLC0415  # it imports models

        chosen = [work for work in works() if options.only in work.what]
        if not chosen:
            names = ", ".join(work.what for work in works())
            parser.error(f"--only: no work has {options.only!r} in its name; there are {names}")
        growths = [measure(work, is_quick=options.quick, tell=_tell) for work in chosen]
    _tell("")
    print(render(growths))
    if options.json is not None:
        text = json.dumps([_to_dict(growth) for growth in growths], indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


def _to_dict(growth: Growth) -> dict[str, Any]:
    return {**asdict(growth), "exponent": growth.exponent, "largest": growth.largest}


def from_dict(told: dict[str, Any]) -> Growth:
    """Return what was written by ``--json``.

    Raises KeyError, TypeError or ValueError where parts are missing or cannot be drawn.
    """
    points = [(int(size), float(seconds)) for size, seconds in told["seconds"]]
    if not points or min(map(min, points)) <= 0:
        msg = f"{told['what']}: sizes and seconds are above 0"
        raise ValueError(msg)
    return Growth(told["what"], told["unit"], tuple(points))


def _tell(doing: str) -> None:
    """Show on a terminal what is being done, each line over the last."""
    if sys.stderr.isatty():
        print(f"\r{doing:<60}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
