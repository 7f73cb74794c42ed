"""Instructions are counted by Valgrind, which Debian brings."""

import json
import os
import shutil
from pathlib import Path

import pytest

from benchmarks import writing
from benchmarks.everything import BENCHES, read_goals
from benchmarks.instructions import _render
from benchmarks.machine import Machine
from tests.benchmarks.command import run_bench


def counted(audited: float, again: float = 1_000_000.0) -> str:
    figures = {
        "bare": 1_000_000.0,
        "bare again": again,
        "empty wrapper": 1_002_000.0,
        "hooks, no audit": 1_010_000.0,
        "middleware": audited,
    }
    return _render({"three queries": figures})


def test_a_page_is_told_as_a_multiple_of_bare() -> None:
    text = counted(1_084_000.0)
    (row,) = [line for line in text.splitlines() if line.startswith("three queries  ")]
    assert row.split()[2:] == ["1,000", "1.0000", "1.0020", "1.0100", "1.0840", "84"]
    (goal,) = read_goals(text)
    assert goal["what"] == "three queries: middleware to bare, instructions"
    assert (goal["limit"], goal["figure"], goal["verdict"]) == (1.1, 1.084, "yes")


def test_more_than_the_goal_and_a_bare_page_that_differs_are_told() -> None:
    assert [goal["verdict"] for goal in read_goals(counted(1_200_000.0))] == ["no"]
    assert [goal["verdict"] for goal in read_goals(counted(1_084_000.0, 1_030_000.0))] == ["noisy"]


@pytest.mark.skipif(
    shutil.which("valgrind") is None and os.environ.get("CI") != "true",
    reason="Debian's package valgrind is not installed",
)
def test_an_audit_takes_more_instructions_than_none(tmp_path: Path) -> None:
    file = tmp_path / "counted.json"
    done = run_bench("benchmarks.instructions", "--quick", "--json", file)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())
    assert list(found) == ["no query", "three queries"]
    for each in found.values():
        assert each["bare"] > 1_000_000
        assert abs(each["bare again"] / each["bare"] - 1) < 0.01
        assert 1 < each["middleware"] / each["bare"] < 1.5
    assert len(read_goals(done.stdout)) == 1


def test_the_page_tells_them_apart_from_times(tmp_path: Path) -> None:
    machine = Machine.begin(("django",)).end()
    bench = {"name": "instructions", "seconds": 1.0, "error": "", "text": counted(1_084_000.0)}
    bench["goals"] = read_goals(str(bench["text"]))
    results = {"kind": "bench", "format": 1, "machine": machine, "is_quick": True}
    file, page = tmp_path / "counted.json", tmp_path / "page.md"
    file.write_text(json.dumps({**results, "benches": [bench]}))
    writing.write([file], [], page)
    text = page.read_text()
    assert "## The instructions that auditing adds, `make bench-instructions`" in text
    assert "## Run 1" not in text
    assert "instructions: three queries: middleware to bare, instructions" in text


def test_it_is_run_where_it_is_asked_for_alone() -> None:
    assert not BENCHES["instructions"].is_usual
    assert BENCHES["overhead"].is_usual
