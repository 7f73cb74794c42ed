"""``masterdata.cached(Price.objects, ttl=60)``: items of DynamoDB from this process's memory."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any, NoReturn, Self

from django.db.models import Q

from queryaudit.dynamodb.errors import ValueTypeError
from queryaudit.dynamodb.keys import Serialized
from queryaudit.dynamodb.managers import DynamoDBManager
from queryaudit.dynamodb.plans import Plan
from queryaudit.dynamodb.queryset import DynamoDBQuerySet
from queryaudit.dynamodb.reading import decoder_of
from queryaudit.errors import UnansweredError
from queryaudit.hooks.events import CacheRead, cache_reads
from queryaudit.masterdata import itemwatch
from queryaudit.masterdata.itemkeys import predicate_of, span_of
from queryaudit.masterdata.places import kept
from queryaudit.masterdata.sources.dynamodb import ALL, Partition, Shelf


class CachedItems(DynamoDBQuerySet):
    """Items of DynamoDB, answered from memory, with the methods of their queryset.

    A partition is read whole, consistently, when the first of its items is asked for; of
    ``scan()`` the whole table. ``filter()`` takes hash and range key with all their look-ups;
    ``order_by()``, slices, ``values()``, ``only()``, ``in_bulk()`` and the async twins are
    those of the queryset. Each reader gets instances of its own.

    Writes of this process are seen by the next read, by whichever client of botocore they
    were made; with ``poll``, those of processes that declare the same within that time, which
    takes one GetItem an interval, and one UpdateItem for each write; all others within ``ttl``.
    Where the server cannot be asked, the error is raised once ``poll`` or ``ttl`` is over. Of a
    global index only ``ttl`` and the index's own lag are promised: a read after a write may
    bring, and keep, what was there before. Made by ``masterdata.cached()``.
    """

    _declared: "Declaration"

    def __reduce__(self) -> NoReturn:
        msg = (
            f"cached() of {self.label} does not pickle: import it from where it is declared, or "
            "pickle list() of its rows"
        )
        raise TypeError(msg)

    def _with(self, **changes: Any) -> Self:
        made = super()._with(**changes)
        made._declared = self._declared
        return made

    # What memory answers

    def get(self, *args: Q, **kwargs: Any) -> Any:
        """Return the one item. Raises DoesNotExist and MultipleObjectsReturned of the model."""
        shelf = self._declared.shelf()
        if not args and self._plan is shelf.base and kwargs.keys() == self._declared.names:
            found = self._of_key([kwargs[name] for name in self._declared.order])
        else:
            found = self._entries(self.filter(*args, **kwargs)._plan)
        if len(found) == 1:
            return _decoded(self._plan, found)[0]
        name = self.model.__name__
        if not found:
            msg = f"{name} matching query does not exist."
            raise self.model.DoesNotExist(msg, model=name)
        msg = f"get() returned more than one {name}"
        raise self.model.MultipleObjectsReturned(msg, model=name)

    def first(self) -> Any:
        """Return the first item, or None."""
        return next(iter(self), None)

    def last(self) -> Any:
        """Return the last item, or None."""
        if self._plan.is_sliced:
            msg = "Cannot reverse a query once a slice has been taken."
            raise TypeError(msg)
        return self.reverse().first()

    def count(self) -> int:
        """Return the number of items."""
        return len(self._entries(self._plan))

    def exists(self) -> bool:
        """Return whether there is an item."""
        return self.count() > 0

    def in_bulk(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """Return the items with these keys by key; those that are not there are missing."""
        self._refuse_narrowed("in_bulk()")
        found: dict[Any, Any] = {}
        for key in keys:
            values = self._declared.values_of(key)
            found.update((key, row) for row in _decoded(self._plan, self._of_key(values)))
        return found

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Return the items one by one."""
        return iter(self._fetch()[0])

    def aiterator(self, chunk_size: int | None = None) -> AsyncIterator[Any]:
        """Return the same."""
        return self._rows_in_thread()

    def warm(self) -> int:
        """Read what is named, a scan or one hash key; return how many items are held then."""
        base = self._declared.shelf().base
        if base.is_scan or base.has_hash_key:
            self._declared.shelf().partition(ALL if base.is_scan else base.hash_value())
        return int(self._declared.shelf().stats()["rows"])

    def clear(self) -> None:
        """Forget the items in this process; they are read again when needed."""
        self._declared.shelf().drop("clear()")

    @property
    def label(self) -> str:
        """The model and its index, as errors, statistics and audits name it."""
        return self._declared.shelf().label

    def sources(self) -> tuple[Any, ...]:
        """Return nothing: no table of a database is involved."""
        return ()

    # What it does not

    def scan(self) -> Self:
        """Return the same where all of the table is held; refuse it otherwise."""
        if not self._plan.is_scan:
            self._refuse("scan()", f"declare cached({self.model.__name__}.objects.scan(), ttl=...)")
        return self.all()

    def set_index(self, index: Any) -> Self:
        """Refuse another index than the one that was declared."""
        if super().set_index(index)._plan.index != self._plan.index:
            self._refuse("another index", "declare it by itself: cached(queryset.set_index(...))")
        return self.all()

    def set_last_evaluated_key(self, key: Serialized | None) -> Self:
        """Refuse it: slices are answered."""
        self._refuse("set_last_evaluated_key()", "slices are answered")

    def _write(self, *_: Any, **__: Any) -> Any:
        """Refuse what writes."""
        self._refuse("writes", f"write by {self.model.__name__}.objects")

    create: Any = _write
    bulk_create: Any = _write
    delete: Any = _write
    get_or_create: Any = _write
    update_or_create: Any = _write

    def _refuse(self, what: str, instead: str) -> NoReturn:
        raise UnansweredError(self.label, f"memory does not answer {what}; {instead}")

    def _refuse_narrowed(self, what: str) -> None:
        if self._plan != self._declared.shelf().base:
            self._refuse(f"{what} after filter(), limits or scan()", "call it first")

    # How

    def _fetch(self) -> tuple[list[Any], Serialized | None]:
        if self._result is not None:
            return self._result
        result = _decoded(self._plan, self._entries(self._plan)), None
        if self._plan is not self._declared.shelf().base:  # which lives as long as the process
            self._result = result
        return result

    def _of_key(self, values: list[Any]) -> list[Serialized]:
        shelf = self._declared.shelf()
        key = shelf.key(values)
        partition, is_new = shelf.partition(ALL if shelf.base.is_scan else values[0])
        found = partition.by_key.get(key, [])
        self._tell("get", found, is_new=is_new)
        return found

    def _entries(self, plan: Plan) -> list[Serialized]:
        """Return the items of a plan, each a result."""
        shelf = self._declared.shelf()
        asked = plan.asked[len(shelf.base.asked) :]
        predicates = [predicate_of(shelf, one) for one in asked]
        if plan.is_empty or plan.limit == 0:
            return []
        if not plan.is_scan and not plan.has_hash_key:
            name = self.model.__name__
            hashed = shelf.keys.hash
            self._refuse(
                "a question without its hash key",
                f"write filter({hashed}=...), or declare cached({name}.objects.scan(), ttl=...)",
            )
        partition, is_new = shelf.partition(ALL if plan.is_scan else plan.hash_value())
        found = self._kept(shelf, partition, asked, predicates)
        if not plan.is_forward:
            found = found[::-1]
        found = found[plan.skip : plan.limit]
        self._tell("queryset", found, is_new=is_new)
        return found

    def _kept(
        self, shelf: Shelf, partition: Partition, asked: Any, predicates: list[Any]
    ) -> list[Serialized]:
        names = {one.name: one.value for one in asked if one.lookup == "eq"}
        if len(asked) == len(names) and names.keys() == self._declared.names:
            return partition.by_key.get(shelf.key([names[n] for n in self._declared.order]), [])
        if partition.orders is None:
            return [item for item in partition.items if all(meets(item) for meets in predicates)]
        begin, end = 0, len(partition.items)
        for one, meets in zip(asked, predicates, strict=True):
            if one.name == shelf.keys.range:
                first, last = span_of(shelf, one, partition.orders)
                begin, end = max(begin, first), min(end, last)
            elif begin < end and not meets(partition.items[begin]):
                return []  # a second hash key, where all of them have the first
        return partition.items[begin:end]

    def _tell(self, via: str, found: list[Any], *, is_new: bool) -> None:
        if cache_reads.listeners:
            outcome: Any = "load" if is_new else "hit"
            cache_reads.tell(CacheRead(self.label, via, len(found), outcome))


