"""Count the processor's instructions that auditing adds: ``make bench-instructions``.

A request takes the same instructions whatever else the machine is doing, so that differences of a
percent can be told where times cannot. They are no times: what waits for memory takes longer than
its instructions say. Each variant has a process of its own under Valgrind's callgrind (Debian's
package ``valgrind``), which counts the requests alone, after a warm-up, with the collections of
their own garbage. Bare is counted twice: the two differ by where Python's tables of types happen
to lie in memory, as all variants do.
"""

import argparse
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TextIO

from benchmarks.machine import ROOT
from benchmarks.site import seeded_shop

_TOTALS: Final = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)
_QUERIES: Final = 400  # of the requests that are counted together
_MOST_REQUESTS: Final = 20
_MOST_NOISE: Final = 0.01  # of bare against itself


def main(arguments: list[str] | None = None) -> None:
    """Count, print the tables, and write the figures where they are asked for."""
    parser = argparse.ArgumentParser(prog="instructions", description="Count instructions.")
    parser.add_argument("--quick", action="store_true", help="two pages, with an audit and without")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--serve", metavar="VARIANT", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve is not None:
        _serve(options.serve)
        return
    if shutil.which("valgrind") is None:
        parser.exit(2, "instructions: valgrind is not installed (Debian's package valgrind)\n")
    with seeded_shop():
        counted = count(is_quick=options.quick)
        print(_render(counted))
    if options.json is not None:
        options.json.write_text(json.dumps(counted, indent=1) + "\n", encoding="utf-8")


def count(*, is_quick: bool) -> dict[str, dict[str, float]]:
    """Return the instructions of a request by page and variant."""
    from benchmarks import pages  # noqa: PLC0415  # like all below, once Django is set up
    from benchmarks.variants import AUDITED, BARE, CONTROL, VARIANTS  # noqa: PLC0415

    variants = (BARE, AUDITED, CONTROL) if is_quick else VARIANTS
    # 2,001 queries differ from 201 in their number alone.
    asked = [pages.ZERO, pages.THREE] if is_quick else pages.PAGES[:-1]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda variant: _count(variant, asked), variants))
    return {
        page.name: {name: each[page.name] for name, each in zip(variants, found, strict=True)}
        for page in asked
    }


def _count(variant: str, asked: Sequence[Any]) -> dict[str, float]:
    """Return the instructions of a request by page, of one process."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="queryaudit-bench-") as folder:
        told = Path(folder, "told")
        with told.open("w") as log, _start(variant, Path(folder, "out"), log) as process:
            for number, page in enumerate(asked, 1):
                requests = max(2, min(_MOST_REQUESTS, _QUERIES // max(1, page.queries)))
                _tell(process, [page.path, requests], "ready", told)
                _control(process, "--instr=on")
                _control(process, "--zero")
                _tell(process, "go", "done", told)
                _control(process, "--dump")
                _control(process, "--instr=off")
                dumped = Path(folder, f"out.{number}").read_text(encoding="utf-8")
                totals = _TOTALS.search(dumped)
                if totals is None:
                    msg = f"callgrind's dump has no totals: {dumped[:200]}"
                    raise RuntimeError(msg)
                found[page.name] = int(totals[1]) / requests
    return found


def _start(variant: str, out: Path, log: TextIO) -> "subprocess.Popen[str]":
    """Start a process that is counted; it ends when its input is closed."""
    return subprocess.Popen(  # our own program
        [
            *("valgrind", "--tool=callgrind", "--instr-atstart=no"),
            f"--callgrind-out-file={out}",
            *(sys.executable, "-m", "benchmarks.instructions", "--serve", variant),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


def _tell(process: "subprocess.Popen[str]", what: object, expected: str, log: Path) -> None:
    """Send a line and wait for the answer. Raises RuntimeError with its last words otherwise."""
    answer = ""
    if process.stdin is not None and process.stdout is not None:
        with suppress(BrokenPipeError):
            print(json.dumps(what), file=process.stdin, flush=True)
            answer = process.stdout.readline().strip()
    if answer != expected:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        msg = f"a counted process answers {answer!r}, not {expected!r}: {' '.join(last)}"
        raise RuntimeError(msg)


def _control(process: "subprocess.Popen[str]", option: str) -> None:
    command = ["callgrind_control", option, str(process.pid)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)


def _serve(variant: str) -> None:
    """Ask for the pages that the input names, in one variant, until it is closed."""
    with seeded_shop():
        from benchmarks.pages import PAGES  # noqa: PLC0415
        from benchmarks.turns import WARM_UP_REQUESTS, judged_later  # noqa: PLC0415
        from benchmarks.variants import BARE, CONTROL, Variants  # noqa: PLC0415
        from queryaudit.stores.writer import writer  # noqa: PLC0415

        variants, pages = Variants(), {page.path: page for page in PAGES}
        for line in sys.stdin:
            path, requests = json.loads(line)
            visit = variants.enter(BARE if variant == CONTROL else variant, pages[path])
            for _ in range(WARM_UP_REQUESTS):
                visit()
            writer.drain()
            with judged_later(), _young_garbage():
                print("ready", flush=True)
                sys.stdin.readline()
                for _ in range(requests):
                    visit()
                print("done", flush=True)
            writer.drain()
        variants.close()


@contextmanager
def _young_garbage() -> Iterator[None]:
    """Collect no garbage but that of the block: a whole collection falls into it by chance."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _render(counted: dict[str, dict[str, float]]) -> str:
    from benchmarks.table import render_goals, table  # noqa: PLC0415
    from benchmarks.variants import AUDITED, BARE, CONTROL, IDLE, WRAPPER  # noqa: PLC0415

    heads = ("page", "bare, thousands", CONTROL, WRAPPER, IDLE, AUDITED, "added, thousands")
    rows = []
    for page, found in counted.items():
        bare = (found[BARE] + found[CONTROL]) / 2
        ratios = (
            f"{found[name] / bare:.4f}" if name in found else ""
            for name in (WRAPPER, IDLE, AUDITED)
        )
        again = f"{found[CONTROL] / found[BARE]:.4f}"
        added = f"{(found[AUDITED] - bare) / 1000:,.0f}"
        rows.append([page, f"{bare / 1000:,.0f}", again, *ratios, added])
    title = "Instructions of a request until the visitor has the page, as a multiple of bare."
    return f"{title}\n{table(heads, rows)}\n\n{render_goals(_goals(counted))}"


def _goals(counted: dict[str, dict[str, float]]) -> list[Any]:
    from benchmarks.goals import RATIOS, Goal  # noqa: PLC0415
    from benchmarks.variants import BARE, CONTROL  # noqa: PLC0415

    found = []
    for page, variant, to, limit in RATIOS:
        figures = counted.get(page.name, {})
        if {variant, *to} <= figures.keys():
            base = sum(figures[name] for name in to) / len(to)
            is_quiet = abs(figures[CONTROL] / figures[BARE] - 1) <= _MOST_NOISE
            what = f"{page.name}: {variant} to {to[0]}, instructions"
            found.append(Goal(what, limit, figures[variant] / base, is_quiet=is_quiet))
    return found


if __name__ == "__main__":
    main()
