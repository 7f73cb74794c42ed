"""Run a plan: pages that are followed, limits that count results, keys to go on from."""

from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from queryaudit.dynamodb.decoders import Decoder, instances_decoder, values_decoder
from queryaudit.dynamodb.keys import Serialized, keys_of
from queryaudit.dynamodb.plans import Plan, Request, request_of

ALL: int = 2**63


@dataclass(slots=True)
class Page:
    """Items of one answer that are results, and the key to go on after the last of them."""

    items: list[Serialized]
    next_key: Serialized | None


def pages_of(plan: Plan, page_size: int | None = None) -> Iterator[Page]:
    """Yield the results of ``plan`` page by page, as DynamoDB sends them; asked for when read.

    ``page_size`` are the most items that the server is to read at once.
    """
    request = request_of(plan)
    if request.is_empty or plan.limit == 0:
        return
    needed = ALL if plan.limit is None else plan.limit
    start = plan.start
    while True:
        answer = _ask(request, start, needed if plan.limit is not None else None, page_size)
        items = answer["Items"]
        start = answer.get("LastEvaluatedKey")
        if request.keeps is not None:
            items = [item for item in items if request.keeps(item)]
        if len(items) > needed or (len(items) == needed and not request.is_whole and start):
            # The server's key is that of the last item that it read, not of the last result.
            items = items[:needed]
            start = request.keys.resume_key(items[-1])
        needed -= len(items)
        yield Page(items, start)
        if not start or needed <= 0:
            return


def _ask(
    request: Request,
    start: Serialized | None,
    needed: int | None,
    page_size: int | None = None,
    *,
    counts: bool = False,
) -> Any:
    plan = request.plan
    connection = plan.model._get_connection()
    # With a filter a small page would read few items and return none of them, over and over.
    limits = [page_size, needed if request.is_whole else None]
    # A cut within a page goes on from an item's own key.
    with_keys = not request.is_whole
    given: dict[str, Any] = {
        "filter_condition": request.filter_condition,
        "attributes_to_get": None if counts else request.stored_fields(with_keys=with_keys),
        "exclusive_start_key": start,
        "limit": min((one for one in limits if one is not None), default=None),
        "consistent_read": plan.is_consistent,
        "index_name": _index_name(plan),
    }
    if plan.is_scan:
        return connection.connection.scan(connection.table_name, **given)
    return connection.connection.query(
        connection.table_name,
        request.hash_value,
        range_key_condition=request.range_condition,
        scan_index_forward=plan.is_forward,
        select="COUNT" if counts else None,
        **given,
    )


def _index_name(plan: Plan) -> str | None:
    return getattr(plan.model, plan.index).Meta.index_name if plan.index else None


def decoder_of(plan: Plan) -> Decoder:
    """Return what turns the items of ``plan`` into its rows."""
    if plan.shape == "instances":
        return instances_decoder(plan.model)
    fields = plan.fields or tuple(plan.model.get_attributes())
    if plan.shape == "named":
        row = _row_class(fields)
        tuples = values_decoder(plan.model, fields, "tuples")
        return lambda items: [row._make(one) for one in tuples(items)]
    return values_decoder(plan.model, fields, plan.shape)


@lru_cache(maxsize=256)
def _row_class(fields: tuple[str, ...]) -> Any:
    # Made at run time, so that no module has it by its name: rows are pickled by their fields.
    reduce = {"__reduce__": lambda row: (_row_again, (fields, tuple(row))), "__slots__": ()}
    return type("Row", (namedtuple("Row", fields),), reduce)


def _row_again(fields: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return _row_class(fields)._make(values)


def read(plan: Plan) -> tuple[list[Any], Serialized | None]:
    """Return all rows of ``plan`` and the key to go on from, None at the end."""
    items: list[Serialized] = []
    next_key = None
    for page in pages_of(plan):
        items += page.items
        next_key = page.next_key
    return decoder_of(plan)(items[plan.skip :]), next_key


def stream(plan: Plan, page_size: int | None = None) -> Iterator[Any]:
    """Yield the rows of ``plan``, one page in memory at a time."""
    decode = decoder_of(plan)
    skip = plan.skip
    for page in pages_of(plan, page_size):
        yield from decode(page.items[skip:])
        skip = max(0, skip - len(page.items))


def read_item(plan: Plan, key: tuple[Any, ...]) -> Any:
    """Return the row of the item with that key, serialized, or None: one GetItem."""
    connection = plan.model._get_connection()
    fields = request_fields(plan)
    answer = connection.connection.get_item(
        connection.table_name,
        *key,
        consistent_read=plan.is_consistent,
        attributes_to_get=fields,
    )
    item = answer.get("Item")
    return None if item is None else decoder_of(plan)([item])[0]


def request_fields(plan: Plan) -> list[str] | None:
    """Return the names in the table of what ``plan`` reads; None for all."""
    if plan.fields is None:
        return None
    attributes = plan.model.get_attributes()
    return [attributes[name].attr_name for name in plan.fields]


def count(plan: Plan) -> int:
    """Return how many results ``plan`` has, counted by the server where it can."""
    request = request_of(plan)
    if request.is_empty:
        return 0
    most = ALL if plan.limit is None else plan.limit
    if request.keeps is not None or plan.is_scan:
        names = keys_of(plan.model)
        fields = tuple(name for name in (names.hash, names.range) if name)
        lean = replace(plan, fields=fields, shape="tuples")
        found = sum(len(page.items) for page in pages_of(lean))
        return max(0, min(found, most) - plan.skip)
    found, start = 0, plan.start
    while True:
        needed = None if plan.limit is None else most - found
        if needed == 0:
            break
        answer = _ask(request, start, needed, counts=True)
        found += answer["Count"]
        start = answer.get("LastEvaluatedKey")
        if not start or found >= most:
            break
    return max(0, min(found, most) - plan.skip)
