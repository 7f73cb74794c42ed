"""The figures that the documentation gives of loads, on fewer rows."""

import re

from tests.benchmarks.command import run_bench


def test_rows_are_loaded_within_half_the_time_of_loaddata() -> None:
    done = run_bench("benchmarks.loading", "--rows", 2000)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = re.findall(r"sent +[\d.]+ s +(\d+) sent +(\d+)%", done.stdout)
    assert len(lines) == 4
    assert all(int(batches) <= 10 for batches, _ in lines)
