import json
from html import escape
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks.everything import read_goals
from benchmarks.machine import Machine
from tests.benchmarks.command import run_bench

TABLES = """way  ms
goal  at most  measured  reached

goal                 at most  measured  reached
-------------------  -------  --------  -------
a get, % of the ORM      1.6     0.812      yes
no query: added        15 us    18.3 us       no
all of it               7 us   1.2e-05     noisy
"""


def test_goals_are_read_from_the_last_table() -> None:
    assert [(g["what"], g["limit"], g["figure"], g["verdict"]) for g in read_goals(TABLES)] == [
        ("a get, % of the ORM", 1.6, 0.812, "yes"),
        ("no query: added", 15.0, 18.3, "no"),
        ("all of it", 7.0, 1.2e-05, "noisy"),
    ]
    assert read_goals("nothing") == []


def test_a_bench_is_run_and_its_goals_are_kept(tmp_path: Path) -> None:
    file, page = tmp_path / "bench.json", tmp_path / "page.md"
    done = run_bench("benchmarks", "run", "--bench", "composite", "--output", file)
    assert done.returncode == 0, done.stderr
    (bench,) = json.loads(file.read_text())["benches"]
    goals = {goal["what"]: goal for goal in bench["goals"]}
    assert goals["SQLite: bulk_update, 2,000 x 2 columns"]["verdict"] == "yes"
    # Of how many rows, the version of Django decides.
    (prefetch,) = [goals[what] for what in goals if what.startswith("SQLite: prefetch of")]
    assert prefetch["figure"] > 0
    assert "quartiles" in bench["text"]
    assert f"{len(goals)} goals: " in done.stdout

    assert command.main(["page", "--bench", str(file), "--output", str(page)]) == 0
    assert "## Run 1 of the benches, `make bench`" in page.read_text()
    assert "SQLite: bulk_update, 2,000 x 2 columns" in page.read_text()


def test_the_growth_of_the_cost_is_drawn_beside_its_results(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    file, page = tmp_path / "figures" / "growth.json", tmp_path / "page.md"
    done = run_bench("benchmarks", "run", "--bench", "growth", "--output", file)
    assert done.returncode == 0, done.stderr
    (bench,) = json.loads(file.read_text())["benches"]
    assert len(bench["figures"]) >= len(bench["goals"]) > 0

    assert command.main(["page", "--bench", str(file), "--output", str(page)]) == 0
    assert "## How the cost grows with the work, `make bench-growth`, in short" in page.read_text()
    assert "![How the cost grows](figures/growth.svg)" in page.read_text()
    drawn = file.with_suffix(".svg").read_text()
    assert all(escape(one["what"]) in drawn for one in bench["figures"])


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ([{"what": "rows"}], "the figures of growth are incomplete: KeyError 'seconds'"),
        ([{"what": "rows", "unit": "rows", "seconds": []}], "rows: sizes and seconds are above 0"),
        ([{"what": "rows", "unit": "rows", "seconds": [[10, 0.0]]}], "are above 0"),
        ({"what": "rows"}, "the figures of growth are incomplete: TypeError"),
    ],
)
def test_figures_that_cannot_be_drawn_are_told(
    figures: object, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine.begin(()).end()
    bench = {"name": "growth", "seconds": 1.0, "error": "", "text": "told", "goals": []}
    results = {"kind": "bench", "format": 1, "machine": machine, "is_quick": False}
    file = tmp_path / "growth.json"
    file.write_text(json.dumps({**results, "benches": [{**bench, "figures": figures}]}))
    page = tmp_path / "page.md"
    assert command.main(["page", "--bench", str(file), "--output", str(page)]) == 2
    assert words in capsys.readouterr().err
    assert not page.exists()


def test_results_that_cannot_be_written_are_told_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["run", "--output", str(tmp_path)]) == 2
    assert "is not a file in a folder that exists" in capsys.readouterr().err


def test_results_of_the_other_kind_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bench.json"
    file.write_text('{"kind": "bench", "format": 1}')
    assert command.main(["page", "--load", str(file), "--output", str(tmp_path / "p.md")]) == 2
    assert "was given as --load" in capsys.readouterr().err
