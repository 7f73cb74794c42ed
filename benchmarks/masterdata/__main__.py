"""Measure master data: ``make bench-masterdata``, or with ``ARGS="--quick --json FILE"``.

Each read is timed in every way in turn, there and back; a figure is the median over the rounds of
its ratio to a dict in the same round. cachalot and cacheops patch Django, so each of them has a
process of its own, with a dict of its own to be compared with. Single calls are timed by pyperf
(``benchmarks.masterdata.calls``). It is a measurement and no test: the exit code is 0 whatever the
figures are.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.figures import spread
from benchmarks.goals import Goal
from benchmarks.masterdata import calls
from benchmarks.masterdata.measuring import measure
from benchmarks.masterdata.memory import memory
from benchmarks.masterdata.models import RIVAL, databases, fill
from benchmarks.masterdata.peers import (
    COPIES,
    DICT,
    LOCMEM,
    ORM,
    OURS,
    READS,
    SHARED,
    asked,
    dicts,
    held,
    locmem,
    shared,
)
from benchmarks.table import table


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the raw figures where they are asked for."""
    if RIVAL:
        fill("default")
        ways = {DICT: dicts(copies=False), RIVAL: asked("default")}
        print(json.dumps(measure(ways, int(os.environ["BENCHMARK_ROUNDS"]))[RIVAL]))
        return
    parser = argparse.ArgumentParser(prog="masterdata", description="Measure master data.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and less memory")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    options = parser.parse_args(arguments)
    rounds = 3 if options.quick else 7
    with databases() as aliases:
        ways = {
            DICT: dicts(copies=False), COPIES: dicts(copies=True), SHARED: shared(),
            **{f"{OURS}, {ORM[alias][5:]}": held(alias) for alias in aliases},
            LOCMEM: locmem(),
            **{ORM[alias]: asked(alias) for alias in aliases},
        }  # fmt: skip
        found = measure(ways, rounds)
    found |= {name: cells for name in ("cachalot", "cacheops") if (cells := _rival(name, rounds))}
    called = calls.measured(is_quick=options.quick)
    grown = memory(30_000 if options.quick else 100_000)
    _print(found, called, grown)
    if options.json is not None:
        figures = {"ways": found, "calls": called, "bytes": grown}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _rival(name: str, rounds: int) -> dict[str, Any]:
    environment = {**os.environ, "BENCHMARK_RIVAL": name, "BENCHMARK_ROUNDS": str(rounds)}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.masterdata"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"{name} is left out: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return {}
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _print(
    found: dict[str, dict[str, Any]], called: calls.Figures, grown: tuple[float, float]
) -> None:
    print("Times a dict of shared instances; medians of the rounds. In brackets: microseconds.")
    cells = ([way, *(_cell(reads, read) for read in READS)] for way, reads in found.items())
    print(table(("way", *READS), cells))
    print("\nQuartiles of the same ratios.")
    cells = ([way, *(_quartiles(reads, read) for read in READS)] for way, reads in found.items())
    print(table(("way", *READS), cells))
    print("\n" + calls.told(called))
    print(f"\nBytes a row: held {grown[0]:.0f}, instances with an index {grown[1]:.0f}")
    every = [*_goals(found, grown), *calls.goals(called)]
    goals = ([g.what, f"{g.limit:.3g}", f"{g.figure:.2f}", g.verdict] for g in every)
    print("\n" + table(("goal", "at most", "measured", "reached"), goals))


def _cell(reads: dict[str, Any], read: str) -> str:
    if read not in reads:
        return ""
    ratio, us = (spread(reads[read][key]).middle for key in ("ratio", "us"))
    return f"{ratio:.1f} ({us:.2f})"


def _quartiles(reads: dict[str, Any], read: str) -> str:
    if read not in reads:
        return ""
    ratio = spread(reads[read]["ratio"])
    return f"{ratio.low:.1f}-{ratio.high:.1f}"


def _goals(found: dict[str, dict[str, Any]], grown: tuple[float, float]) -> Iterator[Goal]:
    """Yield the goals: times a dict, and the part of the ORM's time in percent."""

    def of(way: str, read: str) -> float:
        return spread(found[way][read]["ratio"]).middle

    for alias, least in (("default", 100), ("postgres", 170)):
        ours, orm = f"{OURS}, {ORM[alias][5:]}", ORM[alias]
        if ours not in found:
            continue
        for read in ("get pk", "get code"):
            yield Goal(f"{ours}: {read}, times a dict", 30, of(ours, read))
            share = 100 * of(ours, read) / of(orm, read)
            yield Goal(f"{ours}: {read}, % of the ORM", 100 / least, share)
        for read, times in (("FK of 100", 60), ("all 1,000", 10), ("50 of 10,000", 10)):
            yield Goal(
                f"{ours}: {read}, % of the ORM", 100 / times, 100 * of(ours, read) / of(orm, read)
            )
        yield Goal(
            f"{ours}: all 1,000, times a dict with copies",
            1.5,
            of(ours, "all 1,000") / of(COPIES, "all 1,000"),
        )
    yield Goal(f"{SHARED}: all 1,000, times a dict", 2, of(SHARED, "all 1,000"))
    yield Goal("bytes a row, times instances with an index", 1.2, grown[0] / grown[1])


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
