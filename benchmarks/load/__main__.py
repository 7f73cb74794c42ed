"""Walk through the shop by locust: ``make load``, ``make load-full``, ``make load-distributed``.

``python -m benchmarks.load`` runs the slow and the fast twin of each page with the auditor off and
on, on SQLite by gunicorn; ``--full`` all of it. It writes ``results.json`` and ``load.html`` to
``--output``. It is a measurement and no test: the exit code is 0 whatever the times are, 1 where
requests failed, 2 where something could not be run.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from benchmarks.load import distributed
from benchmarks.load.journeys import JourneyError
from benchmarks.load.matrix import DATABASES, FULL, QUICK, SERVERS, TINY, TOOLS, stands
from benchmarks.load.measuring import Order, measure
from benchmarks.load.page import render
from benchmarks.load.running import Workers
from benchmarks.load.serving import LoadError
from benchmarks.load.summary import failures
from benchmarks.load.text import tables


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the tables, write the files; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.distributed and os.environ.get("LOCUST_MASTER"):
        return distributed.work(os.environ["LOCUST_MASTER"], options.port)
    effort = FULL if options.full else TINY if options.tiny else QUICK
    everything = options.full and not options.distributed
    chosen = stands(
        options.server or (SERVERS if everything else SERVERS[:1]),
        options.database or (DATABASES if everything else DATABASES[:1]),
        options.tool or (TOOLS if everything else TOOLS[:2]),
    )
    workers = None
    if options.distributed:
        are_here = options.expect_workers is None
        count = options.workers if are_here else options.expect_workers
        port = options.port if not are_here else 0
        workers = Workers(count, are_here, options.bind, port)
    try:
        output = _folder(options.output)
        results = measure(Order(chosen, effort, workers, options.bind), _tell)
    except (LoadError, JourneyError) as error:
        print(f"load: {error}", file=sys.stderr)
        return 2
    _tell("")
    print(tables(results))
    (output / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (output / "load.html").write_text(render(results), encoding="utf-8")
    print(f"\nWritten: {output / 'results.json'}, {output / 'load.html'}")
    return 1 if failures(results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="load", description="Walk through the shop by locust.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="the whole matrix (40 minutes)")
    size.add_argument("--tiny", action="store_true", help="some seconds, to see that it runs")
    for name, allowed in (("server", SERVERS), ("database", DATABASES), ("tool", TOOLS)):
        parser.add_argument(f"--{name}", action="append", choices=allowed, help="several allowed")
    parser.add_argument(
        "--output", type=Path, default=Path("load-results"), help="folder (load-results)"
    )
    parser.add_argument(
        "--distributed",
        action="store_true",
        help="by locust's master and workers; with LOCUST_MASTER=host: be a worker of that host",
    )
    parser.add_argument("--workers", type=_count, default=2, help="started here (2)")
    parser.add_argument("--expect-workers", type=_count, help="wait for so many from elsewhere")
    parser.add_argument(
        "--bind", default="127.0.0.1", metavar="ADDRESS", help="of master and shop (127.0.0.1)"
    )
    parser.add_argument("--port", type=_count, default=5557, help="of a master for others (5557)")
    return parser


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not number:
        msg = f"{text!r} is not a number from 1 to 99999"
        raise argparse.ArgumentTypeError(msg)
    return number


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"--output: {path} is no folder and cannot be made: {error.strerror}"
        raise LoadError(msg) from None
    return path


def _tell(doing: str) -> None:
    """Say what is being done: on a terminal each line over the last."""
    if sys.stderr.isatty():
        print(f"\r{doing:<70}", end="\r", file=sys.stderr, flush=True)
    elif doing:
        print(doing, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
