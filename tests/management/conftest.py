"""What the tests of commands have in common."""

from collections.abc import Iterator

import pytest
from django.test import override_settings


@pytest.fixture(autouse=True)
def _no_slow_query() -> Iterator[None]:
    """A machine with other work makes a query slow, which is no finding of these tests."""
    with override_settings(QUERYAUDIT={"LIMITS": {"SLOW_MS": 60_000}}):
        yield
