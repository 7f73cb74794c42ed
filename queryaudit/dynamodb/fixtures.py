"""The fixture for pytest: ``pytest_plugins = ["queryaudit.dynamodb.fixtures"]`` in a conftest."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from queryaudit.dynamodb.tables import made_for_tests, models, written


@pytest.fixture(scope="session")
def dynamodb_test_tables() -> Iterator[list[Any]]:
    """Tables of all models under a prefix of this process, dropped at the end of the session.

    Processes of pytest-xdist have tables of their own.
    """
    with made_for_tests(f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}") as made:
        yield made


@pytest.fixture
def dynamodb_tables(dynamodb_test_tables: list[Any]) -> Iterator[list[Any]]:
    """The models, whose tables are empty; what the test writes is deleted after it."""
    written.empty(models())  # of tests without this fixture
    yield dynamodb_test_tables
    written.empty(models())
