import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks.everything import read_goals
from benchmarks.growth import Growth, draw, render
from tests.benchmarks.command import run_bench

SVG = "{http://www.w3.org/2000/svg}"


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
    # A measurement is no test: what is missed is told, and no failure.
    missed = {f"{one['what']}: exponent" for one in growths if (one["exponent"] or 0.0) > 1.1}
    goals = read_goals(process.stdout)
    assert len(goals) == sum(growth["exponent"] is not None for growth in growths)
    assert {goal["what"] for goal in goals if goal["verdict"] == "no"} == missed
    assert process.returncode == 0


def test_work_that_grows_with_the_square_misses_the_goal() -> None:
    square = Growth("pairs", "rows", tuple((size, size**2 / 1e4) for size in (10, 100, 1_000)))
    assert square.exponent == pytest.approx(2)
    (goal,) = read_goals(render([square]))
    assert goal == {
        "what": "pairs: exponent",
        "limit": 1.1,
        "figure": 2.0,
        "unit": "",
        "verdict": "no",
    }


def test_the_largest_slope_shows_what_grows_faster_at_the_end() -> None:
    late = Growth("late", "rows", ((10, 0.001), (100, 0.002), (1_000, 0.2)))
    assert late.largest == pytest.approx(2)
    assert late.exponent is not None
    assert late.exponent < 1.2


def test_times_too_short_to_tell_count_for_no_slope() -> None:
    short = Growth("short", "rows", ((10, 1e-6), (100, 1e-4), (1_000, 0.001)))
    assert short.exponent is short.largest is None
    assert "none" in render([short])
    assert read_goals(render([short])) == []


def test_each_unit_has_a_chart_with_a_line_for_each_work() -> None:
    sizes = (10, 100, 1_000)
    growths = [
        Growth("linear work", "rows", tuple((size, size / 1e3) for size in sizes)),
        Growth("steady work", "rows", tuple((size, 0.01) for size in sizes)),
        Growth("short work", "findings", tuple((size, 1e-5) for size in sizes)),
    ]
    file = ET.fromstring(draw(growths))  # noqa: S314  # our own
    charts = file.findall(f"{SVG}g")
    names = [[text.text for text in chart.findall(f"{SVG}text")] for chart in charts]
    assert names[0][0] == "Cost as the rows grow"
    assert set(names[0][-3:]) == {"linear work", "steady work", "if linear"}
    assert "1,000" in names[0]
    # What is linear rises as the line of what is: it lies on it.
    paths = {path.get("class"): path.get("d") for path in charts[0].findall(f"{SVG}path")}
    assert paths["slow line"] == paths["mark line"] != paths["tool line"]
    # Of what would be linear only the end is above what was measured: no line.
    assert names[1][0] == "Cost as the findings grow"
    assert len(charts[1].findall(f"{SVG}path")) == 1
    assert len(charts[1].findall(f"{SVG}circle")) == len(sizes)


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
