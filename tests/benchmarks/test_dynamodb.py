import json
from pathlib import Path

from tests.benchmarks.command import run_bench


def test_the_benchmark_runs_and_tells_its_figures(dynamodb_server: str, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = run_bench("benchmarks.dynamodb", "--quick", "--json", file)
    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text())
    page = {way: found["wall"] for way, found in figures["page"].items()}
    # The goals are judged by the benchmark; a machine that runs tests is too busy for ratios.
    assert 0 < page["bytes only (floor)"] < page["ours, instances"]
    assert page["ours, instances"] < page["PynamoDB"]
    assert page["ours, values_list(2 of 8)"] < page["PynamoDB"]
    keys = {way: found["wall"] for way, found in figures["keys"].items()}
    assert keys["ours, 100 gets"] > 2 * keys["ours, in_bulk"]
    assert set(figures["audit_us"]) == {"gets in a loop", "one key again", "queries in a loop"}
    assert all(0 < microseconds < 1_000 for microseconds in figures["audit_us"].values())
    assert "the audit's own us a call, gets in a loop" in done.stdout
