import json
import math
from typing import Any

import pytest

from tests.benchmarks.command import run_bench

VARIANTS = {"bare", "empty wrapper", "hooks, no audit", "middleware", "bare again"}


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What the benchmark printed, and what it wrote."""
    file = tmp_path_factory.mktemp("overhead") / "figures.json"
    process = run_bench("benchmarks.overhead", "--quick", "--json", str(file))
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    return process.stdout, json.loads(file.read_text())


def test_every_page_is_measured_in_every_variant(
    quick_run: tuple[str, dict[str, Any]],
) -> None:
    _, figures = quick_run
    assert len(figures["pages"]) == 9
    for page in figures["pages"]:
        assert page["queries"] == page["counted"], page["name"]
        # There and back: each variant twice a round.
        variants = [turn["variant"] for turn in page["turns"] if turn["round"] == 0]
        assert variants == variants[::-1]
        assert set(variants) == set(page["cpu_ratios"]) == VARIANTS
        assert all(turn["cpu"] > 0 and turn["wall"] > 0 for turn in page["turns"])
        assert all(ratio["middle"] > 0 for ratio in page["cpu_ratios"].values())


def test_each_part_is_clocked_from_python_and_from_a_template(
    quick_run: tuple[str, dict[str, Any]],
) -> None:
    _, figures = quick_run
    calls = {(own["page"], own["part"].partition(":")[0]): own for own in figures["own_times_us"]}
    for page in ("N+1 in Python", "N+1 in a template"):
        assert calls[page, "recording"]["calls"] == 101
        assert calls[page, "relation hook"]["calls"] == 100
        # A clock less the cost of clocking: on a busy machine it may come out below nothing.
        assert math.isfinite(calls[page, "recording"]["a_query"])


def test_recordings_that_are_judged_hold_the_findings(
    quick_run: tuple[str, dict[str, Any]],
) -> None:
    _, figures = quick_run
    assert [(judged["queries"], judged["findings"]) for judged in figures["judging"]] == [
        (201, 2),
        (2_001, 2),
    ]


def test_table_tells_versions_and_judges_every_goal(
    quick_run: tuple[str, dict[str, Any]],
) -> None:
    printed, figures = quick_run
    assert f"Python {figures['versions']['python']}" in printed
    assert f"Django {figures['versions']['django']}" in printed
    goals = printed.partition("reached")[2].splitlines()[2:]
    assert len(goals) >= 15
    assert {line.split()[-1] for line in goals} <= {"yes", "no", "noisy"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--seconds", "soon"], "'soon' is not a number of seconds"),
        (["--json", "no/such/folder/figures.json"], "is not a file in a folder that exists"),
        (["--slowly"], "unrecognized arguments: --slowly"),
    ],
)
def test_bad_arguments_are_told_in_one_line(arguments: list[str], complaint: str) -> None:
    process = run_bench("benchmarks.overhead", *arguments)
    assert process.returncode == 2
    assert complaint in process.stderr
    assert process.stderr.count("\n") == 1
