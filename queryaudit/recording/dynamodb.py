"""Calls of DynamoDB: of which shape, from where, how much was read, kept and paid for.

Values are kept as hashes, until the audit ends; none is ever written out.
"""

import re
from array import array
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from queryaudit.recording.events import AnyPlace, Learnt
from queryaudit.recording.ignores import Ignore

MAX_SHAPES: Final = 500
MAX_GROUPS: Final = 2_000
MAX_ASKED: Final = 5_000  # different questions remembered, to know them again
MAX_STACKS: Final = 16  # of one group
COMPARED: Final = 8  # calls of a loop whose values are compared, and each eighth after them
MAX_SPANS: Final = 10_000  # of one shape, of which its lane of time is drawn

READS: Final = {"GetItem", "Query", "Scan"}  # BatchGetItem and transactions are batches already
WRITES: Final = {"PutItem", "UpdateItem", "DeleteItem"}
_BATCH_WRITES: Final = {"BatchWriteItem", "TransactWriteItems"}
_VALUES = re.compile(r":\w+(?:\s*,\s*:\w+)*")
_EXPRESSIONS: Final = (
    ("KeyConditionExpression", ""),
    ("FilterExpression", "filter "),
    ("ConditionExpression", "if "),
    ("UpdateExpression", ""),
    ("ProjectionExpression", "fields "),
)


class DynamoCall(NamedTuple):
    """One call as it was made and answered.

    ``capacity`` is None where the request did not ask what it consumed, ``returned`` and
    ``scanned`` are numbers of items, ``size`` bytes of the answer.
    """

    operation: str
    params: Mapping[str, Any]
    start: float
    seconds: float
    capacity: float | None
    returned: int
    scanned: int
    size: int
    retries: int


class DynamoShape:
    """Calls that differ in values alone; ``text`` says what they ask for."""

    __slots__ = (
        "count",
        "index",
        "is_count",
        "is_filtered",
        "learnt",
        "operation",
        "place",
        "seconds",
        "spans",
        "table",
        "text",
    )

    def __init__(self, operation: str, table: str, params: Mapping[str, Any], text: str) -> None:
        self.operation = operation
        self.table = table
        self.index = str(params.get("IndexName") or "")
        self.is_filtered = "FilterExpression" in params
        self.is_count = params.get("Select") == "COUNT"
        self.text = text
        self.count = 0
        self.seconds = 0.0
        self.spans = array("d")
        self.place: AnyPlace | None = None
        self.learnt: Learnt | None = None


class DynamoGroup:
    """Calls of one shape from one place.

    ``calls`` leaves out the further pages of a query; ``longest`` is the most pages that one
    had without a Limit. ``stacks`` counts the calls by the hash of who called; ``varied``
    names the attributes whose values were not always the same. ``wasted`` are capacity units
    that went into items which the filter left out, None where capacity was never asked for.
    ``is_settled`` tells that it is a loop beyond doubt: of most calls the values are then not
    compared.
    """

    __slots__ = (
        "calls",
        "capacity",
        "count",
        "first",
        "is_paged",
        "is_read",
        "is_settled",
        "longest",
        "place",
        "returned",
        "run",
        "scanned",
        "seconds",
        "shape",
        "stacks",
        "varied",
        "wasted",
        "within",
    )

    def __init__(self, shape: DynamoShape, place: AnyPlace) -> None:
        self.shape = shape
        self.place = place
        self.count = 0
        self.calls = 0
        self.seconds = 0.0
        self.returned = 0
        self.scanned = 0
        self.capacity: float | None = None
        self.wasted: float | None = None
        self.is_paged = shape.operation in {"Query", "Scan"} and not shape.is_count
        self.is_read = shape.operation in READS
        self.is_settled = False
        self.run = 0
        self.longest = 0
        self.first: dict[str, str] | None = None
        self.varied: set[str] = set()
        self.stacks: dict[int, int] = {}
        self.within: dict[tuple[Ignore, ...], int] = {}

    def add(self, call: DynamoCall) -> None:
        """Count one call: what it read, and what of that was paid for in vain."""
        _, _, _, seconds, capacity, returned, scanned, _, _ = call
        self.count += 1
        self.seconds += seconds
        self.returned += returned
        self.scanned += scanned
        if capacity is not None:
            self.capacity = (self.capacity or 0.0) + capacity
            if scanned > returned:
                self.wasted = (self.wasted or 0.0) + capacity * (scanned - returned) / scanned

    def compare(self, params: Mapping[str, Any]) -> None:
        """Note which values are others than those of the first call."""
        values = _values_of(params)
        if self.first is None:
            self.first = values
        elif values != self.first:
            first = self.first
            self.varied |= {name for name in values if values[name] != first.get(name)}
            self.is_settled = max(self.stacks.values()) > COMPARED


class DynamoAsked:
    """One question, values included; nothing was written to its table in between."""

    __slots__ = ("count", "group", "serial")

    def __init__(self, group: DynamoGroup, serial: int) -> None:
        self.group = group
        self.serial = serial
        self.count = 0


