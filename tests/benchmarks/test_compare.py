import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import compare


def benches(figure: float, verdict: str = "yes") -> dict[str, Any]:
    goal = {"what": "a get", "limit": 2.0, "figure": figure, "unit": "us", "verdict": verdict}
    return {"kind": "bench", "format": 1, "benches": [{"name": "rawsql", "goals": [goal]}]}


def write(path: Path, told: Any) -> str:
    path.write_text(told if isinstance(told, str) else json.dumps(told))
    return str(path)


def test_a_figure_that_grows_over_the_limit_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = write(tmp_path / "old.json", benches(1.0))
    new = write(tmp_path / "new.json", benches(1.6))
    assert command.main(["compare", old, new]) == 1
    assert "rawsql: a get" in capsys.readouterr().out
    assert command.main(["compare", old, new, "--goal", "1.7"]) == 0
    assert command.main(["compare", new, old]) == 0


def test_a_goal_that_is_no_longer_reached_is_an_error_and_a_noisy_one_is_none() -> None:
    (change,) = compare.compare(benches(1.9), benches(2.1, "no"))
    assert change.is_over
    (change,) = compare.compare(benches(2.1, "no"), benches(2.1, "no"))
    assert not change.is_over
    with pytest.raises(compare.CompareError, match="nothing|no page, tool or goal in common"):
        compare.compare(benches(1.0), benches(9.0, "noisy"))


@pytest.mark.parametrize(
    ("old", "new", "is_over"), [(0.0, 0.05, False), (0.5, 0.8, True), (0.9, 1.0, False)]
)
def test_exponents_are_compared_by_what_ten_times_the_work_costs(
    old: float, new: float, is_over: bool
) -> None:
    before, after = benches(old), benches(new)
    for results in (before, after):
        results["benches"][0]["name"] = "growth"
    (change,) = compare.compare(before, after)
    assert (change.kind, change.is_over) == ("growth", is_over)


def test_something_out_of_nothing_is_without_end() -> None:
    assert compare.Change("failed", "failed", 0, 1, 1.0).is_over
    assert not compare.Change("failed", "failed", 0, 0, 1.0).is_over


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "is of the kind None; allowed: load, bench"),
        ({"kind": "sales"}, "is of the kind 'sales'; allowed: load, bench"),
        ({"kind": "load", "format": 9}, "has the format 9; this version reads 1"),
        ({"kind": "load", "format": 1}, "the old results are of the kind bench, the new ones"),
        ({"kind": "bench", "format": 1}, "the results are incomplete: KeyError 'benches'"),
        ({"kind": "bench", "format": 1, "benches": []}, "no page, tool or goal in common"),
    ],
)
def test_what_is_no_result_is_told(
    told: Any, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = write(tmp_path / "old.json", benches(1.0))
    new = write(tmp_path / "new.json", told)
    assert command.main(["compare", old, new]) == 2
    assert words in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["compare", "/nowhere/a.json", "/nowhere/b.json"]) == 2
    assert "/nowhere/a.json cannot be read: No such file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["compare", "a", "b", "--goal", "much"])
    assert "'much' is not a ratio above 0" in capsys.readouterr().err
