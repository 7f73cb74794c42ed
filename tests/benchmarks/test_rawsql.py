import json
from typing import Any

import pytest

from tests.benchmarks.command import run_bench
from tests.conftest import needs_postgres


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What the benchmark printed, and what it wrote."""
    file = tmp_path_factory.mktemp("rawsql") / "figures.json"
    process = run_bench("benchmarks.rawsql", "--quick", "--json", file)
    assert process.returncode == 0, process.stderr
    return process.stdout, json.loads(file.read_text())


def test_every_way_is_measured_against_the_limit(quick_run: tuple[str, dict[str, Any]]) -> None:
    _, figures = quick_run
    for ratios in figures["ratios"].values():
        assert {"cursor.fetchall()", "rawsql.fetch", "raw()", "aiosql"} <= ratios.keys()
        assert all(ratio > 0 for of_way in ratios.values() for ratio in of_way)
        pair = ratios["cursor.fetchall()"][0], ratios["the limit again"][0]
        assert sum(pair) == pytest.approx(2)


@needs_postgres
def test_goals_are_told_for_both_databases(quick_run: tuple[str, dict[str, Any]]) -> None:
    text, figures = quick_run
    assert figures["ratios"].keys() == {
        f"{alias} {size}" for alias in ("default", "postgres") for size in (1, 1_000)
    }
    assert figures["typed"].keys() == {"default", "postgres"}
    for words in ("SQLite, 1,000 rows: rawsql.fetch", "PostgreSQL, seven typed columns"):
        assert words in text
