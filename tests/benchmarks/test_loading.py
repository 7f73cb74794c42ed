"""The figures that the documentation gives of loads, on fewer rows."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_rows_are_loaded_within_half_the_time_of_loaddata() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.loading", "--rows", "2000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = re.findall(r"sent +[\d.]+ s +(\d+) sent +(\d+)%", done.stdout)
    assert len(lines) == 4
    assert all(int(batches) <= 10 for batches, _ in lines)
