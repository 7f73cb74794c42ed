"""Run a bench as its user does."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


def run_bench(module: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Return how ``python -m module`` ended, with settings of its own and untraced by coverage.

    Tracing takes longer than what is measured.
    """
    ours = ("DJANGO_SETTINGS_MODULE", "COVERAGE_")
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={name: value for name, value in os.environ.items() if not name.startswith(ours)},
    )
