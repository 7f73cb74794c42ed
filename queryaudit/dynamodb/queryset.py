"""``DynamoDBQuerySet`` and its manager: pydjamodb's names, and Django's words."""

from queryaudit.dynamodb import requirement  # noqa: F401  # names the extra

# isort: split

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any, Self

from django.db.models import Q

from queryaudit.dynamodb.batches import Batches
from queryaudit.dynamodb.errors import (
    DynamoDBQueryException,
    DynamoDBQuerySetError,
    FieldDoesNotExists,
    InvalidOperator,
    MultipleObjectsReturned,
    ObjectDoesNotExist,
)
from queryaudit.dynamodb.keys import Serialized, keys_of
from queryaudit.dynamodb.lookups import Asked, check_q, flatten, parse
from queryaudit.dynamodb.managers import DynamoDBManager
from queryaudit.dynamodb.plans import Plan
from queryaudit.dynamodb.reading import read, stream
from queryaudit.dynamodb.shapes import Shapes
from queryaudit.dynamodb.singles import Singles
from queryaudit.dynamodb.twins import Twins, stream_in_thread
from queryaudit.dynamodb.writing import Writing

__all__ = [
    "DynamoDBManager",
    "DynamoDBQueryException",
    "DynamoDBQuerySet",
    "DynamoDBQuerySetError",
    "FieldDoesNotExists",
    "InvalidOperator",
    "MultipleObjectsReturned",
    "ObjectDoesNotExist",
]

_SHOWN = 20  # items of a repr


