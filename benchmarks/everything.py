"""Run all benches, each in a process of its own, and keep what they print.

A bench prints its tables, and as the last of them its goals under the heads ``goal``, ``at most``,
``measured`` and ``reached``: they are read from there, so that a bench stays a program of its own.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import ROOT, Machine, describe

_HEADS: Final = re.compile(r"^goal +at most +measured +reached$", re.MULTILINE)
_GOAL: Final = re.compile(
    r"^(?P<what>.+?)  +(?P<limit>[\d.e+-]+)(?: (?P<unit>\S+))?  +(?P<figure>[\d.e+-]+)(?: \S+)?"
    r"  +(?P<verdict>yes|no|noisy)$"
)


class BenchError(Exception):
    """Raised where results cannot be written; the text says where."""


@dataclass(frozen=True)
class Bench:
    """A module, and its arguments where time is short and where it is not."""

    module: str
    quick: tuple[str, ...]
    full: tuple[str, ...] = ()
    is_usual: bool = True  # else only where it is asked for by name
    is_drawn: bool = False  # its raw figures are kept for a chart


PEER_PACKAGES: Final = (
    "django-zeal",
    "django-query-doctor",
    "nplusone",
    "django-debug-toolbar",
    "django-silk",
    "opentelemetry-instrumentation-django",
)
BENCHES: Final = {
    "overhead": Bench("benchmarks.overhead", ("--seconds", "30")),
    "rawsql": Bench("benchmarks.rawsql", ("--quick",)),
    "composite": Bench("benchmarks.composite", ("--quick",)),
    "masterdata": Bench("benchmarks.masterdata", ("--quick",)),
    "dynamodb": Bench("benchmarks.dynamodb", ("--quick",)),
    "instructions": Bench("benchmarks.instructions", (), is_usual=False),
    "growth": Bench("benchmarks.growth", ("--quick",), is_usual=False, is_drawn=True),
    "peers": Bench(
        "benchmarks.overhead", ("--peers", "--seconds", "30"), ("--peers",), is_usual=False
    ),
}


def run(output: Path, names: Sequence[str] | None, *, is_quick: bool) -> int:
    """Run the benches, print them as they end, write the results; return the exit code."""
    if output.is_dir() or not output.parent.is_dir():
        msg = f"--output: {str(output)!r} is not a file in a folder that exists"
        raise BenchError(msg)
    chosen = names or [name for name, bench in BENCHES.items() if bench.is_usual]
    machine = Machine.begin(
        ("django", "pynamodb", "psycopg", "pyperf", *(PEER_PACKAGES if "peers" in chosen else ()))
    )
    found = [_run(name, is_quick=is_quick) for name in chosen]
    results: dict[str, Any] = {
        "kind": "bench",
        "format": 1,
        "machine": machine.end(),
        "is_quick": is_quick,
        "benches": found,
    }
    output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    failed = [bench["name"] for bench in found if bench["error"]]
    print(f"\n{describe(results['machine'])}\n{summary(found)}\nWritten: {output}")
    if failed:
        print(f"benchmarks: {', '.join(failed)} failed", file=sys.stderr)
    return 1 if failed else 0


def summary(found: Sequence[dict[str, Any]]) -> str:
    """Return how many goals were reached."""
    verdicts = [goal["verdict"] for bench in found for goal in bench["goals"]]
    return (
        f"{len(verdicts)} goals: {verdicts.count('yes')} reached, {verdicts.count('no')} missed,"
        f" {verdicts.count('noisy')} where the machine was too noisy to tell."
    )


def _run(name: str, *, is_quick: bool) -> dict[str, Any]:
    bench = BENCHES[name]
    print(f"\n== {name}\n", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="queryaudit-bench-") as folder:
        figures = Path(folder, "figures.json")
        done = subprocess.run(
            [
                *(sys.executable, "-m", bench.module, *(bench.quick if is_quick else bench.full)),
                *(("--json", str(figures)) if bench.is_drawn else ()),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        raw = json.loads(figures.read_text(encoding="utf-8")) if figures.exists() else None
    seconds = round(time.monotonic() - began, 1)
    error = done.stderr.strip()[-2_000:] if done.returncode else ""
    print(done.stdout.rstrip() or error, flush=True)
    print(f"({seconds:.0f} s)", flush=True)
    goals = read_goals(done.stdout)
    if not goals and not error:
        error = "it printed no goals"
    text = done.stdout.strip()
    found = {"name": name, "seconds": seconds, "error": error, "text": text, "goals": goals}
    return found if raw is None else {**found, "figures": raw}


def read_goals(text: str) -> list[dict[str, Any]]:
    """Return the goals that a bench has printed: what, limit, figure, unit and verdict."""
    heads = list(_HEADS.finditer(text))
    if not heads:
        return []
    found = []
    for line in text[heads[-1].end() :].splitlines():
        if match := _GOAL.match(line.rstrip()):
            limit, figure = float(match["limit"]), float(match["figure"])
            told = {"what": match["what"], "limit": limit, "figure": figure}
            found.append({**told, "unit": match["unit"] or "", "verdict": match["verdict"]})
    return found
