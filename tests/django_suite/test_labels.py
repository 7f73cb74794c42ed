from pathlib import Path

import pytest

from tests.django_suite.labels import LABELS, QUICK, labels_of


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    for name in ("m2m_through", "m2m_and_m2o", "queries", "urlpatterns"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "m2m_data").mkdir()
    return tmp_path


def test_without_arguments_the_selection_is_run_as_far_as_it_is_there(tests: Path) -> None:
    assert labels_of([], tests) == ["m2m_and_m2o", "m2m_through", "queries"]
    assert labels_of(["--quick"], tests) == ["m2m_and_m2o", "m2m_through", "queries"]


def test_arguments_are_patterns_of_folders_or_names_of_tests(tests: Path) -> None:
    assert labels_of(["m2m_*"], tests) == ["m2m_and_m2o", "m2m_through"]
    assert labels_of(["urlpatterns"], tests) == ["urlpatterns"]
    assert labels_of(["queries.tests.Queries1Tests"], tests) == ["queries.tests.Queries1Tests"]


def test_a_wrong_name_is_left_for_django_to_complain_of(tests: Path) -> None:
    assert labels_of(["queriez"], tests) == ["queriez"]


def test_the_quick_selection_is_part_of_the_whole() -> None:
    assert {pattern for pattern in QUICK if "*" not in pattern} <= set(LABELS)
