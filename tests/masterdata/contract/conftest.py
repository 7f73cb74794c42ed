"""The server and tables of DynamoDB, as its own tests have them; what is declared here alone."""

from collections.abc import Iterator

import pytest

from queryaudit.masterdata import registry
from tests.dynamodb.conftest import _auditor, _tables, tables
from tests.masterdata.contract.declared import DECLARED

__all__ = ["_auditor", "_tables", "tables"]


@pytest.fixture(autouse=True)
def _declared() -> Iterator[None]:
    """What the modules of the contract declare, and a test of it, is gone after the test."""
    before = list(registry.declared)
    for one in DECLARED:
        registry.declare(one)
    yield
    registry.declared[:] = before
    registry.forget()
