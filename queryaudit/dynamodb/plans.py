"""What a queryset asks for: a record that never changes, sorted when the query runs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import Any, Final

from django.db.models import Q
from pynamodb.expressions.condition import Condition

from queryaudit.dynamodb.errors import DynamoDBQuerySetError, ResumeKeyError
from queryaudit.dynamodb.keys import Keys, Serialized, is_number, keys_of, serialized
from queryaudit.dynamodb.lookups import RANGE_LOOKUPS, Asked, condition_of
from queryaudit.dynamodb.ranges import Range, narrow

UNSET: Final = "queryaudit.dynamodb: no hash key"  # a text, since plans are pickled


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a queryset knows; methods of querysets make another one.

    ``limit`` counts results, ``skip`` those of them that a slice leaves out. ``fields`` are
    attributes to read, None for all; ``shape`` is what rows become: "instances", "values",
    "tuples", "flat" or "named". ``start`` is a resume key as DynamoDB gives it.
    """

    model: Any
    index: str = ""
    hash_key: Any = UNSET
    asked: tuple[Asked | Q, ...] = ()
    is_forward: bool = True
    limit: int | None = None
    skip: int = 0
    is_sliced: bool = False
    start: Serialized | None = None
    fields: tuple[str, ...] | None = None
    shape: str = "instances"
    is_scan: bool = False
    is_empty: bool = False
    is_consistent: bool = False

    @property
    def keys(self) -> Keys:
        """The keys of the table or index; a scan has none, all its conditions are a filter's."""
        keys = keys_of(self.model, self.index)
        return replace(keys, hash="", range="") if self.is_scan else keys

    @property
    def has_hash_key(self) -> bool:
        """Whether the query can run without a scan."""
        return bool(self.hash_value() != UNSET)

    def hash_value(self) -> Any:
        """Return the hash key that was set or filtered by; ``UNSET`` where there is none."""
        if self.hash_key != UNSET:
            return self.hash_key
        name = keys_of(self.model, self.index).hash
        for one in self.asked:
            if isinstance(one, Asked) and one.name == name and one.lookup == "eq":
                return one.value
        return UNSET


@dataclass(frozen=True, slots=True)
class Request:
    """A plan sorted into what DynamoDB takes.

    ``keeps`` says of an item whether it is asked for, where the key condition says less than
    the plan; ``is_whole`` tells that each item that is read is a result, so that a limit may
    be left to the server.
    """

    plan: Plan
    keys: Keys
    hash_value: Any  # serialized
    range_condition: Condition | None
    filter_condition: Condition | None
    keeps: Callable[[Serialized], bool] | None
    is_empty: bool

    @property
    def is_whole(self) -> bool:
        """Whether each item that the server reads is a result."""
        return self.filter_condition is None and self.keeps is None

    def stored_fields(self, *, with_keys: bool) -> list[str] | None:
        """Return the names in the table of what is to be read; None for all."""
        if self.plan.fields is None:
            return None
        attributes = self.plan.model.get_attributes()
        names = [attributes[name].attr_name for name in self.plan.fields]
        if with_keys:
            names += keys_of(self.plan.model, self.plan.index).resume_names()
        return list(dict.fromkeys(names))


def request_of(plan: Plan) -> Request:
    """Return the request of a plan. Raises DynamoDBQuerySetError where it is none yet."""
    keys = keys_of(plan.model, plan.index)
    _check_start(plan, keys)
    if plan.is_consistent and keys.is_global:
        msg = f"{keys.where} is a global index, which DynamoDB never reads consistently"
        raise DynamoDBQuerySetError(msg, model=plan.model.__name__, name=plan.index)
    filters: list[Condition] = []
    ranged: list[Asked] = []
    is_empty = plan.is_empty
    wanted = UNSET if plan.is_scan else plan.hash_value()
    if not plan.is_scan and wanted == UNSET and not is_empty:
        raise _without_hash_key(plan, keys)
    for one in plan.asked:
        if isinstance(one, Asked) and one.lookup == "in" and not one.value:
            is_empty = True
        elif isinstance(one, Asked) and not plan.is_scan and one.name == keys.hash:
            is_empty |= _serialized(plan, keys.hash, one.value) != _serialized(
                plan, keys.hash, wanted
            )
        elif isinstance(one, Asked) and not plan.is_scan and one.name == keys.range:
            _check_range(keys, one)
            ranged.append(one)
        else:
            found = condition_of(plan.keys, one)
            filters += [] if found is None else [found]
    narrowed = narrow(plan.model, keys.range, ranged) if ranged else Range()
    filters += _of_kind(plan.model)
    return Request(
        plan,
        keys,
        None if wanted == UNSET else next(iter(_serialized(plan, keys.hash, wanted).values())),
        narrowed.condition,
        reduce(and_, filters) if filters else None,
        narrowed.keeps,
        is_empty or narrowed.is_empty,
    )


