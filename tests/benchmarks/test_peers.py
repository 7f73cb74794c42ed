from benchmarks.everything import read_goals
from benchmarks.peers import AGAIN, BARE, OURS, SideBySide, Tool, render

QUERIES = {"ZERO": 0, "TRACKS_51": 51}


def side_by_side(again: float) -> SideBySide:
    return SideBySide(
        QUERIES,
        [
            Tool(BARE, turns={"ZERO": [100.0, 100.0], "TRACKS_51": [5_000.0, 6_000.0]}),
            Tool(OURS, turns={"ZERO": [110.0, 110.0], "TRACKS_51": [5_265.0, 6_265.0]}),
            Tool("nplusone", problem="nplusone is not installed (group peers)"),
            Tool(AGAIN, turns={"ZERO": [100.0, 100.0], "TRACKS_51": [again, 6_000.0]}),
        ],
    )


def test_what_a_tool_adds_is_told_by_request_and_by_query() -> None:
    result = side_by_side(5_000.0)
    assert result.added(OURS, "ZERO") == 10
    assert result.added(OURS, "TRACKS_51") == 265
    (row,) = [line for line in render(result).splitlines() if line.startswith("queryaudit")]
    assert row.split()[1:] == ["1.100", "1.049", "10", "5.00"]


def test_a_ratio_of_a_noisy_page_is_no_verdict() -> None:
    (row,) = [line for line in render(side_by_side(6_000.0)).splitlines() if line.startswith(OURS)]
    assert row.split()[1:3] == ["1.100", "(1.049)"]


def test_the_goals_of_a_page_are_told_of_these_processes_too() -> None:
    turns = {BARE: [5_000.0], OURS: [5_300.0], AGAIN: [5_000.0]}
    result = SideBySide(
        {"TRACKS_201": 201},
        [Tool(name, turns={"TRACKS_201": each}) for name, each in turns.items()],
    )
    (goal,) = read_goals(render(result))
    assert (goal["what"], goal["limit"], goal["figure"], goal["verdict"]) == (
        "N+1, 201 queries: queryaudit to bare, CPU",
        1.05,
        1.06,
        "no",
    )


def test_a_tool_that_cannot_run_says_why() -> None:
    assert "did not run: nplusone is not installed (group peers)" in render(side_by_side(5_000.0))
