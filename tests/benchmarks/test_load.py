"""A real load, tiny: servers, locust, results, page, comparison."""

import json
import os
import re
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from benchmarks.load import summary
from benchmarks.load.databases import database
from benchmarks.load.matrix import TOOLS, stands
from benchmarks.load.running import Run, Workers, run
from benchmarks.load.serving import LoadError, serving
from tests.benchmarks.command import run_bench


@pytest.fixture(scope="module")
def tiny_load(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a load that was run."""
    folder = tmp_path_factory.mktemp("load")
    done = run_bench("benchmarks.load", "--tiny", "--output", folder)
    assert done.returncode == 0, done.stderr
    assert "p50 of slow and fast" in done.stdout
    return folder


@pytest.fixture(scope="module")
def results(tiny_load: Path) -> dict[str, Any]:
    """What it wrote."""
    found: dict[str, Any] = json.loads((tiny_load / "results.json").read_text())
    return found


def test_variants_run_one_at_a_time_there_and_back(results: dict[str, Any]) -> None:
    ran = [(cell["tool"], cell["variant"], cell["half"]) for cell in results["cells"]]
    there = [("off", "slow"), ("off", "fast"), ("on", "slow"), ("on", "fast")]
    assert ran == [*((*each, 0) for each in there), *((*each, 1) for each in reversed(there))]
    assert all(cell["all"]["requests"] > 20 for cell in results["cells"])
    assert summary.failures(results) == 0


def test_the_audited_pass_tells_queries_and_database_time(results: dict[str, Any]) -> None:
    told = {(page["page"], page["variant"]): page for page in results["pages"]}
    assert told["GET albums/", "slow"]["queries"] == 101
    assert told["GET albums/", "fast"]["queries"] == 1
    assert told["GET albums/", "slow"]["db_ms"] > told["GET albums/", "fast"]["db_ms"] > 0
    assert (
        told["POST basket/ order", "slow"]["queries"]
        > told["POST basket/ order", "fast"]["queries"]
    )
    by_variant = Counter(page["variant"] for page in results["pages"])
    assert by_variant["slow"] == by_variant["fast"] >= 10


def test_queries_grow_with_rows_on_slow_pages_alone(results: dict[str, Any]) -> None:
    counts = {
        variant: [one["queries"] for one in results["rows"] if one["variant"] == variant]
        for variant in ("slow", "fast")
    }
    assert counts == {"slow": [3, 21, 201, 401], "fast": [2, 2, 2, 2]}


def test_the_machine_is_named(results: dict[str, Any]) -> None:
    machine = results["machine"]
    assert machine["cores"] == os.cpu_count()
    assert {"django", "locust", "gunicorn", "uvicorn"} <= machine["versions"].keys()
    assert machine["commit"]
    assert len(machine["load_before"]) == len(machine["load_after"]) == 3
    assert results["seed"] == 1948


def test_the_page_has_charts_and_needs_no_network(tiny_load: Path) -> None:
    text = (tiny_load / "load.html").read_text()
    assert len(re.findall(r'<svg role="img" aria-label="[^"]+"', text)) >= 3
    for words in ("What a tool costs", "Requests a second against users", "Queries of a search"):
        assert words in text
    assert "://" not in text
    assert not re.search(r"<script|<link|\bsrc=|@import|url\(", text)
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"<style>.*</style>", "", text, flags=re.DOTALL))


def test_results_are_compared_and_growth_is_an_error(
    tiny_load: Path, results: dict[str, Any], tmp_path: Path
) -> None:
    same = run_bench("benchmarks", "compare", *2 * [tiny_load / "results.json"])
    assert same.returncode == 0, same.stderr
    grown = deepcopy(results)
    for page in grown["pages"]:
        if (page["page"], page["variant"]) == ("GET albums/", "fast"):
            page["queries"] += 1
    worse = tmp_path / "worse.json"
    worse.write_text(json.dumps(grown))
    done = run_bench("benchmarks", "compare", tiny_load / "results.json", worse)
    assert done.returncode == 1
    assert re.search(r"GET albums/, fast +queries +1 +2 +2\.000 +1", done.stdout)
    allowed = run_bench("benchmarks", "compare", "--queries", 2, tiny_load / "results.json", worse)
    assert allowed.returncode == 0


def test_a_page_of_the_documentation_is_written_from_results(
    tiny_load: Path, tmp_path: Path
) -> None:
    results, page = tiny_load / "results.json", tmp_path / "page.md"
    given = ("--load", results, "--load", results, "--matrix", results, "--output", page)
    done = run_bench("benchmarks", "page", *given)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert "Run 1 of the load" in text
    assert "The first and the last load compared" in text
    assert "The whole matrix" in text.partition("compared")[2]
    assert "load averages" in text


def test_locusts_own_master_has_the_samples_of_its_workers(tmp_path: Path) -> None:
    with database("sqlite", "s") as (name, told), serving("uvicorn", name, "timed") as url:
        shop = tmp_path / "shop.json"
        shop.write_text(json.dumps(told))
        plan = Run(url, "fast", shop, seed=1, users=4, rate=5.0, seconds=5.0, warm_up=1.0)
        samples = run(plan, Workers(2))
    assert len(samples) > 40, "both workers walk: one alone asks at half the rate"
    assert not any(sample.has_failed for sample in samples)
    assert min(sample.second for sample in samples) >= 1.0
    assert {sample.queries for sample in samples if sample.page == "GET albums/"} == {1}


@pytest.mark.parametrize("tool", ["panel", "toolbar", "silk"])
def test_every_tool_is_served_and_stands_beside_the_page(tool: str) -> None:
    from urllib.request import urlopen

    with database("sqlite", "s") as (name, _), serving("gunicorn", name, tool) as url:
        text = urlopen(f"{url}/fast/albums/").read().decode()
        assert ("djDebug" in text) == (tool != "silk")
        assert ("QueryAuditPanel" in text) == (tool == "panel")
        assert ("SQLPanel" in text) == (tool == "toolbar")
        if tool == "silk":
            requests = urlopen(f"{url}/silk/requests/").read().decode()
            assert "/fast/albums/" in requests


def test_a_server_that_cannot_start_is_told_with_its_log() -> None:
    with (
        pytest.raises(LoadError, match="LOAD_TOOL is 'zeal'; allowed: off, on, panel, toolbar"),
        serving("gunicorn", "sqlite:x", "zeal"),
    ):
        pass


def test_off_is_always_measured() -> None:
    (stand,) = stands(["gunicorn"], ["sqlite"], ["silk"])
    assert stand.tools == ("off", "silk")
    assert len(stands(["gunicorn", "uvicorn"], ["sqlite", "postgresql"], TOOLS)) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tool", "zeal"], "invalid choice: 'zeal'"),
        (["--workers", "0"], "'0' is not a number from 1"),
        (["--tiny", "--output", "/proc/none"], "--output: /proc/none is no folder"),
    ],
)
def test_wrong_use_is_told(arguments: list[str], words: str) -> None:
    done = run_bench("benchmarks.load", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
