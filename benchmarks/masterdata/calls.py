"""Single calls from memory beside what they spare, timed by pyperf in processes of its own.

``python -m benchmarks.masterdata.calls`` is pyperf's own command, with its own options. It suits
calls that stand by themselves and differ by factors of ten: one runs after the other, so that a
slow minute may fall on one of them alone.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pyperf

from benchmarks.figures import Spread, spread
from benchmarks.goals import Goal
from benchmarks.table import table

Figures = dict[str, list[float]]  # by call, microseconds of each value

# A call, what it spares, and how many times as fast it is to be.
PAIRS: Final = (
    ("cached.get(pk=(a, b))", "objects.get(pk=(a, b))", 60),
    ('cached.get(pk="a,b")', 'objects.get(pk="a,b")', 60),
    ("cached.get(country=a, item=b)", "objects.get(country=a, item=b)", 60),
    ("cached(query)", "query", 60),
)


def measured(*, is_quick: bool) -> Figures:
    """Return the microseconds of each call, as pyperf's workers measured them."""
    with tempfile.TemporaryDirectory(prefix="queryaudit-calls-") as folder:
        file = Path(folder) / "calls.json"
        effort = ("--processes", "2", "--values", "3") if is_quick else ("--processes", "8")
        command = [sys.executable, "-m", "benchmarks.masterdata.calls", "--quiet"]
        subprocess.run(
            [*command, *effort, "--min-time", "0.05", "--output", str(file)],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        suite = pyperf.BenchmarkSuite.load(str(file))
    return {
        each.get_name(): [seconds * 1e6 for seconds in each.get_values()]
        for each in suite.get_benchmarks()
    }


def told(figures: Figures) -> str:
    """Return the calls as a table."""
    lines = []
    for ours, theirs, _ in PAIRS:
        ratio = _ratio(figures, ours, theirs)
        fast, slow = (spread(figures[name]).middle for name in (ours, theirs))
        quartiles = f"{ratio.low:.0f}-{ratio.high:.0f}"
        lines.append([ours, f"{fast:.2f}", f"{slow:.1f}", f"{ratio.middle:.0f}", quartiles])
    heads = ("call, SQLite", "us", "asked, us", "times as fast", "quartiles")
    return f"Single calls by pyperf {pyperf.__version__}.\n{table(heads, lines)}"


def goals(figures: Figures) -> Iterator[Goal]:
    """Yield the goals: the part of what they spare, in percent."""
    for ours, theirs, times in PAIRS:
        share = 100 / _ratio(figures, ours, theirs).middle
        yield Goal(f"{ours}, % of {theirs}", 100 / times, share)


def _ratio(figures: Figures, ours: str, theirs: str) -> Spread:
    return spread([slow / fast for slow in figures[theirs] for fast in figures[ours]])


def _calls() -> dict[str, Callable[[], object]]:
    from benchmarks.masterdata.models import Price, fill_prices  # noqa: PLC0415  # it sets Django up
    from queryaudit import masterdata  # noqa: PLC0415

    fill_prices()
    query: Any = Price.rows.price_by_country
    kept: Any = masterdata.cached(query)
    cached, objects = Price.cached, Price.objects
    return {
        "cached.get(pk=(a, b))": lambda: cached.get(pk=("DE", 70)),
        "objects.get(pk=(a, b))": lambda: objects.get(pk=("DE", 70)),
        'cached.get(pk="a,b")': lambda: cached.get(pk="DE,70"),
        'objects.get(pk="a,b")': lambda: objects.get(pk="DE,70"),
        "cached.get(country=a, item=b)": lambda: cached.get(country="DE", item=70),
        "objects.get(country=a, item=b)": lambda: objects.get(country="DE", item=70),
        "cached(query)": kept,
        "query": query,
    }


def main() -> None:
    """Run as pyperf does: this process starts workers, each of which times one call."""
    runner = pyperf.Runner(program_args=("-m", "benchmarks.masterdata.calls"))
    found = _calls()
    for name, call in found.items():
        runner.bench_func(name, call)


if __name__ == "__main__":
    main()
