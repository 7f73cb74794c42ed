import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.growth import Growth, render
from tests.benchmarks.command import run_bench


def test_every_kind_of_work_is_measured_and_nothing_grows_faster_than_its_size(
    tmp_path: Path,
) -> None:
    file = tmp_path / "growth.json"
    process = run_bench("benchmarks.growth", "--quick", "--json", str(file))
    assert process.stderr == ""
    growths: list[dict[str, Any]] = json.loads(file.read_text())
    assert {growth["unit"] for growth in growths} == {
        "queries",
        "shapes",
        "frames",
        "requests",
        "rows",
        "findings",
    }
    for growth in growths:
        sizes = [size for size, _ in growth["seconds"]]
        assert sizes == sorted(sizes)
        assert all(seconds > 0 for _, seconds in growth["seconds"])
        assert growth["what"] in process.stdout
        # Quadratic is 2; a busy machine may tell a little more than the goal of 1.1.
        assert (growth["exponent"] or 0.0) < 1.8, growth
    missed = [one for one in growths if (one["exponent"] or 0.0) > 1.1]
    assert process.returncode == (1 if missed else 0)


def test_work_that_grows_with_the_square_misses_the_goal() -> None:
    square = Growth("pairs", "rows", tuple((size, size**2 / 1e4) for size in (10, 100, 1_000)))
    assert square.exponent == pytest.approx(2)
    assert not square.is_reached
    assert render([square]).splitlines()[3].split()[-1] == "no"


def test_the_largest_slope_shows_what_grows_faster_at_the_end() -> None:
    late = Growth("late", "rows", ((10, 0.001), (100, 0.002), (1_000, 0.2)))
    assert late.largest == pytest.approx(2)
    assert late.exponent is not None
    assert late.exponent < 1.2


def test_times_too_short_to_tell_count_for_no_slope() -> None:
    short = Growth("short", "rows", ((10, 1e-6), (100, 1e-4), (1_000, 0.001)))
    assert short.exponent is short.largest is None
    assert short.is_reached
    assert "none" in render([short])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--only", "cooking"], "no work has 'cooking' in its name; there are record queries"),
        (["--json", "no/such/folder/figures.json"], "is not a file in a folder that exists"),
    ],
)
def test_bad_arguments_are_told(arguments: list[str], complaint: str) -> None:
    process = run_bench("benchmarks.growth", *arguments)
    assert process.returncode == 2
    assert complaint in process.stderr