class DynamoLedger:
    """All calls of one recording."""

    __slots__ = ("_asked", "_by_key", "_serials", "_written", "groups", "is_cut", "repeated")

    def __init__(self) -> None:
        self.groups: dict[tuple[DynamoShape, AnyPlace], DynamoGroup] = {}
        self.repeated: list[DynamoAsked] = []
        self.is_cut = False
        self._by_key: dict[Any, DynamoShape] = {}
        self._asked: dict[tuple[DynamoShape, int], DynamoAsked] = {}
        self._serials: dict[str, int] = {}
        self._written = 0

    @property
    def shapes(self) -> list[DynamoShape]:
        """The shapes, in the order of their first calls."""
        return list(dict.fromkeys(self._by_key.values()))

    def forget(self) -> None:
        """Let go what only the rules read; the shapes are shown as well."""
        self.groups, self.repeated, self._asked = {}, [], {}

    def shape_of(self, operation: str, params: Mapping[str, Any]) -> DynamoShape | None:
        """Return the shape of a call; None over the bound."""
        get = params.get
        names = get("ExpressionAttributeNames")
        if operation == "GetItem":
            key: Any = (
                operation,
                get("TableName"),
                get("ProjectionExpression"),
                tuple(names.items()) if names else None,
            )
            known = self._by_key.get(key)
            return known or self._begin_shape(key, operation, params)
        key = (
            operation,
            get("TableName") or tuple(get("RequestItems") or ()),
            get("IndexName"),
            get("KeyConditionExpression"),
            get("FilterExpression"),
            get("ProjectionExpression"),
            get("ConditionExpression"),
            get("UpdateExpression"),
            get("Select"),
            tuple(names.items()) if names else None,
        )
        try:
            return self._by_key[key]
        except KeyError:
            return self._begin_shape(key, operation, params)

    def _begin_shape(
        self, key: Any, operation: str, params: Mapping[str, Any]
    ) -> DynamoShape | None:
        if len(self._by_key) >= MAX_SHAPES:
            self.is_cut = True
            return None
        tables = params.get("TableName") or ", ".join(params.get("RequestItems") or ())
        text = _text_of(operation, tables, params)
        alike = (one for one in self._by_key.values() if one.text == text)
        shape = next(alike, None) or DynamoShape(operation, tables, params, text)
        self._by_key[key] = shape
        return shape

    def record(
        self, shape: DynamoShape, place: AnyPlace, call: DynamoCall, stack: int
    ) -> DynamoGroup | None:
        """Count one call under its group and its question; None over the bound."""
        group = self.groups.get((shape, place))
        if group is None:
            if len(self.groups) >= MAX_GROUPS:
                self.is_cut = True
                return None
            group = self.groups[shape, place] = DynamoGroup(shape, place)
        group.add(call)
        params = call.params
        is_further = "ExclusiveStartKey" in params
        if group.is_paged:
            group.run = group.run + 1 if is_further else 1
            if group.run > group.longest and not params.get("Limit"):
                group.longest = group.run
        if is_further:
            return group  # a page is no repeat
        group.calls += 1
        stacks = group.stacks
        if stack in stacks:
            stacks[stack] += 1
        elif len(stacks) < MAX_STACKS:
            stacks[stack] = 1
        if not group.is_read:
            self._note_write(shape, call)
        elif not group.is_settled or not group.calls % COMPARED:
            self._know_again(group, params)
        return group

    def _note_write(self, shape: DynamoShape, call: DynamoCall) -> None:
        if shape.operation in WRITES | _BATCH_WRITES:
            self._written += 1
            for table in call.params.get("RequestItems") or (shape.table,):
                self._serials[table] = self._written

    def _know_again(self, group: DynamoGroup, params: Mapping[str, Any]) -> None:
        get = params.get
        given = repr((get("Key"), get("ExpressionAttributeValues"), get("Limit")))
        question = group.shape, hash(given)
        asked = self._asked.get(question)
        if asked is None or asked.serial != self._serials.get(group.shape.table, 0):
            group.compare(params)
            if len(self._asked) >= MAX_ASKED:
                return
            serial = self._serials.get(group.shape.table, 0)
            asked = self._asked[question] = DynamoAsked(group, serial)
        asked.count += 1
        if asked.count == 2:
            self.repeated.append(asked)


def _values_of(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that a read asks by, as texts to compare: by attribute or placeholder."""
    given = {**(params.get("Key") or {}), **(params.get("ExpressionAttributeValues") or {})}
    return {name: repr(value) for name, value in given.items()}


def _text_of(operation: str, table: str, params: Mapping[str, Any]) -> str:
    """Return what a call asks for: names put in, values left out."""
    names = params.get("ExpressionAttributeNames") or {}
    index = f".{params['IndexName']}" if params.get("IndexName") else ""
    parts = [f"{operation} {table}{index}"]
    if params.get("Key"):
        parts.append(" AND ".join(f"{name} = ?" for name in sorted(params["Key"])))
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
    return " · ".join(parts)[:2_000]
