"""All benchmarks by one command: ``python -m benchmarks run``, ``compare`` and ``page``.

Exit codes: 0, also where goals are missed, since figures of one machine judge no code; 1 where
``compare`` finds growth over a limit or a bench failed; 2 for wrong use.
"""

import argparse
import sys
from pathlib import Path

from benchmarks import compare, everything, writing


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked for; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "run":
            return everything.run(options.output, options.bench, is_quick=not options.full)
        if options.command == "page":
            writing.write(options.bench, options.load, options.output, options.matrix)
            return 0
        old, new = map(compare.read, (options.old, options.new))
        limits = {
            kind: limit
            for kind in compare.LIMITS
            if (limit := getattr(options, kind, None)) is not None
        }
        changes = compare.compare(old, new, limits)
    except (compare.CompareError, everything.BenchError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    print(compare.render(changes))
    return 1 if any(change.is_over for change in changes) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Run benchmarks.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="all benches, one after the other")
    run.add_argument("--full", action="store_true", help="every round (20 minutes)")
    run.add_argument(
        "--bench", action="append", choices=list(everything.BENCHES), help="only this; several"
    )
    run.add_argument("--output", type=Path, default=Path("bench-results.json"), metavar="FILE")
    page = commands.add_parser("page", help="write docs/benchmarks.md from results")
    page.add_argument("--bench", type=Path, action="append", default=[], metavar="FILE")
    page.add_argument("--load", type=Path, action="append", default=[], metavar="FILE")
    page.add_argument("--matrix", type=Path, metavar="FILE", help="of make load-full")
    page.add_argument("--output", type=Path, default=writing.PAGE, metavar="FILE")
    two = commands.add_parser("compare", help="two results: exit with 1 over a limit")
    two.add_argument("old", type=Path, metavar="OLD")
    two.add_argument("new", type=Path, metavar="NEW")
    for kind, limit in compare.LIMITS.items():
        two.add_argument(
            f"--{kind}", type=_limit, metavar="RATIO", help=f"most of new to old ({limit:g})"
        )
    return parser


def _limit(text: str) -> float:
    try:
        limit = float(text)
    except ValueError:
        limit = 0.0
    if not 0 < limit < 1_000:
        msg = f"{text!r} is not a ratio above 0, as 1.25"
        raise argparse.ArgumentTypeError(msg)
    return limit


if __name__ == "__main__":
    sys.exit(main())
