"""The rows of the corpus, for one test."""

import pytest

from tests.corpus import data
from tests.corpus.scenario import Scenario, all_scenarios


@pytest.fixture
def rows(db: None) -> None:
    """Fill the database."""
    data.fill()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every scenario to a test that asks for one; ``declared`` ones need no rule."""
    if "scenario" not in metafunc.fixturenames:
        return
    metafunc.parametrize(
        "scenario",
        [
            pytest.param(each, id=each.name, marks=_marks(each, metafunc.function.__name__))
            for each in all_scenarios()
            if "fix" not in metafunc.function.__name__ or each.mechanical
        ],
    )


def _marks(scenario: Scenario, test: str) -> list[pytest.MarkDecorator]:
    # Rows that other threads read are committed.
    marks = [pytest.mark.django_db(transaction=scenario.threads)]
    # Queries of a thread that is not followed are not even counted.
    if scenario.pending and ("declared" not in test or scenario.threads):
        # A verdict that has become right must lose its place among the pending ones.
        marks.append(pytest.mark.xfail(strict="verdict" in test, reason=scenario.pending))
    return marks
