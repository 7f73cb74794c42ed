"""Keyword conditions: what ``filter(temperature__gt=3)`` may ask, and of what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any, Final

from django.db.models import Q
from pynamodb.expressions.condition import Condition

from queryaudit.dynamodb.errors import (
    DynamoDBQuerySetError,
    FieldDoesNotExists,
    InvalidOperator,
    ValueTypeError,
)
from queryaudit.dynamodb.keys import Keys, serialized

EQUAL: Final = "eq"
# Django's names for what pydjamodb and PynamoDB call otherwise.
_SAME: Final = {"exact": EQUAL, "range": "between", "ne": "not"}
RANGE_LOOKUPS: Final = ("eq", "startswith", "gt", "lt", "gte", "lte", "between")
LOOKUPS: Final = (*RANGE_LOOKUPS, "not", "in", "contains", "exists", "isnull")
# The types of DynamoDB that some of them can be asked of; the others can be of any.
_ORDERED: Final = frozenset({"S", "N", "B"})
_TYPES: Final = {
    "startswith": frozenset({"S"}),
    "contains": frozenset({"S", "B", "SS", "NS", "BS", "L"}),
    **dict.fromkeys(("gt", "lt", "gte", "lte", "between"), _ORDERED),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One condition: ``name`` of the attribute, lookup, value as it was given."""

    name: str
    lookup: str
    value: Any


def parse(keys: Keys, keyword: str, value: Any) -> Asked:
    """Return the condition that ``keyword=value`` stands for.

    Raises FieldDoesNotExists, InvalidOperator, ValueTypeError, each with what is allowed.
    """
    attributes = keys.model.get_attributes()
    name, _, lookup = keyword.partition("__")
    if keyword in attributes:
        name, lookup = keyword, ""
    elif name not in attributes:
        allowed = ", ".join(attributes)
        msg = f"{keys.model.__name__} has no attribute {name!r}; allowed: {allowed}"
        raise FieldDoesNotExists(msg, model=keys.model.__name__, name=name)
    lookup = _SAME.get(lookup, lookup) or EQUAL
    if value is None and lookup in {EQUAL, "not"} and name not in {keys.hash, keys.range}:
        lookup, value = "isnull", lookup == EQUAL  # as Django has it: None is not stored
    allowed_lookups = _allowed(keys, name)
    if lookup not in allowed_lookups:
        kind = _kind(keys, name)
        msg = (
            f"{keys.model.__name__}.{name} cannot be asked by {lookup!r}: {kind} of "
            f"{keys.where}; allowed: {', '.join(allowed_lookups)}"
        )
        if name == keys.hash and lookup == "in":
            msg += f". Items by their keys are {keys.model.__name__}.objects.in_bulk(keys)"
        raise InvalidOperator(msg, model=keys.model.__name__, name=keyword)
    _check_value(keys, name, lookup, value)
    return Asked(name, lookup, tuple(value) if lookup in {"between", "in"} else value)


def _allowed(keys: Keys, name: str) -> tuple[str, ...]:
    if name == keys.hash:
        return (EQUAL,)
    kind = keys.attribute(name).attr_type
    lookups = RANGE_LOOKUPS if name == keys.range else LOOKUPS
    return tuple(one for one in lookups if kind in _TYPES.get(one, {kind}))


def _kind(keys: Keys, name: str) -> str:
    if name == keys.hash:
        return "it is the hash key"
    role = "the range key" if name == keys.range else "no key"
    return f"it is {role}, of the type {keys.attribute(name).attr_type},"


