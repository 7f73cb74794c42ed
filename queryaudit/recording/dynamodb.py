"""Calls of DynamoDB: of which shape, from where, how much was read, kept and paid for.

Values are kept until the audit ends, as hashes where they are many; none is ever written out.
"""

from collections.abc import Mapping
from typing import Any, Final

from queryaudit.hooks.botocore import model_of
from queryaudit.recording.callsite import CallSites
from queryaudit.recording.dynamocounts import (
    MAX_WAITING,
    DynamoCounts,
    count_items,
    sum_up,
    units_of,
)
from queryaudit.recording.dynamolast import Alike, LastCall
from queryaudit.recording.dynamoshapes import (
    BATCH_WRITES,
    MOST_SAMPLED,
    SAMPLED,
    DynamoAsked,
    DynamoGroup,
    DynamoShape,
    given_of,
    question_of,
    short_name,
    text_of,
)
from queryaudit.recording.dynamostatements import MOST, as_single, tables_of
from queryaudit.recording.events import AnyPlace, Learnt
from queryaudit.recording.ignores import IGNORING

MAX_SHAPES: Final = 500
MAX_GROUPS: Final = 2_000
MAX_ASKED: Final = 5_000  # different questions remembered, to know them again


class DynamoLedger:
    """All calls of one recording, whose places ``sites`` finds.

    ``latest`` is what counted the last call of a loop beyond doubt: the next is mostly as it.
    """

    __slots__ = (
        "_alike",
        "_asked",
        "_by_key",
        "_kept",
        "_last",
        "_rest",
        "_serials",
        "_sites",
        "_written",
        "groups",
        "is_cut",
        "latest",
        "repeated",
    )

    def __init__(self, sites: CallSites) -> None:
        self._sites = sites
        # Without a place where nobody can be named.
        self.groups: dict[tuple[DynamoShape, AnyPlace | None], DynamoGroup] = {}
        self.repeated: list[DynamoAsked] = []
        self.is_cut = False
        self._rest = DynamoCounts()  # what is over the bounds
        self._kept: DynamoCounts | None = None
        self._by_key: dict[Any, DynamoShape] = {}
        self._last: dict[tuple[str, Any], LastCall] = {}
        self._alike: dict[tuple[str, Any], Alike] = {}
        self.latest: Alike | None = None  # of these
        self._asked: dict[tuple[DynamoShape, int], DynamoAsked] = {}
        self._serials: dict[str, int] = {}
        self._written = 0

    @property
    def shapes(self) -> list[DynamoShape]:
        """The shapes with what their calls brought, in the order of the first calls."""
        if self._kept is None:
            self._count_shapes()
        return list(dict.fromkeys(list(self._by_key.values())))

    @property
    def totals(self) -> DynamoCounts:
        """What all calls brought and took."""
        if self._kept is not None:
            return self._kept
        self._rest.settle()
        return sum_up([self._rest, *self.settle()])

    def forget(self) -> None:
        """Let go what only the rules read; shapes and totals are shown as well."""
        totals = self.totals
        self._count_shapes()
        self._kept = totals
        self.groups, self.repeated, self._asked = {}, [], {}
        self._last, self._alike, self.latest = {}, {}, None

    def settle(self) -> list[DynamoGroup]:
        """Return all groups with all that was answered counted."""
        groups = list(self.groups.values())
        for group in groups:
            group.settle()
        return groups

    def _count_shapes(self) -> None:
        for shape in list(self._by_key.values()):
            shape.begin()
        for group in self.settle():
            group.shape.add(group)

    def expected(self, operation: str, params: Mapping[str, Any]) -> Alike | None:
        """Return what counts a call that begins, where it is one more of a loop beyond doubt.

        None where it is to be recorded.
        """
        alike = self._alike.get((operation, params.get("TableName")))
        if alike is None or {**params, alike.varying: None} != alike.params:
            return None
        self.latest = alike
        return alike

    def record(
        self,
        operation: str,
        params: Mapping[str, Any],
        start: float,
        end: float,
        parsed: Mapping[str, Any],
        size: int = 0,
        retries: int = 0,
    ) -> None:
        """Count one call, which ``parsed`` answered, under its shape and the line that asked.

        ``size`` are the answer's bytes, ``retries`` attempts after the first.
        """
        group: DynamoGroup | None
        told = parsed.get
        table = params.get("TableName")
        last = self._last.get((operation, table))
        self._drop(operation, table)
        if table is None and operation in MOST:
            params = as_single(operation, params)
            table = params.get("TableName")
            last = self._last.get((operation, table))
        given = given_of(operation, table, params)
        is_repeated = last is not None and last.given == given
        if last is not None and is_repeated:
            found = self._sites.find(last.learnt)
            group = last.group
            if found is not last.learnt:
                is_repeated = False
                group = self._group_of(group.shape, found, operation, table, given)
        else:
            shape = self._shape_of(operation, table, given, params)
            found = self._sites.find(shape.learnt if shape else None)
            group = None if shape is None else self._group_of(shape, found, operation, table, given)
        returned = count_items(operation, parsed)
        units = units_of(told("ConsumedCapacity"))
        counts = group or self._rest
        scanned = told("ScannedCount", returned)
        counts.waiting.append((start, end, returned, scanned, size, retries, units))
        if len(counts.waiting) >= MAX_WAITING:
            counts.settle()
        if group is None or (group.shape.is_paged and _is_further(group, params, parsed)):
            return
        self._note_call(group, found, params)
        if last is not None and is_repeated and group.is_loop:
            alike = last.expect(params)
            if alike is not None:
                self.latest = self._alike[operation, table] = alike

    def _note_call(
        self, group: DynamoGroup, found: Learnt | None, params: Mapping[str, Any]
    ) -> None:
        """Note who made a call, and what it asked for or wrote."""
        blocks = IGNORING.get()
        if blocks:
            group.within[blocks] = group.within.get(blocks, 0) + 1
        if group.alike:
            group.count_alike()
        group.calls = calls = group.calls + 1
        is_sample = calls >= group.due
        if is_sample:
            group.due = calls + min(max(calls, SAMPLED), MOST_SAMPLED)
        if group.is_loop and not is_sample:
            group.stacks[group.last_stack] += 1
        else:
            is_own = found is not None and found.place.own
            group.count_stack(self._sites.stack_hash(found, 1) if is_own else 0)  # type: ignore[arg-type]
        if not group.shape.is_read:
            self._note_write(group.shape, params)
        elif is_sample or not (group.is_loop and group.varied):
            self._know_again(group, params)

    def _group_of(
        self, shape: DynamoShape, found: Learnt | None, operation: str, table: Any, given: Any
    ) -> DynamoGroup | None:
        """Return the group of a shape and a line; None over the bound."""
        place = None if found is None else found.place
        if found is not shape.learnt:
            shape.learnt = found
            self._sites.learn(shape.text, found)
        shape.place = shape.place or place
        group = self.groups.get((shape, place))
        if group is None:
            if len(self.groups) >= MAX_GROUPS:
                self.is_cut = True
                return None
            group = self.groups[shape, place] = DynamoGroup(shape, place)
        self._last[operation, table] = LastCall(given, found, group)
        return group

    def _shape_of(
        self, operation: str, table: Any, given: Any, params: Mapping[str, Any]
    ) -> DynamoShape | None:
        """Return the shape of a call; None over the bound."""
        *parts, names = given
        key = operation, table, *parts, tuple(names.items()) if names else None
        known = self._by_key.get(key)
        if known is not None:
            return known
        if len(self._by_key) >= MAX_SHAPES:
            self.is_cut = True
            return None
        tables = [short_name(str(one)) for one in ([table] if table else parts[0])]
        name = ", ".join(model_of(one) or f"dynamodb.{one}" for one in tables)
        text = text_of(operation, name.replace("dynamodb.", ""), params)
        alike = (one for one in self._by_key.values() if one.text == text)
        shape = next(alike, None)
        if shape is None:
            shape = DynamoShape(operation, ", ".join(tables), name, params, text)
            shape.learnt = self._sites.recall(text)
        self._by_key[key] = shape
        return shape

    def _drop(self, operation: str, table: Any) -> None:
        """Expect no more calls as those before."""
        alike = self._alike.pop((operation, table), None)
        if alike is not None:
            alike.room = 0
        self.latest = None

    def _note_write(self, shape: DynamoShape, params: Mapping[str, Any]) -> None:
        if shape.is_write:
            tables = {shape.table}
        elif shape.operation in BATCH_WRITES:
            tables = set(map(short_name, tables_of(params)))
        else:
            return
        self._written += 1
        for table in tables:
            self._serials[table] = self._written
        for key, alike in list(self._alike.items()):
            if alike.is_one_key:
                self._drop(*key)

    def _know_again(self, group: DynamoGroup, params: Mapping[str, Any]) -> None:
        serial = self._serials.get(group.shape.table, 0) if self._serials else 0
        asked = group.asked
        question = question_of(params)
        if asked is None or asked.question != question or asked.serial != serial:
            asked = self._asked.get((group.shape, question))
            if asked is None or asked.serial != serial:
                group.compare(params)
                if len(self._asked) >= MAX_ASKED:
                    return
                asked = DynamoAsked(group, question, serial)
                self._asked[group.shape, question] = asked
            group.asked = asked
        asked.count += 1
        if asked.count == 2:
            self.repeated.append(asked)


def _is_further(group: DynamoGroup, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> bool:
    """Note a page of a query, and return whether it is one after the first, which is no repeat."""
    shape = group.shape
    is_further = params.get("ExclusiveStartKey") is not None
    if not shape.is_count:
        group.run = group.run + 1 if is_further else 1
        if group.run > group.longest and not params.get("Limit"):
            group.longest = group.run
    if not shape.last_key and parsed.get("LastEvaluatedKey"):
        shape.last_key = tuple(parsed["LastEvaluatedKey"])
    return is_further
