"""Conditions on the range key, merged into the one that DynamoDB takes.

It takes a single one: equal, a bound, BETWEEN, or the beginning of a text. What it cannot say
is finished here: a filter of DynamoDB's may not name a key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.condition import Condition

from queryaudit.dynamodb.keys import Serialized, order_of, serialized
from queryaudit.dynamodb.lookups import Asked


@dataclass(frozen=True, slots=True)
class Range:
    """The key condition, and what of the plan it leaves open."""

    condition: Condition | None = None
    keeps: Callable[[Serialized], bool] | None = None
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class _Bound:
    value: Any  # as it was given
    order: Any
    is_strict: bool


def narrow(model: Any, name: str, ranged: list[Asked]) -> Range:
    """Return what all of ``ranged`` leave of the range key ``name``."""
    attribute = model.get_attributes()[name]

    def order(value: Any) -> Any:
        return order_of(serialized(model, name, value))

    lows, highs, prefixes = [], [], []
    for one in ranged:
        match one.lookup:
            case "eq":
                lows.append(_Bound(one.value, order(one.value), is_strict=False))
                highs.append(lows[-1])
            case "between":
                lows.append(_Bound(one.value[0], order(one.value[0]), is_strict=False))
                highs.append(_Bound(one.value[1], order(one.value[1]), is_strict=False))
            case "gt" | "gte":
                lows.append(_Bound(one.value, order(one.value), one.lookup == "gt"))
            case "lt" | "lte":
                highs.append(_Bound(one.value, order(one.value), one.lookup == "lt"))
            case _:
                prefixes.append(one.value)
    low = max(lows, key=lambda one: (one.order, one.is_strict), default=None)
    high = min(highs, key=lambda one: (one.order, not one.is_strict), default=None)
    if (
        low
        and high
        and (
            low.order > high.order
            or (low.order == high.order and (low.is_strict or high.is_strict))
        )
    ):
        return Range(is_empty=True)
    ordered = sorted((order(prefix), prefix) for prefix in prefixes)
    longest = max(ordered, key=lambda one: len(one[0]), default=None)
    if longest and not all(longest[0].startswith(prefix) for prefix, _ in ordered):
        return Range(is_empty=True)
    left = _left_open(attribute, low, high, longest)
    return Range(_condition(attribute, low, high, longest), left)


def _condition(
    attribute: Any, low: _Bound | None, high: _Bound | None, prefix: tuple[Any, Any] | None
) -> Condition:
    if low and high:
        if low.order == high.order:
            return attribute == low.value  # type: ignore[no-any-return]
        return attribute.between(low.value, high.value)  # type: ignore[no-any-return]
    if prefix:
        return attribute.startswith(prefix[1])  # type: ignore[no-any-return]
    if low:
        return attribute > low.value if low.is_strict else attribute >= low.value  # type: ignore[no-any-return]
    assert high is not None  # noqa: S101  # there was a condition
    return attribute < high.value if high.is_strict else attribute <= high.value  # type: ignore[no-any-return]


def _left_open(
    attribute: Any, low: _Bound | None, high: _Bound | None, prefix: tuple[Any, Any] | None
) -> Callable[[Serialized], bool] | None:
    """Return what tells the items that the key condition lets pass and the plan does not."""
    is_between = low is not None and high is not None
    left_low = (
        low if low and ((is_between and low.is_strict) or (prefix and not is_between)) else None
    )
    left_high = (
        high if high and ((is_between and high.is_strict) or (prefix and not is_between)) else None
    )
    left_prefix = prefix[0] if prefix and is_between else None
    if left_low is None and left_high is None and left_prefix is None:
        return None
    stored = attribute.attr_name

    def keeps(item: Serialized) -> bool:
        found = order_of(item[stored])
        if left_low and not (
            found > left_low.order if left_low.is_strict else found >= left_low.order
        ):
            return False
        if left_high and not (
            found < left_high.order if left_high.is_strict else found <= left_high.order
        ):
            return False
        return left_prefix is None or bool(found.startswith(left_prefix))

    return keeps
