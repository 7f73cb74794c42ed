"""Statements of PartiQL and transactions, read as the calls that they stand for.

A batch or a transaction of few items in a loop is a loop as that of single calls is: what
differs from one turn to the next are values. Each becomes parameters as a single call has them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

# The most statements or items that one call takes, of DynamoDB.
MOST: Final = {"ExecuteStatement": 1, "BatchExecuteStatement": 25, "TransactGetItems": 100}
# What such parameters say besides: "read" or "write".
DOES: Final = "queryaudit-does"

_TOKENS: Final = re.compile(
    r"""'(?:[^']|'')*'|"[^"]*"|(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b"""
)
_LISTS: Final = re.compile(r"\?(?:\s*,\s*\?)+")
_TABLE: Final = re.compile(
    r"""\b(?:FROM|INTO|UPDATE)\s+(?:"([^"]+)"|([\w-]+))(?:\s*\.\s*(?:"([^"]+)"|([\w-]+)))?""",
    re.IGNORECASE,
)
_MAX_TEXT: Final = 8_192  # characters, as many as DynamoDB takes


class Statement(NamedTuple):
    """One statement without its values: ``values`` are those that stood in its text."""

    table: str
    of_index: str
    text: str
    values: tuple[str, ...]

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.text[:6].upper() == "SELECT"


def read_statement(statement: str) -> Statement:
    """Return the table, the index and the text without values of a statement of PartiQL."""
    values: list[str] = []

    def put(found: re.Match[str]) -> str:
        text = found[0]
        if text[0] == '"':
            return text  # a name
        values.append(text)
        return "?"

    text = " ".join(_TOKENS.sub(put, statement[:_MAX_TEXT]).split())
    named = _TABLE.search(text)
    table, index = "", ""
    if named is not None:
        table, index = named[1] or named[2], named[3] or named[4] or ""
    return Statement(table, index, _LISTS.sub("?", text), tuple(values))


def as_single(operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``params`` as a single call of one table would have them.

    As they are where they are of several tables or forms, or where a call is filled so far
    that two could not be one.
    """
    if operation == "TransactGetItems":
        gets = [one["Get"] for one in params.get("TransactItems") or () if "Get" in one]
        found = _as_get(gets)
    else:
        asked = params.get("Statements") or [params]
        found = _as_query([(read_statement(str(one["Statement"])), one) for one in asked], params)
    count = len(params.get("TransactItems") or params.get("Statements") or "1")
    return params if found is None or count * 2 > max(2, MOST[operation]) else found


def _as_get(gets: list[Mapping[str, Any]]) -> dict[str, Any] | None:
    if len({repr({**one, "Key": sorted(one.get("Key", ()))}) for one in gets}) != 1:
        return None
    found = {**gets[0], DOES: "read"}
    if len(gets) > 1:
        found["ExpressionAttributeValues"] = _numbered(repr(one["Key"]) for one in gets)
        found["Key"] = {name: {} for name in gets[0]["Key"]}
    return found


def _as_query(
    statements: list[tuple[Statement, Mapping[str, Any]]], params: Mapping[str, Any]
) -> dict[str, Any] | None:
    if len({one[:3] for one, _ in statements}) != 1 or not statements[0][0].table:
        return None
    first = statements[0][0]
    found: dict[str, Any] = {
        "TableName": first.table,
        "KeyConditionExpression": first.text,
        "Limit": params.get("Limit"),
        "ExclusiveStartKey": params.get("NextToken"),
        DOES: "read" if first.reads else "write",
    }
    if first.of_index:
        found["IndexName"] = first.of_index
    if first.reads:  # what a write puts there is compared with nothing, and may be large
        found["ExpressionAttributeValues"] = _numbered(
            text
            for statement, given in statements
            for text in (*statement.values, *map(repr, given.get("Parameters") or ()))
        )
    return found


def _numbered(texts: Iterable[str]) -> dict[str, dict[str, str]]:
    return {f"?{number}": {"": text} for number, text in enumerate(texts)}


def tables_of(params: Mapping[str, Any]) -> set[str]:
    """Return the tables that a batch or a transaction writes to."""
    items = params.get("TransactItems") or ()
    named = {str(one.get("TableName")) for item in items for one in item.values()}
    statements = params.get("TransactStatements") or params.get("Statements") or ()
    named |= {read_statement(str(one["Statement"])).table for one in statements}
    return {*map(str, params.get("RequestItems") or ()), *named}