def _serialized(plan: Plan, name: str, value: Any) -> Serialized:
    return serialized(plan.model, name, value)


def _check_range(keys: Keys, asked: Asked) -> None:
    if asked.lookup not in RANGE_LOOKUPS:
        msg = (
            f"{keys.model.__name__}.{asked.name} is the range key of {keys.where} and cannot be "
            f"asked by {asked.lookup!r}; allowed: {', '.join(RANGE_LOOKUPS)}"
        )
        raise DynamoDBQuerySetError(msg, model=keys.model.__name__, name=asked.name)


def _without_hash_key(plan: Plan, keys: Keys) -> DynamoDBQuerySetError:
    name = plan.model.__name__
    return DynamoDBQuerySetError(
        f"{keys.where} is read by its hash key {keys.hash!r}, and none is given. Write "
        f"{name}.objects.filter({keys.hash}=...) or .set_hash_key(...); "
        f"{name}.objects.scan() reads the whole table",
        model=name,
        name=keys.hash,
    )


def _check_start(plan: Plan, keys: Keys) -> None:
    """Raise ResumeKeyError for a resume key that another query gave."""
    if plan.start is None:
        return
    expected = set(keys.resume_names())
    if not isinstance(plan.start, dict) or set(plan.start) != expected:
        came = ", ".join(sorted(plan.start)) if isinstance(plan.start, dict) else repr(plan.start)
        msg = (
            f"a resume key of {keys.where} has {', '.join(sorted(expected))}; this one has {came}: "
            "it is of another table or index"
        )
        raise ResumeKeyError(msg, model=plan.model.__name__)
    for name, value in plan.start.items():
        if not _is_value(value, _kind_of(plan.model, name)):
            msg = (
                f"a resume key of {keys.where} has for {name!r} {{{_kind_of(plan.model, name)!r}: "
                f"...}}, as last_evaluated_key gives it; this one has {value!r}"
            )
            raise ResumeKeyError(msg[:500], model=plan.model.__name__, name=name)
    if plan.is_scan:
        return
    wanted = plan.hash_value()
    if wanted != UNSET and plan.start[keys.stored(keys.hash)] != serialized(
        plan.model, keys.hash, wanted
    ):
        msg = (
            f"the resume key is of another {keys.hash}: "
            f"{plan.start[keys.stored(keys.hash)]} where the query asks for {wanted!r}"
        )
        raise ResumeKeyError(msg, model=plan.model.__name__, name=keys.hash)


def _kind_of(model: Any, stored: str) -> str:
    attributes = model.get_attributes().values()
    return str(next(one.attr_type for one in attributes if one.attr_name == stored))


def _is_value(value: Any, kind: str) -> bool:
    """Return whether ``value`` is one of a key: ``{"S": "text"}``."""
    if not isinstance(value, dict) or list(value) != [kind]:
        return False
    given = value[kind]
    if kind == "B":
        return isinstance(given, bytes)
    return isinstance(given, str) and (kind != "N" or is_number(given))


def _of_kind(model: Any) -> list[Condition]:
    """Return the condition of a model that shares its table with others, as PynamoDB adds it."""
    kind = model._get_discriminator_attribute()
    return [kind.is_in(*kind.get_registered_subclasses(model))] if kind else []