def _decoded(plan: Plan, items: list[Serialized]) -> list[Any]:
    """Return rows of each reader's own; with ``only()`` instances lack the other attributes."""
    if plan.fields is not None and plan.shape == "instances":
        attributes = plan.model.get_attributes()
        names = {attributes[name].attr_name for name in plan.fields}
        items = [{name: item[name] for name in names & item.keys()} for item in items]
    return decoder_of(plan)(items)


class Declaration:
    """What ``cached()`` was told, which outlives the items themselves: a fork, other settings."""

    def __init__(self, base: Plan, ttl: float, poll: float | None) -> None:
        self._base = base
        self._ttl = ttl
        self._poll = poll
        self._home: dict[str, Shelf] = {}
        if poll is not None:
            import_module("queryaudit.dynamodb.versions")  # has its table made with the others
        shelf = self.shelf()
        self.order = tuple(name for name in (shelf.keys.hash, shelf.keys.range) if name)
        self.names = set(self.order)

    def values_of(self, key: Any) -> list[Any]:
        """Return the parts of a key. Raises ValueTypeError for what is none."""
        several = len(self.order) > 1 and isinstance(key, (tuple, list))
        values = list(key) if several else [key]
        if len(values) != len(self.order):
            name = self._base.model.__name__
            msg = f"a key of {name} is ({', '.join(self.order)}); {key!r} came"
            raise ValueTypeError(msg, model=name)
        return values

    def shelf(self) -> Shelf:
        """Return the place of the items, a new one where there is none any more."""
        found = self._home.get("")
        return found if found is not None else kept(self._home, "", self._make)

    def _make(self) -> Shelf:
        made = Shelf(self._base, self._ttl, self._poll)
        itemwatch.watch(made)
        return made