def _check_value(keys: Keys, name: str, lookup: str, value: Any) -> None:
    where = f"{keys.model.__name__}.{name}__{lookup}"
    if lookup in {"exists", "isnull"}:
        if not isinstance(value, bool):
            msg = f"{where} cannot be {value!r}; allowed: True, False"
            raise ValueTypeError(msg, model=keys.model.__name__, name=name)
        return
    if lookup in {"between", "in"}:
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            msg = f"{where} cannot be {value!r}; it takes a list of values"
            raise ValueTypeError(msg, model=keys.model.__name__, name=name)
        values = list(value)
        if lookup == "between" and len(values) != 2:
            msg = f"{where} takes two values, lower and upper; {len(values)} came"
            raise ValueTypeError(msg, model=keys.model.__name__, name=name)
        if len(values) > 100:
            msg = f"{where} takes at most 100 values, as DynamoDB does; {len(values)} came"
            raise ValueTypeError(msg, model=keys.model.__name__, name=name)
    elif lookup == "contains":
        return  # a part of a text, or a member of a list or set: of no type to be checked
    else:
        values = [value]
    for one in values:
        serialized(keys.model, name, one)


def flatten(q: Q) -> Iterator[tuple[str, Any] | Q]:
    """Yield the parts that ``q`` asks for together: keywords, and what only stands as a Q."""
    if q.negated or q.connector != Q.AND:
        yield q
        return
    for child in q.children:
        if isinstance(child, Q):
            yield from flatten(child)
        elif isinstance(child, tuple):
            yield child[0], child[1]
        else:
            msg = f"filter() takes keywords and Q of keywords, not {child!r}"
            raise DynamoDBQuerySetError(msg)


def check_q(keys: Keys, q: Q) -> None:
    """Raise for what cannot stand in ``q``: unknown names, keys, expressions."""
    for child in q.children:
        if isinstance(child, Q):
            check_q(keys, child)
        elif not isinstance(child, tuple):
            msg = f"Q takes keywords, not {child!r}"
            raise DynamoDBQuerySetError(msg, model=keys.model.__name__)
        else:
            asked = parse(keys, *child)
            if asked.name in {keys.hash, keys.range}:
                msg = (
                    f"{asked.name!r} is a key of {keys.where}: DynamoDB takes no Q of keys with "
                    f"| or ~. Write .filter({child[0]}=...), or a query for each"
                )
                raise DynamoDBQuerySetError(msg, model=keys.model.__name__, name=asked.name)


def condition_of(keys: Keys, part: Asked | Q) -> Condition | None:
    """Return PynamoDB's condition; None where ``part`` asks for nothing."""
    if isinstance(part, Asked):
        return _condition(keys, part)
    children: list[Any] = part.children
    inner = [
        condition_of(keys, child if isinstance(child, Q) else parse(keys, child[0], child[1]))
        for child in children
    ]
    found = [one for one in inner if one is not None]
    if not found:
        return None
    joined = reduce(_JOINS[part.connector], found)
    return ~joined if part.negated else joined


def _either(one: Condition, other: Condition) -> Condition:
    return (one & ~other) | (~one & other)  # type: ignore[no-any-return]


_JOINS: Final[dict[str, Callable[[Condition, Condition], Condition]]] = {
    Q.AND: and_,
    Q.OR: or_,
    Q.XOR: _either,
}


def _condition(keys: Keys, asked: Asked) -> Condition:  # noqa: C901, PLR0911  # a table
    attribute: Any = keys.attribute(asked.name)
    value = asked.value
    match asked.lookup:
        case "eq":
            return attribute == value  # type: ignore[no-any-return]
        case "not":
            return attribute != value  # type: ignore[no-any-return]
        case "lt":
            return attribute < value  # type: ignore[no-any-return]
        case "lte":
            return attribute <= value  # type: ignore[no-any-return]
        case "gt":
            return attribute > value  # type: ignore[no-any-return]
        case "gte":
            return attribute >= value  # type: ignore[no-any-return]
        case "between":
            return attribute.between(*value)  # type: ignore[no-any-return]
        case "in" if not value:  # what nothing is, in words that DynamoDB takes
            return attribute.exists() & attribute.does_not_exist()  # type: ignore[no-any-return]
        case "in":
            return attribute.is_in(*value)  # type: ignore[no-any-return]
        case "startswith":
            return attribute.startswith(value)  # type: ignore[no-any-return]
        case "contains":
            return attribute.contains(value)  # type: ignore[no-any-return]
    exists = value if asked.lookup == "exists" else not value
    return attribute.exists() if exists else attribute.does_not_exist()  # type: ignore[no-any-return]
