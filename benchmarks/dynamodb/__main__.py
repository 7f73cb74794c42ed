"""Measure reads of DynamoDB: ``make bench-dynamodb``, or with ``ARGS="--quick --json FILE"``.

Each way reads the same items of the same server in turns. The floor is the answer's bytes by
``http.client``, with a request that was signed before; every figure is of wall time, the best of
the rounds, since another process's work only adds to it. The client's own CPU time stands beside.
It is a measurement and no test: the exit code is 0 whatever the figures are.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.dynamodb.held import Figures
from benchmarks.dynamodb.site import ITEMS, site
from benchmarks.dynamodb.timing import measure
from benchmarks.dynamodb.ways import KEYS, key_ways, page_ways
from benchmarks.site import DEMO_SITE


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables and write the raw figures where they are asked for."""
    parser = argparse.ArgumentParser(prog="dynamodb", description="Measure reads of DynamoDB.")
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(DEMO_SITE))
    from config import dynamodb_local  # noqa: PLC0415  # of the demo

    rounds = 3 if options.quick else 25
    with dynamodb_local.serving() as address, site(address):
        from benchmarks.dynamodb.auditing import measure_audit  # noqa: PLC0415  # Django is set up
        from benchmarks.dynamodb.held import measure_held  # noqa: PLC0415

        pages = measure(page_ways(address), rounds)
        keys = measure(key_ways(address), max(2, rounds // 3))
        held = measure_held(max(3, rounds // 3))
        audit = measure_audit(200 if options.quick else 400, rounds)
    _print(pages, keys, held, audit)
    if options.json is not None:
        found = {"page": pages, "keys": keys, "held": held, "audit_us": audit}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _print(
    pages: dict[str, dict[str, float]],
    keys: dict[str, dict[str, float]],
    held: Figures,
    audit: dict[str, float],
) -> None:
    from benchmarks.dynamodb.held import goals, told  # noqa: PLC0415
    from benchmarks.goals import Goal  # noqa: PLC0415
    from benchmarks.table import table  # noqa: PLC0415

    floor = pages["bytes only (floor)"]["wall"]
    print(f"{ITEMS:,} items of eight attributes, one page; best of the rounds.")
    rows = (
        [name, f"{found['wall']:.1f}", f"{found['wall'] / floor:.2f}", f"{found['cpu']:.1f}"]
        for name, found in pages.items()
    )
    print(table(("way", "wall ms", "to floor", "CPU ms"), rows))
    batch = keys["ours, in_bulk"]["wall"]
    print(f"\n{KEYS} items by key; best of the rounds.")
    rows = (
        [name, f"{found['wall']:.1f}", f"{found['wall'] / batch:.1f}"]
        for name, found in keys.items()
    )
    print(table(("way", "wall ms", "to in_bulk"), rows))
    print(f"\nFrom memory; medians of the rounds.\n{told(held)}")
    every = [
        Goal("instances to the floor", 2.0, pages["ours, instances"]["wall"] / floor),
        Goal("values_list to the floor", 2.0, pages["ours, values_list()"]["wall"] / floor),
        Goal("one batch to our 100 gets", 1 / 14, batch / keys["ours, 100 gets"]["wall"]),
        *goals(held),
        *(Goal(f"the audit's own us a call, {k}", 7.0, figure) for k, figure in audit.items()),
    ]
    print()
    lines = ([g.what, f"{g.limit:.3g}", f"{g.figure:.3f}", g.verdict] for g in every)
    print(table(("goal", "at most", "measured", "reached"), lines))


if __name__ == "__main__":
    main()
