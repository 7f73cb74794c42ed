"""The machine of a run: what the figures depend on, and what else it was busy with."""

import os
import platform
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Machine:
    """The machine as it was when a run began."""

    told: dict[str, Any]
    began: float
    load: list[float]

    @classmethod
    def begin(cls, packages: Sequence[str]) -> "Machine":
        """Look at the machine, and at the versions of these packages."""
        told = {
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "platform": f"{platform.system()} {platform.machine()}",
            "processor": processor(),
            "cores": os.cpu_count() or 1,
            "commit": commit(),
            "versions": {name: found for name in packages if (found := _version(name))},
        }
        return cls(told, time.monotonic(), _load())

    def end(self) -> dict[str, Any]:
        """Return what was seen, with the seconds since and the load averages of both ends."""
        seconds = round(time.monotonic() - self.began, 1)
        return {**self.told, "seconds": seconds, "load_before": self.load, "load_after": _load()}


def describe(machine: dict[str, Any]) -> str:
    """Return a machine in two lines, as reports name it."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    before, after = (
        " ".join(f"{load:.1f}" for load in machine[key]) for key in ("load_before", "load_after")
    )
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['platform']};"
        f" Python {machine['python']}, SQLite {machine['sqlite']}, {versions};"
        f" commit {machine['commit']}.\n"
        f"Begun {machine['started']}, {machine['seconds']:.0f} s;"
        f" load averages (1, 5, 15 minutes) {before} before, {after} after."
    )


def processor() -> str:
    """Return the name of the processor as the system knows it."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def commit() -> str:
    """Return the commit of this code, with a plus where files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _load() -> list[float]:
    return [round(load, 2) for load in os.getloadavg()]
