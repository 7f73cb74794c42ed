"""Measure raw SQL as named rows: ``make bench-rawsql``, or with ``ARGS="--quick --json FILE"``.

Each way reads the same rows on the same connection in turns, there and back, in one process;
its CPU time is divided by that of Django's own ``cursor.fetchall()`` in the same round. The
limit is measured twice a round: what it differs from itself is the noise of the machine.
It is a measurement and no test: the exit code is 0 whatever the figures are.
"""

import argparse
import gc
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import thread_time_ns
from typing import Any, Final

from benchmarks.figures import Spread, spread
from benchmarks.goals import Goal
from benchmarks.rows.databases import databases

SIZES: Final = (1, 1_000, 100_000)
ROUNDS: Final = 3
STREAMED: Final = 300_000
MOST_NOISE: Final = 0.03
AGAIN: Final = "the limit again"
NAMES: Final = {"default": "SQLite", "postgres": "PostgreSQL"}

# Alias, rows: the ratio of rawsql.fetch, and with the pause.
_GOALS: Final = {
    ("default", 1): (1.30, None),
    ("default", 1_000): (1.20, 1.10),
    ("default", 100_000): (1.40, 1.10),
    ("postgres", 1): (1.30, None),
    ("postgres", 1_000): (1.40, 1.20),
    ("postgres", 100_000): (1.60, 1.15),
}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables and write the raw figures where they are asked for."""
    parser = argparse.ArgumentParser(prog="rawsql", description="Measure raw SQL as named rows.")
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    options = parser.parse_args(arguments)
    effort = 0.5 if options.quick else 1.0
    most = 2_000 if options.quick else STREAMED
    with databases(most) as aliases:
        results = {
            f"{alias} {size}": _measure(alias, size, effort)
            for alias in aliases
            for size in SIZES
            if size <= most
        }
        typed = {alias: _measure(alias, 1_000, effort, is_typed=True) for alias in aliases}
        grown = {
            f"{alias} {way}": _grown(way, alias, min(rows, most))
            for alias in aliases
            for way, rows in (("fetchall", 100_000), ("fetch", 100_000), ("iterator", STREAMED))
        }
    _print(results, typed, grown, has_memory=most == STREAMED)
    if options.json is not None:
        figures = {"ratios": results, "typed": typed, "grown_kb": grown}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _measure(alias: str, size: int, effort: float, *, is_typed: bool = False) -> dict[str, Any]:
    """Return the ratios of each way to the limit, round by round."""
    from benchmarks.rows.models import Plain, Typed  # noqa: PLC0415  # settings come first
    from benchmarks.rows.ways import LIMIT, ways  # noqa: PLC0415

    found = ways(alias, Typed if is_typed else Plain)
    if is_typed:
        found = {name: read for name, read in found.items() if name[0] not in "aSd"}
    limit = found[LIMIT]
    # As in a server that forks after loading: no way pays for what another one has imported.
    gc.collect()
    gc.freeze()
    calls = max(1, int(effort * min(400, 20_000 // size)))
    turns = [*found.items(), (AGAIN, limit)]
    ratios: dict[str, list[float]] = {name: [] for name, _ in turns}
    for _ in range(ROUNDS):
        times: dict[str, float] = dict.fromkeys(ratios, 0.0)
        for name, read in (*turns, *reversed(turns)):
            times[name] += _time(read, size, calls)
        base = (times[LIMIT] + times[AGAIN]) / 2
        for name, found_ratios in ratios.items():
            found_ratios.append(times[name] / base)
    return ratios


def _time(read: Any, size: int, calls: int) -> float:
    read(size)  # warm
    gc.collect()
    best = []
    for _ in range(3):
        begin = thread_time_ns()
        for _ in range(calls):
            read(size)
        best.append((thread_time_ns() - begin) / calls)
    return sorted(best)[1]


def _grown(way: str, alias: str, rows: int) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.rows.memory", way, alias, str(rows)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def _print(
    results: dict[str, Any], typed: dict[str, Any], grown: dict[str, int], *, has_memory: bool
) -> None:
    from benchmarks.table import table  # noqa: PLC0415

    print("CPU as a multiple of Django's cursor.fetchall(); medians of the rounds, quartiles.")
    columns = {
        **{f"{NAMES[k.split()[0]]} {int(k.split()[1]):,}": v for k, v in results.items()},
        **{f"{NAMES[alias]} typed": v for alias, v in typed.items()},
    }
    names = list(next(iter(results.values())))
    cells = ([name, *(_cell(ratios, name) for ratios in columns.values())] for name in names)
    print(table(("way", *columns), cells))
    print(
        "\nGrowth of a process, MB: " + ", ".join(f"{k} {v / 1024:.0f}" for k, v in grown.items())
    )
    goals = [*_goals(results, typed)]
    if has_memory:  # so few rows as --quick reads vanish in what a process has at hand
        goals += _memory_goals(grown, typed)
    lines = ([g.what, f"{g.limit:g}", f"{g.figure:.3f}", g.verdict] for g in goals)
    print("\n" + table(("goal", "at most", "measured", "reached"), lines))


def _cell(ratios: dict[str, list[float]], name: str) -> str:
    if name not in ratios:
        return ""
    found = spread(ratios[name])
    return f"{found.middle:.2f} ({found.low:.2f}-{found.high:.2f})"


def _goals(results: dict[str, Any], typed: dict[str, Any]) -> Iterator[Goal]:
    from benchmarks.rows.ways import FETCH, PAUSED  # noqa: PLC0415

    for (alias, size), limits in _GOALS.items():
        ratios = results.get(f"{alias} {size}")
        for way, limit in zip((FETCH, PAUSED), limits, strict=True):
            if ratios is not None and limit is not None:
                what = f"{NAMES[alias]}, {size:,} rows: {way}"
                yield Goal(what, limit, spread(ratios[way]).middle, is_quiet=_is_quiet(ratios))
    for alias, ratios in typed.items():
        what = f"{NAMES[alias]}, seven typed columns: {FETCH}"
        yield Goal(what, 5.5, spread(ratios[FETCH]).middle, is_quiet=_is_quiet(ratios))


def _memory_goals(grown: dict[str, int], aliases: Iterable[str]) -> Iterator[Goal]:
    for alias in aliases:
        memory = grown[f"{alias} fetch"] / max(1, grown[f"{alias} fetchall"])
        yield Goal(f"{NAMES[alias]}: peak memory to fetchall()", 1.10, memory)
    if "postgres iterator" in grown:
        yield Goal("PostgreSQL: streaming, MB", 10.0, grown["postgres iterator"] / 1024)


def _is_quiet(ratios: dict[str, list[float]]) -> bool:
    noise: Spread = spread(ratios[AGAIN])
    return abs(noise.middle - 1) <= MOST_NOISE


if __name__ == "__main__":
    main()