def cached_items(rows: Any, *, ttl: float | None, poll: float | None) -> CachedItems:
    """Return what ``masterdata.cached()`` does for a queryset or manager of DynamoDB."""
    queryset = rows.get_queryset() if isinstance(rows, DynamoDBManager) else rows
    plan = queryset._plan
    where = plan.keys.where
    if ttl is None:
        msg = (
            f"cached({where}) needs ttl=SECONDS: DynamoDB tells nobody of writes by consoles, "
            "functions and other programs"
        )
        raise ValueError(msg)
    if poll is not None and (
        isinstance(poll, bool) or not isinstance(poll, (int, float)) or not 0 < poll <= ttl
    ):
        msg = f"poll is {poll!r}; allowed are seconds over 0, at most the ttl of {ttl:g}"
        raise ValueError(msg)
    cut = (plan.limit, plan.start, plan.fields, plan.skip or None)
    if any(one is not None for one in cut) or plan.shape != "instances" or plan.is_empty:
        msg = (
            f"cached({where}) holds whole items of whole partitions; slices, limits, values(), "
            "only() and none() belong to what it returns"
        )
        raise ValueError(msg)
    made = CachedItems(queryset.model, replace(plan, is_forward=True))
    made._declared = Declaration(made._plan, ttl, poll)
    return made
