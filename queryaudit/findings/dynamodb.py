"""What calls of DynamoDB mean: loops, repeats, scans, and capacity that is paid for in vain."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts
from queryaudit.findings.uses import at_use
from queryaudit.recording.dynamoshapes import DynamoAsked, DynamoGroup, DynamoShape
from queryaudit.recording.events import AnyPlace

_LEAST_WASTED = 1.0  # capacity units: below, rounding up costs more than the filter
_LEAST_SCANNED = 100  # items, where capacity was not asked for
_STATEMENTS = {
    "ExecuteStatement": "BatchExecuteStatement: one call for 25 statements by whole keys",
    "BatchExecuteStatement": "one BatchExecuteStatement for 25 statements",
    "TransactGetItems": "one TransactGetItems for 100 items",
}
_BATCH = {"GetItem": 100, "PutItem": 25, "DeleteItem": 25}


def find_dynamodb(facts: Facts, context: Context) -> list[Found]:
    """Return the findings about the calls of DynamoDB; none where there were none."""
    ledger = facts.recorder.dynamodb
    if ledger is None:
        return []
    groups = ledger.settle()
    own = [group for group in groups if group.place is not None and group.place.own]
    looped = [group for group in own if _is_loop(group, context.limits.n_plus_one)]
    written = {group.place for group in own if group.shape.is_write}
    found = [
        _write_in_loop(group) if group.shape.is_write else _n_plus_one(group)
        for group in looped
        # get_or_create() and its like look before they write: the write is the finding.
        if group.shape.is_write or group.place not in written
    ]
    found += _duplicates([one for one in ledger.repeated if one.group not in looped])
    for group in own:
        if group.shape.operation == "Scan":
            found += [_full_scan(group)] if group.longest else []
        elif _wastes(group, context.limits.filter_waste):
            found.append(_filter_waste(group))
        elif group.longest >= context.limits.unbounded_pages:
            found.append(_unbounded(group))
    return found


def _is_loop(group: DynamoGroup, limit: int) -> bool:
    shape = group.shape
    if max(group.stacks.values(), default=0) < limit:
        return False
    return shape.is_write or (shape.is_read and shape.operation != "Scan" and bool(group.varied))


def _found(
    kind: str, group: DynamoGroup, *, fix: str, count: int, left: int | None, seconds: float
) -> Found:
    shape = group.shape
    found = at_use(
        kind,
        (cast("AnyPlace", group.place),),  # its own, which every rule asks for
        names=(shape.text,),
        relation=shape.name,
        count=count,
        duration=seconds,
        fix=fix,
        saves=0,  # of SQL
        asked=(group,),
    )
    return found._replace(finding=replace(found.finding, noun="call", calls_left=left))


def _n_plus_one(group: DynamoGroup) -> Found:
    shape, calls = group.shape, group.calls
    if shape.operation == "GetItem":
        left: int | None = -(-calls // _BATCH["GetItem"])
        fix = "in_bulk(keys) before the loop: one BatchGetItem for 100 keys"
        if len(group.first or ()) == 2 and len(group.varied) == 1:
            fix += f"; or one query of a range of {next(iter(group.varied))}"
    elif shape.operation in _STATEMENTS:
        left = None
        fix = f"{_STATEMENTS[shape.operation]} before the loop, or in_bulk(keys)"
    else:
        left = None
        fix = "one query of the range, or in_bulk(keys), before the loop"
    return _found(
        "n_plus_one", group, fix=fix, count=calls, left=left, seconds=_seconds(group, calls)
    )


def _write_in_loop(group: DynamoGroup) -> Found:
    operation, calls = group.shape.operation, group.calls
    fix, left = "TransactWriteItems, or bulk_create(objects) of whole items", None
    if operation in _STATEMENTS:
        fix = f"{_STATEMENTS[operation]} after the loop, or bulk_create(objects) of whole items"
    elif operation in _BATCH:
        left = -(-calls // _BATCH[operation])
        fix = (
            "bulk_create(objects) after the loop: one BatchWriteItem for 25"
            if operation == "PutItem"
            else "queryset.delete(), or model.batch_write(): one BatchWriteItem for 25"
        )
    return _found(
        "write_in_loop", group, fix=fix, count=calls, left=left, seconds=_seconds(group, calls)
    )


def _duplicates(repeated: Sequence[DynamoAsked]) -> list[Found]:
    by_group: defaultdict[DynamoGroup, list[DynamoAsked]] = defaultdict(list)
    for asked in repeated:
        if asked.group.place is not None and asked.group.place.own:
            by_group[asked.group].append(asked)
    return [
        _found(
            "duplicate",
            group,
            fix="keep the result in a variable or a cached_property",
            count=sum(one.count for one in alike),
            left=len(alike),
            seconds=_seconds(group, sum(one.count for one in alike)),
        )
        for group, alike in by_group.items()
    ]


def _full_scan(group: DynamoGroup) -> Found:
    read = f"{group.scanned:,} items read"
    kept = f", {group.returned:,} kept" if group.scanned != group.returned else ""
    return _found(
        "full_scan",
        group,
        fix=f"a query by hash key, or an index that has one: {read}{kept}{_units(group)}",
        count=group.count,
        left=None,
        seconds=group.seconds,
    )


def _unbounded(group: DynamoGroup) -> Found:
    range_key = _free_range_key(group.shape)
    narrower = f"a condition on the range key {range_key}, " if range_key else ""
    return _found(
        "unbounded_query",
        group,
        fix=f"{narrower}set_limit(n) with last_evaluated_key, or iterator(): "
        f"{group.longest} pages of 1 MB{_units(group)}",
        count=group.count,
        left=None,
        seconds=group.seconds,
    )


def _free_range_key(shape: DynamoShape) -> str:
    """Return the range key that the condition leaves out; empty where it is not known.

    A page ends with the whole key of its last item: hash key and range key of a table.
    """
    condition = set(re.findall(r"[\w.-]+", shape.text.partition(" · ")[2].partition(" · ")[0]))
    free = [] if shape.index else [name for name in shape.last_key if name not in condition]
    return free[0] if len(free) == 1 else ""


def _wastes(group: DynamoGroup, limit: float) -> bool:
    if not group.shape.is_filtered or group.scanned < limit * max(1, group.returned):
        return False
    if group.capacity is None:
        return group.scanned >= _LEAST_SCANNED
    return (group.wasted or 0.0) >= _LEAST_WASTED


def _filter_waste(group: DynamoGroup) -> Found:
    wasted = "" if group.wasted is None else f", {group.wasted:.1f} of {group.capacity:.1f} units"
    return _found(
        "filter_waste",
        group,
        fix="a range key, or an index, for what is filtered: "
        f"{group.scanned:,} items read for {group.returned:,}{wasted} in vain",
        count=group.count,
        left=group.count,
        seconds=group.seconds,
    )


def _units(group: DynamoGroup) -> str:
    if group.capacity is None:
        return ", capacity not asked for"
    return f", {group.capacity:.1f} units"


def _seconds(group: DynamoGroup, count: int) -> float:
    return group.seconds / group.count * min(count, group.count)