class DynamoDBQuerySet(Twins, Singles, Shapes, Batches, Writing):
    """Items of one hash key of a table or index, asked for when they are read, and then kept.

    Each method returns another queryset and leaves this one as it is. A subclass may add
    methods; ``MyQuerySet.as_manager()`` puts them on a model.
    """

    def __init__(self, model: Any, plan: Plan | None = None) -> None:
        self.model = model
        self._plan = plan or Plan(model)
        # Rows and the key to go on from, published together: querysets may be shared by threads.
        self._result: tuple[list[Any], Serialized | None] | None = None

    @classmethod
    def as_manager(cls) -> DynamoDBManager:
        """Return a manager with the methods of this class."""
        return DynamoDBManager.from_queryset(cls)()

    def _with(self, **changes: Any) -> Self:
        return type(self)(self.model, replace(self._plan, **changes))

    def _fetch(self) -> tuple[list[Any], Serialized | None]:
        if self._result is None:
            self._result = read(self._plan)
        return self._result

    # What is asked for.

    def filter(self, *args: Q, **kwargs: Any) -> Self:
        """Return the items that meet all conditions, those of earlier calls included.

        The hash key takes equality, the range key eq, startswith, gt, lt, gte, lte and
        between, other attributes also not, in, contains, exists, isnull and Q objects: these
        are read, paid for and left out by the server.
        """
        self._refuse_slice("filter")
        keys = self._plan.keys
        found: list[Asked | Q] = []
        for part in flatten(Q(*args, **kwargs)):
            if isinstance(part, Q):
                check_q(keys, part)
                found.append(part)
            else:
                found.append(parse(keys, *part))
        return self._with(asked=(*self._plan.asked, *found))

    def exclude(self, *args: Q, **kwargs: Any) -> Self:
        """Return the items that do not meet all of the conditions, on attributes that are no key.

        An item without the attribute is returned: DynamoDB knows no unknown.
        """
        self._refuse_slice("filter")
        left_out = ~Q(*args, **kwargs)
        check_q(self._plan.keys, left_out)
        return self._with(asked=(*self._plan.asked, left_out)) if left_out else self.all()

    def all(self) -> Self:
        """Return a copy, not yet read."""
        return self._with()

    def none(self) -> Self:
        """Return a queryset without items, which asks for nothing."""
        return self._with(is_empty=True)

    def scan(self) -> Self:
        """Return all items of the table or index, read one after the other and all paid for."""
        if any(isinstance(one, Asked) for one in self._plan.asked) or self._plan.hash_key is None:
            msg = "scan() comes before filter(): .scan().filter(...)"
            raise DynamoDBQuerySetError(msg, model=self.model.__name__)
        return self._with(is_scan=True)

    def consistent(self, is_consistent: bool = True) -> Self:  # noqa: FBT001, FBT002
        """Return the same, read consistently: every write that was answered is seen."""
        return self._with(is_consistent=is_consistent)

    def order_by(self, *names: str) -> Self:
        """Return the items in the order of the range key, ``"-name"`` from its end."""
        self._refuse_slice("reorder")
        keys = keys_of(self.model, self._plan.index)
        if not names:
            return self._with(is_forward=True)
        name = str(names[0]).removeprefix("-")
        if len(names) > 1 or name != keys.range or self._plan.is_scan:
            allowed = f"{keys.range!r}, '-{keys.range}'" if keys.range else "none, it has none"
            if self._plan.is_scan:
                allowed = "none, a scan has no order"
            msg = (
                f"{keys.where} cannot be ordered by {', '.join(map(repr, names))}: DynamoDB "
                f"orders by the range key; allowed: {allowed}"
            )
            raise DynamoDBQuerySetError(msg, model=self.model.__name__, name=name)
        return self._with(is_forward=not names[0].startswith("-"))

    def reverse(self) -> Self:
        """Return the items in the other order."""
        self._refuse_slice("reverse")
        return self._with(is_forward=not self._plan.is_forward)

    def set_hash_key(self, hash_key: Any) -> Self:
        """Return the items of that hash key."""
        return self._with(hash_key=hash_key)

    def set_index(self, index: Any) -> Self:
        """Return the same of an index: its attribute's name, or the index; None for the table."""
        name = index if isinstance(index, str) else _name_of(self.model, index)
        keys_of(self.model, name)
        return self._with(index=name)

    def set_limit(self, limit: int | None) -> Self:
        """Return at most so many results, filters and pages however; None for all."""
        self._refuse_slice("limit")
        if limit is not None and (
            isinstance(limit, bool) or not isinstance(limit, int) or limit < 0
        ):
            msg = f"set_limit() takes a whole number from 0, or None; {limit!r} came"
            raise DynamoDBQuerySetError(msg, model=self.model.__name__)
        return self._with(limit=limit)

    def set_scan_index_forward(self, value: bool) -> Self:  # noqa: FBT001
        """Return the items in the order of the range key, from its end if ``value`` is False."""
        self._refuse_slice("reorder")
        return self._with(is_forward=bool(value))

    def set_last_evaluated_key(self, key: Serialized | None) -> Self:
        """Return the items after that key, which ``last_evaluated_key`` of the same query gave."""
        return self._with(start=key)

    def _refuse_slice(self, doing: str) -> None:
        if self._plan.is_sliced:
            msg = f"Cannot {doing} a query once a slice has been taken."
            raise TypeError(msg)

    # What comes back.

    @property
    def last_evaluated_key(self) -> Serialized | None:
        """The key to go on from after these items, None at the end; reads them."""
        return self._fetch()[1]

    @property
    def next_key(self) -> Serialized | None:
        """The same by pydjamodb's name."""
        return self.last_evaluated_key

    def __iter__(self) -> Iterator[Any]:
        return iter(self._fetch()[0])

    def __len__(self) -> int:
        return len(self._fetch()[0])

    def __bool__(self) -> bool:
        return bool(self._fetch()[0])

    def __getitem__(self, wanted: Any) -> Any:
        if not isinstance(wanted, (int, slice)):
            msg = f"QuerySet indices must be integers or slices, not {type(wanted).__name__}."
            raise TypeError(msg)
        parts = (wanted.start, wanted.stop) if isinstance(wanted, slice) else (wanted,)
        if any(part is not None and part < 0 for part in parts):
            msg = "Negative indexing is not supported."
            raise ValueError(msg)
        if self._result is not None:
            return self._result[0][wanted]
        if isinstance(wanted, int):
            rows = list(self._sliced(wanted, wanted + 1))
            if not rows:
                msg = f"{self.model.__name__} query has no item {wanted}"
                raise IndexError(msg)
            return rows[0]
        found = self._sliced(wanted.start or 0, wanted.stop)
        return list(found)[:: wanted.step] if wanted.step else found

    def _sliced(self, start: int, stop: int | None) -> Self:
        """Return a part. DynamoDB has no offset: what stands before it is read as well."""
        plan = self._plan
        ends = [] if plan.limit is None else [plan.limit]
        if stop is not None:
            ends.append(plan.skip + max(start, stop))
        return self._with(skip=plan.skip + start, limit=min(ends, default=None), is_sliced=True)

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Yield the rows page by page and keep none.

        A page is what the server reads at once, 1 MB, or ``chunk_size`` items.
        """
        return stream(self._plan, self._chunk(chunk_size))

    def aiterator(self, chunk_size: int | None = None) -> AsyncIterator[Any]:
        """Yield the same, pages being read in a thread."""
        return stream_in_thread(self._plan, self._chunk(chunk_size))

    def _chunk(self, size: int | None) -> int | None:
        if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
            msg = f"chunk_size is {size!r}; allowed is a whole number from 1, or None"
            raise DynamoDBQuerySetError(msg, model=self.model.__name__)
        return size

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._rows_in_thread()

    def __repr__(self) -> str:
        plan = self._plan
        if self._result is None and not (plan.is_empty or plan.is_scan or plan.has_hash_key):
            return f"<{type(self).__name__} of {self.model.__name__}, without a hash key>"
        rows = self[: _SHOWN + 1] if self._result is None else self._result[0]
        shown = [repr(row) for row in rows[:_SHOWN]]
        more = ", '...(remaining elements truncated)...'" if len(rows) > _SHOWN else ""
        return f"<{type(self).__name__} [{', '.join(shown)}{more}]>"


def _name_of(model: Any, index: Any) -> str:
    """Return the name of the attribute that holds ``index``: PynamoDB copies it."""
    if index is None:
        return ""
    name = getattr(getattr(index, "Meta", None), "index_name", None)
    for attribute in dir(model):
        found = getattr(model, attribute, None)
        if getattr(getattr(found, "Meta", None), "index_name", None) == name and name:
            return attribute
    return str(name or index)


DynamoDBManager.queryset_class = DynamoDBQuerySet
