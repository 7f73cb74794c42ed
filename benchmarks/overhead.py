"""Measure what auditing costs: ``make bench``, or ``make bench ARGS="--quick --json FILE"``.

The demo's record shop runs in this process on a database of its own, through Django's
WSGI and ASGI handlers, with DEBUG off, a visitor who may not see audits, and connections
kept open. Every page is asked for in turns: bare, with an empty execute wrapper, with the
hooks but no audit, with the middleware, and bare again, then in the opposite order.

Bare is without the auditor: its hooks are taken out for these turns. What the shop's master
data has in Django, which looks at every statement as well, stands in all variants alike. Each
change makes the interpreter forget what it had specialised, which no user pays. So requests
are dropped after each: a page settles within ten. What may stay, all variants share: the bare
page was 2 % (Python 3.11) and 2 to 5 % (3.13) slower after 310 changes than before the first,
on a machine that was not free; a run makes some 160. Two bares tell what the machine makes of
the same page, and a ratio counts only where they agree within 2 %.

What the auditor has to judge waits until a turn has ended, and is measured then: on a site its
writer looks for work each 50 ms. Judged after each request, it would leave the next one caches
full of rules: a page of three queries then cost 470 us more on a machine where it costs 170 us
more so (Python 3.11, one process each, in turns).

It is a measurement and no test: the exit code is 0 whatever the figures are.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from benchmarks.peers import SideBySide, compare, render
from benchmarks.site import seeded_shop

if TYPE_CHECKING:
    from benchmarks.results import Results


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"overhead: {message} (--help lists what is allowed)\n")


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables and write the raw figures where they are asked for."""
    parser = _Parser(prog="overhead", description="Measure what auditing costs.")
    parser.add_argument(
        "--quick", action="store_true", help="some seconds, to see that it runs; figures are rough"
    )
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=130.0,
        help="time for the rounds (130; the rest takes 20)",
    )
    parser.add_argument(
        "--peers", action="store_true", help="other tools side by side instead, a process each"
    )
    parser.add_argument(
        "--json", type=_new_file, metavar="FILE", help="write the raw figures there"
    )
    options = parser.parse_args(arguments)
    results: Results | SideBySide
    if options.peers:
        seconds = 0.0 if options.quick else options.seconds
        results = compare(seconds, is_quick=options.quick, tell=_tell)
        _tell("")
        print(render(results))
    else:
        with seeded_shop():
            results = _run(options.seconds, is_quick=options.quick)
        _print(results)
    if options.json is not None:
        options.json.write_text(json.dumps(results.to_dict(), indent=1) + "\n", encoding="utf-8")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:
        msg = f"{text!r} is not a number of seconds above 0"
        raise argparse.ArgumentTypeError(msg)
    return seconds


def _new_file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        msg = f"{text!r} is not a file in a folder that exists"
        raise argparse.ArgumentTypeError(msg)
    return path


def _run(seconds: float, *, is_quick: bool) -> "Results":
    # Everything below imports Django's parts, which want the settings to be there.
    from benchmarks import pages  # noqa: PLC0415
    from benchmarks.judging import judge  # noqa: PLC0415
    from benchmarks.owntime import own_times  # noqa: PLC0415
    from benchmarks.results import Machine, Results  # noqa: PLC0415
    from benchmarks.turns import Effort, measure  # noqa: PLC0415
    from benchmarks.variants import Variants  # noqa: PLC0415

    effort = Effort(0, turn_ms=20, warm_up=50) if is_quick else Effort(seconds, 100, warm_up=400)
    asked = pages.PAGES[:-1] if is_quick else pages.PAGES  # 2,001 queries take half a second
    requests = 2 if is_quick else 24
    variants = Variants()
    try:
        measured = measure(variants, asked, effort, _tell)
        _tell("own times")
        clocked = (pages.PYTHON, pages.TEMPLATE)
        own = [time for page in clocked for time in own_times(variants, page, requests)]
        _tell("judging")
        judged = (
            judge(variants, page, 2 if is_quick else 5)
            for page in (pages.TRACKS_201, pages.TRACKS_2001)
        )
        return Results(Machine(), measured, own, list(judged))
    finally:
        variants.close()
        _tell("")


def _tell(doing: str) -> None:
    """Show on a terminal what is being done, each line over the last."""
    if sys.stderr.isatty():
        print(f"\r{doing:<60}", end="\r", file=sys.stderr, flush=True)


def _print(results: "Results") -> None:
    from benchmarks.table import render  # noqa: PLC0415

    print(render(results))


if __name__ == "__main__":
    main()
