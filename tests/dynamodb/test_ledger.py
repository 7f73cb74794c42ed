"""What the ledger of calls takes as it comes, whoever wrote the request."""

from typing import Any

import pytest

from queryaudit.recording.callsite import CallSites
from queryaudit.recording.dynamodb import DynamoLedger


@pytest.mark.parametrize("fields", [None, [], ["song"], ("song",)])
def test_the_fields_of_a_get_are_any_list(fields: Any) -> None:
    ledger = DynamoLedger(CallSites())
    asked = {"TableName": "plays", "Key": {"song": {"S": "a"}}, "AttributesToGet": fields}
    for start in range(3):
        ledger.record("GetItem", asked, start, 0.1, {"Item": {}})
    (shape,) = ledger.shapes
    assert (shape.count, shape.returned) == (3, 3)
    assert ("fields song" in shape.text) == bool(fields)
