"""What calls of DynamoDB ask for: their shape, without values, and calls of one shape and line."""

import re
from collections.abc import Mapping
from typing import Any, Final

from queryaudit.recording.dynamocounts import DynamoCounts
from queryaudit.recording.dynamostatements import DOES
from queryaudit.recording.events import AnyPlace, Learnt
from queryaudit.recording.ignores import Ignore

_READS: Final = {"GetItem", "Query", "Scan"}  # BatchGetItem is a batch already
_WRITES: Final = {"PutItem", "UpdateItem", "DeleteItem"}
BATCH_WRITES: Final = {
    "BatchExecuteStatement",
    "BatchWriteItem",
    "ExecuteTransaction",
    "TransactWriteItems",
}
_PAGED: Final = {"Query", "Scan"}
_VALUES = re.compile(r":\w+(?:\s*,\s*:\w+)*")
_EXPRESSIONS: Final = (
    ("KeyConditionExpression", ""),
    ("FilterExpression", "filter "),
    ("ConditionExpression", "if "),
    ("UpdateExpression", ""),
    ("ProjectionExpression", "fields "),
)
_LEGACY: Final = ("KeyConditions", "QueryFilter")
_ASKED: Final = ("Key", "ExpressionAttributeValues", *_LEGACY)  # what holds a read's values
_GIVEN: Final = ("IndexName", *(name for name, _ in _EXPRESSIONS), "Select")  # never values
_MAX_TEXT: Final = 2_000  # characters
MAX_STACKS: Final = 16  # of one group
COMPARED: Final = 8  # calls of one loop, after which it is beyond doubt
# Of a loop beyond doubt that many calls are passed before one is looked at whole again: as many as
# there were, within these bounds.
SAMPLED: Final = 64
MOST_SAMPLED: Final = 1_024


class DynamoShape(DynamoCounts):
    """Calls that differ in values alone; ``text`` says what they ask for.

    ``name`` is ``app.Model`` of the model whose table it is, else ``dynamodb.table``;
    ``last_key`` the names of the key that a page ended with. What they brought is counted
    when it is asked for.
    """

    __slots__ = (
        "index",
        "is_count",
        "is_filtered",
        "is_paged",
        "is_read",
        "is_write",
        "last_key",
        "learnt",
        "name",
        "operation",
        "place",
        "table",
        "text",
    )

    def __init__(
        self, operation: str, table: str, name: str, params: Mapping[str, Any], text: str
    ) -> None:
        super().__init__()
        self.operation = operation
        self.table = table
        self.name = name
        self.index = str(params.get("IndexName") or "")
        self.is_filtered = "FilterExpression" in params or "QueryFilter" in params
        self.is_count = params.get("Select") == "COUNT"
        does = params.get(DOES)
        self.is_read = operation in _READS or does == "read"
        self.is_write = operation in _WRITES or does == "write"
        self.is_paged = operation in _PAGED or (operation == "ExecuteStatement" and self.is_read)
        self.last_key: tuple[str, ...] = ()
        self.text = text
        self.place: AnyPlace | None = None
        self.learnt: Learnt | None = None


class DynamoGroup(DynamoCounts):
    """Calls of one shape from one place.

    ``calls`` leaves out the further pages of a query; ``longest`` is the most pages that one
    had without a Limit. ``stacks`` counts the calls by the hash of who called; ``varied``
    names the attributes whose values were not always the same. ``is_loop`` tells that it is one
    beyond doubt: who called is then looked at at call ``due``, and so are values that vary.
    ``asked`` is the last question; ``alike`` counts calls of such a loop that were not looked at.
    """

    __slots__ = (
        "alike",
        "asked",
        "calls",
        "due",
        "first",
        "is_loop",
        "last_stack",
        "longest",
        "place",
        "run",
        "shape",
        "stacks",
        "varied",
        "within",
    )

    def __init__(self, shape: DynamoShape, place: AnyPlace | None) -> None:
        super().__init__()
        self.shape = shape
        self.place = place
        self.alike = 0
        self.calls = 0
        self.due = SAMPLED
        self.is_loop = False
        self.run = 0
        self.longest = 0
        self.asked: DynamoAsked | None = None
        self.first: dict[str, str] | None = None
        self.varied: set[str] = set()
        self.last_stack = 0
        self.stacks: dict[int, int] = {}
        self.within: dict[tuple[Ignore, ...], int] = {}

    def settle(self) -> None:
        """Count the calls that wait, those that were alike with all that the last one was."""
        super().settle()
        self.count_alike()

    def count_alike(self) -> None:
        """Count the calls that were not looked at, as from who made the last one."""
        alike, self.alike = self.alike, 0
        if alike:
            self.calls += alike
            self.stacks[self.last_stack] += alike
            if not self.varied and self.asked is not None:
                self.asked.count += alike

    def count_stack(self, stack: int) -> None:
        """Count a call of who called; the last of many different ones stand for further ones."""
        stacks = self.stacks
        if stack in stacks or len(stacks) < MAX_STACKS:
            self.last_stack = stack
            stacks[stack] = stacks.get(stack, 0) + 1
        self.is_loop = stacks[self.last_stack] > COMPARED

    def compare(self, params: Mapping[str, Any]) -> None:
        """Note which values are others than those of the first call."""
        first, varied = self.first, self.varied
        is_first = first is None
        if first is None:
            first = self.first = {}
        elif len(varied) >= len(first):
            return
        for given in filter(None, map(params.get, _ASKED)):
            for name, value in given.items():
                if is_first:
                    first[name] = repr(value)  # a text: the site may change its own in place
                elif name not in varied and first.get(name) != repr(value):
                    varied.add(name)


