"""Conditions on the keys of items, decided in Python as DynamoDB decides them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any, Final

from queryaudit.dynamodb.keys import Serialized, order_of
from queryaudit.dynamodb.lookups import Asked
from queryaudit.errors import UnansweredError
from queryaudit.masterdata.sources.dynamodb import Shelf

Predicate = Callable[[Serialized], bool]

# Of what an item has and what is asked for, as DynamoDB orders keys.
_COMPARISONS: Final[dict[str, Callable[[Any, list[Any]], bool]]] = {
    "eq": lambda value, given: value == given[0],
    "in": lambda value, given: value in given,
    "gt": lambda value, given: value > given[0],
    "gte": lambda value, given: value >= given[0],
    "lt": lambda value, given: value < given[0],
    "lte": lambda value, given: value <= given[0],
    "between": lambda value, given: given[0] <= value <= given[1],
}


def predicate_of(shelf: Shelf, asked: Any) -> Predicate:
    """Return what tells whether an item meets a condition on one of its keys.

    Raises UnansweredError for a condition on anything else.
    """
    keys = shelf.keys
    if not isinstance(asked, Asked) or asked.name not in {keys.hash, keys.range}:
        name = asked.name if isinstance(asked, Asked) else "Q"
        allowed = ", ".join(filter(None, (keys.hash, keys.range)))
        msg = (
            f"memory does not answer a condition on {name}; allowed are the keys {allowed}; other "
            "conditions belong to what is declared"
        )
        raise UnansweredError(shelf.label, msg)
    stored, name = keys.stored(asked.name), asked.name
    if asked.lookup == "startswith":
        return lambda item: bool(order_of(item[stored]).startswith(asked.value))
    compare = _COMPARISONS.get(asked.lookup)
    if compare is None:
        allowed = ", ".join([*_COMPARISONS, "startswith"])
        msg = f"memory does not answer {name}__{asked.lookup}; allowed: {allowed}"
        raise UnansweredError(shelf.label, msg)
    values = asked.value if asked.lookup in {"between", "in"} else (asked.value,)
    orders = [shelf.order(name, value) for value in values]
    return lambda item: bool(compare(order_of(item[stored]), orders))


def span_of(shelf: Shelf, asked: Asked, orders: list[Any]) -> tuple[int, int]:
    """Return where the items begin and end that meet a condition on the range key.

    ``orders`` are their range keys as DynamoDB compares these, in its order.
    """
    name, lookup, value = asked.name, asked.lookup, asked.value
    if lookup == "startswith":
        end = bisect_right(orders, value, key=lambda one: one[: len(value)])
        return bisect_left(orders, value), end
    lower, upper = value if lookup == "between" else (value, value)
    begin, end = 0, len(orders)
    if lookup in {"eq", "gte", "between"}:
        begin = bisect_left(orders, shelf.order(name, lower))
    elif lookup == "gt":
        begin = bisect_right(orders, shelf.order(name, lower))
    if lookup in {"eq", "lte", "between"}:
        end = bisect_right(orders, shelf.order(name, upper))
    elif lookup == "lt":
        end = bisect_left(orders, shelf.order(name, upper))
    return begin, end
