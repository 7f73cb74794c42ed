"""Every scenario: its wrong piece gets exactly its verdict, its right piece is silent."""

import pytest

from tests.corpus.scenario import Scenario, all_scenarios
from tests.corpus.verdict import judge, run

CURES = {"n_plus_one", "write_in_loop", "duplicate"}  # kinds whose repair spares queries


@pytest.mark.usefixtures("rows")
def test_the_verdict_is_right(scenario: Scenario) -> None:
    complaints = judge(scenario).complaints
    assert not complaints, "\n".join([scenario.name, *complaints])


@pytest.mark.usefixtures("rows")
def test_a_declared_repair_is_one(scenario: Scenario) -> None:
    """The pieces themselves, whatever the rules say: same result, fewer queries."""
    right, result = run(scenario, scenario.right)
    if scenario.wrong is not None:
        wrong, result_of_wrong = run(scenario, scenario.wrong)
        assert result_of_wrong == result
        assert result, "an empty result proves nothing"
        if scenario.kind in CURES:
            assert right.query_count < wrong.query_count
        if scenario.kind == "write_in_loop":
            for expected in scenario.expected:
                assert expected.left is None or right.query_count <= expected.left
    for expected in scenario.expected:
        assert scenario.lines_of(expected.use)
        assert scenario.lines_of(expected.queryset)


def test_names_are_unique() -> None:
    names = [scenario.name for scenario in all_scenarios()]
    assert len(set(names)) == len(names)
