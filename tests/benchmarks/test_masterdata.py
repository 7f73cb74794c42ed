import json
from pathlib import Path
from statistics import median

from tests.benchmarks.command import run_bench


def test_the_benchmark_runs_and_memory_is_far_faster_than_queries(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = run_bench("benchmarks.masterdata", "--quick", "--json", file)
    assert done.returncode == 0, done.stderr
    figures = json.loads(file.read_text())
    ways = figures["ways"]
    assert {"dict", "LocMemCache", "cachalot", "ORM, SQLite"} <= ways.keys()
    for read, least in (("get pk", 20), ("FK of 100", 8), ("all 1,000", 2)):
        ours, orm = (median(ways[way][read]["us"]) for way in ("queryaudit, SQLite", "ORM, SQLite"))
        assert orm / ours > least, f"{read}: {orm / ours:.0f} times as fast as the ORM"
    assert figures["bytes"][0] < 1.3 * figures["bytes"][1]
    assert "times a dict" in done.stdout
