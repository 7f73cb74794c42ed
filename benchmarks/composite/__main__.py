"""Measure keys of several columns: ``make bench-composite``, or with ``ARGS="--quick mariadb"``.

Each operation runs on three tables of the same rows, in turns, in one process; times are medians in
ms, ratios those of ours turn by turn, with their quartiles. It is a measurement and no test: the
exit code is 0 whatever the figures are.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django
from django.db import OperationalError, connections

from benchmarks.composite.models import fill  # sets Django up
from benchmarks.composite.operations import FULL, QUICK, Compared, Effort, operations
from benchmarks.goals import Goal
from benchmarks.table import table

ALIASES = ("default", "postgres", "mariadb")
NAMES = {"default": "SQLite", "postgres": "PostgreSQL", "mariadb": "MariaDB"}


def main(arguments: list[str] | None = None) -> None:
    """Measure each database that is asked for, the first two where none is."""
    parser = argparse.ArgumentParser(prog="composite", description="Measure composite keys.")
    parser.add_argument("--quick", action="store_true", help="fewer rows and turns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    parser.add_argument("aliases", nargs="*", metavar="ALIAS", help=f"of {', '.join(ALIASES)}")
    options = parser.parse_args(arguments)
    if unknown := set(options.aliases) - set(ALIASES):
        parser.error(f"no database {', '.join(sorted(unknown))}; allowed: {', '.join(ALIASES)}")
    effort = QUICK if options.quick else FULL
    found: dict[str, list[Compared]] = {}
    for alias in options.aliases or ALIASES[:2]:
        original = connections[alias].settings_dict["NAME"]
        try:
            fill(alias, effort.rows)
        except OperationalError as error:
            print(f"{NAMES[alias]} is left out: {error}", file=sys.stderr)
            continue
        try:
            found[alias] = _measure(alias, effort)
        finally:
            connections[alias].creation.destroy_test_db(original, verbosity=0)
    _print(found, effort)
    if options.json is not None:
        told = {alias: [_told(each) for each in of] for alias, of in found.items()}
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _measure(alias: str, effort: Effort) -> list[Compared]:
    from benchmarks.composite.bystanders import bystanders  # noqa: PLC0415  # it patches forms

    return [*operations(alias, effort), *bystanders(alias, effort.turns)]


def _told(each: Compared) -> dict[str, Any]:
    return {**each._asdict(), "ratio": asdict(each.ratio)}


def _print(found: dict[str, list[Compared]], effort: Effort) -> None:
    print(f"Django {django.get_version()}, {effort.rows:,} rows, {effort.turns} turns, median ms.")
    rows = []
    goals = []
    for alias, all_compared in found.items():
        for each in all_compared:
            times = (each.times.get(way) for way in ("plain", "native", "ours"))
            rows.append(
                [
                    f"{NAMES[alias]}: {each.what}",
                    *("" if ms is None else f"{ms:.1f}" for ms in times),
                    f"{each.ratio.middle:.3f}",
                    f"{each.ratio.low:.3f}-{each.ratio.high:.3f}",
                    each.against,
                ]
            )
            # Where the quartiles lie on both sides of the limit, the run cannot tell.
            is_quiet = not each.ratio.low < each.limit < each.ratio.high
            what = f"{NAMES[alias]}: {each.what}"
            goals.append(Goal(what, each.limit, each.ratio.middle, is_quiet=is_quiet))
    print(table(("operation", "plain", "native", "ours", "ratio", "quartiles", "to"), rows))
    lines = ([g.what, f"{g.limit:.4g}", f"{g.figure:.4f}", g.verdict] for g in goals)
    print("\n" + table(("goal", "at most", "measured", "reached"), lines))


if __name__ == "__main__":
    main()
