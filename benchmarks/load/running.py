"""Run locust: in one process, or its own master with workers."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load.samples import Sample
from benchmarks.load.serving import ROOT, LoadError, environment, free_port

LOCUSTFILE: Final = ROOT / "benchmarks" / "load" / "locustfile.py"
GRACE_SECONDS: Final = 40.0  # to start, to end and to write, on a busy machine
WORKERS_WAIT_SECONDS: Final = 60


@dataclass(frozen=True)
class Run:
    """One run: who comes, how often, for how long, and what they see."""

    url: str
    variant: str
    shop: Path  # the JSON that prepare printed
    seed: int
    users: int = 1
    rate: float = 0.0  # requests a second of a visitor, 0: without a pause
    seconds: float = 0.0  # with the warm-up; 0 where journeys end it
    warm_up: float = 0.0
    journeys: int = 0

    def arguments(self, samples: Path) -> list[str]:
        """Return what locust is told of it."""
        given: list[object] = ["--headless", "--only-summary", "--exit-code-on-error", 0]
        given += ["--host", self.url, "--users", self.users, "--spawn-rate", self.users]
        given += ["--variant", self.variant, "--seed", self.seed, "--samples", samples]
        given += ["--rate", self.rate, "--warm-up", self.warm_up, "--journeys", self.journeys]
        if self.seconds:
            given += ["--run-time", f"{self.seconds:g}s", "--stop-timeout", 10]
        return list(map(str, given))


@dataclass(frozen=True)
class Workers:
    """Locust's master and its workers: how many, and where the master listens."""

    count: int
    are_here: bool = True  # started here; else they come from elsewhere
    address: str = "127.0.0.1"
    port: int = 0  # 0: a free one


def locust(*arguments: str, shop: Path) -> list[str]:
    """Return the command of a process of locust."""
    return [
        *(sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE)),
        *("--shop", str(shop), "--loglevel", "WARNING", *arguments),
    ]


def run(plan: Run, workers: Workers | None = None) -> list[Sample]:
    """Return the samples of a run, its warm-up left out.

    Raises LoadError where locust ends otherwise than it should, or brings nothing.
    """
    with tempfile.TemporaryDirectory(prefix="queryaudit-locust-") as folder:
        file = Path(folder) / "samples.json"
        given = plan.arguments(file)
        if workers is None:
            _end_of(_start(locust(*given, shop=plan.shop)), plan)
        else:
            _distribute(given, plan, workers)
        if not file.exists():
            raise LoadError("locust wrote no samples")
        samples = [Sample(*each) for each in json.loads(file.read_text(encoding="utf-8"))]
    if not samples:
        msg = f"locust brought no request in {plan.seconds:g} s from {plan.url}"
        raise LoadError(msg)
    return samples


def _distribute(given: Sequence[str], plan: Run, workers: Workers) -> None:
    port = str(workers.port or free_port())
    master = _start(
        locust(
            *("--master", "--master-bind-host", workers.address, "--master-bind-port", port),
            *("--expect-workers", str(workers.count)),
            *("--expect-workers-max-wait", str(WORKERS_WAIT_SECONDS), *given),
            shop=plan.shop,
        )
    )
    here = range(workers.count if workers.are_here else 0)
    join = locust("--worker", "--master-host", "127.0.0.1", "--master-port", port, shop=plan.shop)
    started = [_start(join) for _ in here]
    try:
        _end_of(master, plan, WORKERS_WAIT_SECONDS)
    finally:
        for worker in started:
            _stop(worker)


def _start(command: Sequence[str]) -> subprocess.Popen[str]:
    # Its own log goes to a pipe that is read at the end; at WARNING it does not fill.
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**environment("off", "sqlite:"), "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _end_of(process: subprocess.Popen[str], plan: Run, more: float = 0.0) -> None:
    try:
        _, told = process.communicate(timeout=(plan.seconds or 300) + GRACE_SECONDS + more)
    except subprocess.TimeoutExpired:
        _stop(process)
        msg = f"locust did not end {GRACE_SECONDS + more:.0f} s after its time"
        raise LoadError(msg) from None
    if process.returncode:
        msg = f"locust ended with {process.returncode}:\n{told.strip()[-2_000:]}"
        raise LoadError(msg)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def work_for(master: str, port: int, shop: Path) -> int:
    """Serve a master elsewhere run after run; return how many runs there were.

    It ends when no master has been there for a minute: locust's worker gives it that long.
    """
    done = 0
    while True:
        join = locust(*("--worker", "--master-host", master, "--master-port", str(port)), shop=shop)
        process = subprocess.Popen(
            join, cwd=ROOT, env=environment("off", "sqlite:"), stderr=subprocess.DEVNULL
        )
        if process.wait() != 0:
            return done
        done += 1
