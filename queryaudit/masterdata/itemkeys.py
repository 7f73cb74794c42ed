"""Conditions on the keys of items, decided in Python as DynamoDB decides them."""

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