class DynamoAsked:
    """One question, values included; nothing was written to its table in between."""

    __slots__ = ("count", "group", "question", "serial")

    def __init__(self, group: DynamoGroup, question: int, serial: int) -> None:
        self.group = group
        self.question = question
        self.serial = serial
        self.count = 0


def copied(part: Any) -> Any:
    """Return a copy, two deep: the site may change its own in place for the next call."""
    if isinstance(part, dict):
        return {name: dict(one) if isinstance(one, dict) else one for name, one in part.items()}
    return list(part) if isinstance(part, list) else part


def question_of(params: Mapping[str, Any]) -> int:
    """Return what is the same for calls of one shape that ask by the same values."""
    get = params.get
    key, values = get("Key"), get("ExpressionAttributeValues")
    try:
        return hash(
            (
                key and tuple([(name, *value.items()) for name, value in key.items()]),
                values and tuple([(name, *value.items()) for name, value in values.items()]),
                get("Limit"),
                repr([get(part) for part in _LEGACY]) if "KeyConditions" in params else None,
            )
        )
    except (AttributeError, TypeError):  # sets, lists, maps; what boto3's resources hold
        return hash(repr([get(part) for part in (*_ASKED, "Limit")]))


def legacy_of(params: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return names and operators of conditions as they were written before expressions."""
    return tuple(
        (name, str(condition.get("ComparisonOperator")))
        for part in _LEGACY
        for name, condition in (params.get(part) or {}).items()
    )


def given_of(operation: str, table: str | None, params: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what of a call makes its shape, beside operation and table; names come last."""
    names = params.get("ExpressionAttributeNames")
    if operation == "GetItem":
        fields = params.get("AttributesToGet")
        return params.get("ProjectionExpression"), tuple(fields or ()) or None, names
    return (
        tuple(params.get("RequestItems") or ()) if table is None else None,
        *map(params.get, _GIVEN),
        legacy_of(params) if "KeyConditions" in params else None,
        names,
    )


def short_name(table: str) -> str:
    """Return the name of a table that may be told by its ARN."""
    return table.rpartition("/")[2] if table.startswith("arn:") else table


def text_of(operation: str, name: str, params: Mapping[str, Any]) -> str:
    """Return what a call asks for: names put in, values left out."""
    names = params.get("ExpressionAttributeNames") or {}
    index = f".{params['IndexName']}" if params.get("IndexName") else ""
    parts = [f"{operation} {name}{index}".rstrip()]
    if DOES in params and "Key" not in params:
        return " · ".join([*parts, str(params["KeyConditionExpression"])])[:_MAX_TEXT]
    if params.get("Key"):
        parts.append(" AND ".join(f"{name} = ?" for name in sorted(params["Key"])))
    if "KeyConditions" in params:
        parts.append(" AND ".join(f"{name} {operator} ?" for name, operator in legacy_of(params)))
    if params.get("AttributesToGet"):
        parts.append(f"fields {', '.join(params['AttributesToGet'])}")
    for expression, word in _EXPRESSIONS:
        text = params.get(expression)
        if isinstance(text, str):
            text = _VALUES.sub("?", text)
            # PynamoDB numbers names, so that unlike calls would look alike.
            text = re.sub(r"#\w+", lambda found: str(names.get(found[0], found[0])), text)
            parts.append(word + text)
        elif text is not None:  # boto3's conditions, where its own handler did not come first
            parts.append(f"{word}{type(text).__name__}")
    if params.get("Select") == "COUNT":
        parts.append("count")
    return " · ".join(parts)[:_MAX_TEXT]
