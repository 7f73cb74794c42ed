"""Answers of one item or one number: get, first, last, count, exists."""

from dataclasses import replace
from typing import Any

from django.db.models import Q

from queryaudit.dynamodb.keys import keys_of, serialized
from queryaudit.dynamodb.lookups import Asked
from queryaudit.dynamodb.parts import Part
from queryaudit.dynamodb.plans import UNSET, Plan
from queryaudit.dynamodb.reading import count, read, read_item


class Singles(Part):
    """The methods of a queryset that return one thing."""

    def get(self, *args: Q, **kwargs: Any) -> Any:
        """Return the one item: by its whole key one GetItem, else a query of two.

        Raises ``Model.DoesNotExist`` and ``Model.MultipleObjectsReturned``.
        """
        queryset = self.filter(*args, **kwargs) if args or kwargs else self
        plan = queryset._plan
        key = _whole_key(plan)
        if key is not None:
            found = read_item(plan, key)
            rows = [] if found is None else [found]
        elif queryset._result is not None:
            rows = queryset._result[0]
        else:
            rows = read(_at_most(plan, plan.skip + 2))[0]
        if not rows:
            msg = f"{self.model.__name__} matching query does not exist."
            raise self.model.DoesNotExist(msg, model=self.model.__name__)
        if len(rows) > 1:
            msg = f"get() returned more than one {self.model.__name__}"
            raise self.model.MultipleObjectsReturned(msg, model=self.model.__name__)
        return rows[0]

    def first(self) -> Any:
        """Return the first item, or None."""
        if self._plan.is_sliced or self._result is not None:
            return next(iter(self), None)  # type: ignore[call-overload]
        rows, _ = read(_at_most(self._plan, 1))
        return rows[0] if rows else None

    def last(self) -> Any:
        """Return the last item, or None."""
        if self._plan.is_sliced:
            msg = "Cannot reverse a query once a slice has been taken."
            raise TypeError(msg)
        if self._plan.start is not None:
            # Read from its end, it would begin at the key and lead away from what is after it.
            rows = self._with(limit=None)._fetch()[0]
            return rows[-1] if rows else None
        rows, _ = read(replace(_at_most(self._plan, 1), is_forward=not self._plan.is_forward))
        return rows[0] if rows else None

    def count(self) -> int:
        """Return the number of items, counted by the server; all are paid for."""
        return count(self._plan) if self._result is None else len(self._result[0])

    def exists(self) -> bool:
        """Return whether there is an item; reads one key."""
        if self._result is not None:
            return bool(self._result[0])
        keys = keys_of(self.model)
        fields = tuple(name for name in (keys.hash, keys.range) if name)
        plan = self._plan
        if not plan.is_sliced:
            plan = _at_most(plan, 1)
        return bool(read(replace(plan, fields=fields, shape="tuples"))[0])


def _at_most(plan: Plan, limit: int) -> Plan:
    return replace(plan, limit=limit if plan.limit is None else min(plan.limit, limit))


def _whole_key(plan: Plan) -> tuple[Any, ...] | None:
    """Return the key, serialized, if the plan asks for one item of the table and no more."""
    keys = keys_of(plan.model)
    if (
        plan.index
        or plan.is_scan
        or plan.is_empty
        or plan.is_sliced
        or plan.limit == 0
        or plan.start
        or plan.model._discriminator
    ):
        return None
    values = {keys.hash: plan.hash_value()}
    for one in plan.asked:
        if not isinstance(one, Asked) or one.lookup != "eq":
            return None
        if one.name not in {keys.hash, keys.range}:
            return None
        # Not a set: a value may be a list, as of a StringJoinAttribute.
        if values.get(one.name, UNSET) != UNSET and values[one.name] != one.value:
            return None
        values[one.name] = one.value
    names = [name for name in (keys.hash, keys.range) if name]
    if any(values.get(name, UNSET) == UNSET for name in names):
        return None
    return tuple(next(iter(serialized(plan.model, name, values[name]).values())) for name in names)
