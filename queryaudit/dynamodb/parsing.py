"""Read answers as JSON, without botocore's walk along the shapes of its model.

DynamoDB's JSON is what PynamoDB works on, but for binary values, which are base64. botocore
checks each value against its model and copies it: half of the time of a read. Its factory of
parsers is a component of the session, which ``register_component`` replaces in public.
"""

import json
import re
from base64 import b64decode
from typing import Any, Final

from botocore.parsers import ResponseParser, ResponseParserFactory

# Answers that hold items; all others, and all errors, are parsed by botocore.
_MEMBERS: Final = {
    "GetItemOutput": {"Item", "ConsumedCapacity"},
    "QueryOutput": {"Items", "Count", "ScannedCount", "LastEvaluatedKey", "ConsumedCapacity"},
    "ScanOutput": {"Items", "Count", "ScannedCount", "LastEvaluatedKey", "ConsumedCapacity"},
    "BatchGetItemOutput": {"Responses", "UnprocessedKeys", "ConsumedCapacity"},
}


# The beginning of a binary value, or of a text that looks like it; searched four times as
# fast as two texts, in answers of a megabyte.
_BINARY: Final = re.compile(rb'\{\s*"BS?"')


class ItemParser:
    """Stands before botocore's parser and does its work for answers with items."""

    def __init__(self, parser: ResponseParser) -> None:
        self._parser = parser

    def parse(self, response: Any, shape: Any) -> Any:
        """Return the answer as botocore would: its members, and ``ResponseMetadata``."""
        members = _MEMBERS.get(shape.name) if shape is not None else None
        if members is None or response["status_code"] != 200:
            return self._parser.parse(response, shape)
        body = response["body"]
        try:
            parsed = json.loads(body)
            # Another member is one of a newer version: botocore's model may know it.
            if not isinstance(parsed, dict) or not parsed.keys() <= members:
                return self._parser.parse(response, shape)
            if _BINARY.search(body):
                _decode_binaries(parsed)
        except ValueError:
            return self._parser.parse(response, shape)
        headers = response["headers"]
        lowered = {name.lower(): value for name, value in headers.items()}  # as botocore has them
        metadata = {"HTTPStatusCode": 200, "HTTPHeaders": lowered}
        if "x-amzn-requestid" in headers:
            metadata["RequestId"] = headers["x-amzn-requestid"]
        parsed["ResponseMetadata"] = metadata
        return parsed


class ItemParserFactory(ResponseParserFactory):  # type: ignore[misc]  # has no types
    """Gives ``ItemParser`` where botocore gives its own parser of JSON."""

    def create_parser(self, protocol_name: str) -> Any:
        """Return the parser of a protocol."""
        parser = super().create_parser(protocol_name)
        return ItemParser(parser) if protocol_name == "json" else parser


def _decode_binaries(parsed: dict[str, Any]) -> None:
    items = [*parsed.get("Items", ())]
    if parsed.get("Item"):
        items.append(parsed["Item"])
    if parsed.get("LastEvaluatedKey"):
        items.append(parsed["LastEvaluatedKey"])
    for found in parsed.get("Responses", {}).values():
        items += found
    for left in parsed.get("UnprocessedKeys", {}).values():
        items += left["Keys"]
    for item in items:
        for value in item.values():
            _decode(value)


def _decode(value: dict[str, Any]) -> None:
    """Decode one value in place: ``{"B": text}``, and what lies within maps and lists."""
    for kind, given in value.items():
        if kind == "B":
            value[kind] = b64decode(given)
        elif kind == "BS":
            value[kind] = [b64decode(one) for one in given]
        elif kind == "L":
            for one in given:
                _decode(one)
        elif kind == "M":
            for one in given.values():
                _decode(one)
