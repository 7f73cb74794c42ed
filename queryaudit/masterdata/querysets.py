"""``filter()`` and ``all()`` of master data: lazy, chained, answered from memory if possible."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self, TypeVar

from asgiref.sync import sync_to_async
from django.db.models import Model, prefetch_related_objects

from queryaudit.errors import UnansweredError
from queryaudit.masterdata import questions
from queryaudit.masterdata.held import Held
from queryaudit.masterdata.lookups import UndecidedError, unique_sets
from queryaudit.masterdata.questions import Step
from queryaudit.masterdata.rows import Rows
from queryaudit.masterdata.twins import AsyncReads

if TYPE_CHECKING:
    from queryaudit.masterdata.manager import MasterData

_M = TypeVar("_M", bound=Model)


class MasterDataSet(AsyncReads[_M]):
    """Rows of master data by some conditions, in some order; asked when they are read.

    It has the methods of a queryset that memory can answer, and refuses the others by name.
    """

    _prefetch_related_lookups: tuple[str, ...] = ()  # what Django's form fields ask of a queryset

    def __init__(
        self,
        manager: "MasterData[_M]",
        steps: tuple[Step, ...] = (),
        limits: tuple[int, int | None] = (0, None),
    ) -> None:
        self.model: Any = manager.model
        self._manager = manager
        self._steps = steps
        self._limits = limits
        self._prefetches: tuple[Any, ...] = ()
        self._result: list[_M] | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        label = self.model._meta.object_name
        msg = (
            f"{name}() is not answered from memory; ask {label}."
            f"{self.model._default_manager.name}.{name}()"
        )
        if hasattr(self.model._default_manager.none(), name):
            raise UnansweredError(self.model._meta.label, msg)
        raise AttributeError(name)

    # What returns another set

    def all(self) -> Self:
        """Return the same rows, to be asked anew."""
        return self._with()

    def filter(self, *args: Any, **kwargs: Any) -> Self:
        """Return the rows for which all conditions hold."""
        return self._with("filter", args, kwargs)

    def exclude(self, *args: Any, **kwargs: Any) -> Self:
        """Return the rows for which not all of them hold; the database decides."""
        return self._with("exclude", args, kwargs)

    def complex_filter(self, conditions: Any) -> Self:
        """Return the rows for which a Q or a dict of conditions holds."""
        return (
            self.filter(**conditions) if isinstance(conditions, dict) else self.filter(conditions)
        )

    def order_by(self, *names: Any) -> Self:
        """Return the same in another order; the database decides."""
        return self._with("order_by", names)

    def reverse(self) -> Self:
        """Return the same in the reverse order."""
        return self._with("reverse")

    def distinct(self) -> Self:
        """Return the same: no row stands twice in a table."""
        return self._with()

    def none(self) -> Self:
        """Return no rows, and ask nobody."""
        empty = self._with()
        empty._limits = (0, 0)
        return empty

    def prefetch_related(self, *lookups: Any) -> Self:
        """Return the same rows, with what they refer to read ahead as Django does."""
        chosen = self._with()
        chosen._prefetches = () if lookups == (None,) else (*self._prefetches, *lookups)
        return chosen

    def using(self, alias: str | None) -> Self:
        """Return the same of the database ``alias``."""
        return self if alias is None else self._with(manager=self._manager.using(alias))

    # What returns rows

    def get(self, *args: Any, **kwargs: Any) -> _M:
        """Return the one row; DoesNotExist and MultipleObjectsReturned are the model's."""
        found = self.filter(*args, **kwargs)._rows() if args or kwargs else self._rows()
        if len(found) == 1:
            return found[0]
        name = self.model._meta.object_name
        if not found:
            msg = f"{name} matching query does not exist."
            raise self.model.DoesNotExist(msg)
        msg = f"get() returned more than one {name} -- it returned {len(found)}!"
        raise self.model.MultipleObjectsReturned(msg)

    def first(self) -> _M | None:
        """Return the first row, by its key where no order is asked for; None where none is."""
        return next(iter((self if self.ordered else self.order_by("pk"))[:1]), None)

    def last(self) -> _M | None:
        """Return the last row."""
        ordered = self.reverse() if self.ordered else self.order_by("-pk")
        return next(iter(ordered[:1]), None)

    def in_bulk(
        self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk"
    ) -> dict[Any, _M]:
        """Return rows by a unique column, all where ``id_list`` is None."""
        if field_name != "pk":
            field = self.model._meta.get_field(field_name)
            if not field.unique and frozenset({field.attname}) not in unique_sets(self.model):
                msg = f"in_bulk()'s field_name must be a unique field but {field_name!r} isn't."
                raise ValueError(msg)
        rows = self if id_list is None else self.filter(**{f"{field_name}__in": list(id_list)})
        return {getattr(row, field_name): row for row in rows}

    def exists(self) -> bool:
        """Return whether there is any row."""
        return self.count() > 0

    def count(self) -> int:
        """Return how many rows there are."""
        if self._result is not None:
            return len(self._result)
        return int(self._answer(lambda _, entries: len(self._cut(entries)), self._counted))

    def contains(self, row: Model) -> bool:
        """Return whether ``row`` is among them."""
        return any(one == row for one in self)

    @property
    def ordered(self) -> bool:
        """Whether an order was asked for, here or by the model."""
        return any(method == "order_by" and args for method, args, _ in self._steps) or (
            not any(method == "order_by" for method, _, _ in self._steps)
            and self._manager.is_ordered
        )

    def __iter__(self) -> Iterator[_M]:
        return iter(self._rows())

    def iterator(self, chunk_size: int | None = None) -> Iterator[_M]:
        """Return the rows one by one."""
        return iter(self._with()._rows())

    def __len__(self) -> int:
        return len(self._rows())

    def __bool__(self) -> bool:
        return bool(self._rows())

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, (int, slice)):
            msg = f"a place or a slice, not {type(key).__name__}"
            raise TypeError(msg)
        ends = (key.start, key.stop) if isinstance(key, slice) else (key,)
        if any(end is not None and end < 0 for end in ends):
            msg = "Negative indexing is not supported."
            raise ValueError(msg)
        if self._result is not None:
            return self._result[key]
        if isinstance(key, int):
            return self._with(limits=self._within(key, key + 1))._rows()[0]
        chosen = self._with(limits=self._within(key.start or 0, key.stop))
        return list(chosen)[:: key.step] if key.step else chosen

    def __repr__(self) -> str:
        rows = list(self[:21])
        shown = ", ".join(map(repr, rows[:20])) + (", ..." if len(rows) > 20 else "")
        return f"<{type(self).__name__} [{shown}]>"

    # Async twins

    async def aget(self, *args: Any, **kwargs: Any) -> _M:
        """Return what ``get()`` does."""
        return await sync_to_async(self.get)(*args, **kwargs)

    async def __aiter__(self) -> AsyncIterator[_M]:
        for row in await sync_to_async(self._rows)():
            yield row

    # How it is answered

    def _with(
        self,
        method: str = "",
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        manager: "MasterData[_M] | None" = None,
        limits: tuple[int, int | None] | None = None,
    ) -> Self:
        steps = self._steps
        if method:
            if (self._limits != (0, None) and method != "filter") or (
                method == "filter" and self._limits not in {(0, None), (0, 0)}
            ):
                msg = f"Cannot {method}() once a slice has been taken."
                raise TypeError(msg)
            steps = (*steps, (method, args, _fixed(kwargs or {})))
        other = type(self)(manager or self._manager, steps, limits or self._limits)
        other._prefetches = self._prefetches
        return other

    def _within(self, start: int, stop: int | None) -> tuple[int, int | None]:
        """Return a slice of this set as one of all its rows."""
        begin, end = self._limits
        ends = [one for one in (end, None if stop is None else begin + stop) if one is not None]
        return begin + start, min(ends) if ends else None

    def _cut(self, entries: list[Any]) -> list[Any]:
        begin, end = self._limits
        return entries if (begin, end) == (0, None) else entries[begin:end]

    def _rows(self) -> list[_M]:
        if self._result is None and not self._steps and self._limits == (0, None):
            held = self._manager.ready()
            if held is not None and (rows := held.ready) is not None:
                self._result = rows.copies(rows.entries)
                self._manager.tell(held, "queryset", len(self._result), "hit")
        if self._result is None:
            self._result = self._answer(
                lambda rows, entries: rows.copies(self._cut(entries)), self._asked
            )
        if self._prefetches:
            prefetches, self._prefetches = self._prefetches, ()
            prefetch_related_objects(self._result, *prefetches)
        return self._result

    def _answer(self, made: Callable[[Rows, list[Any]], Any], asked: Callable[[Held], Any]) -> Any:
        if self._limits[1] is not None and self._limits[0] >= self._limits[1]:
            return made(_NO_ROWS, [])
        held = self._manager.held()
        rows, is_new = self._manager.rows(held)
        entries = None if rows is None else self._entries(held, rows)
        if rows is None or entries is None:
            if rows is None and self._steps:  # what is refused is refused in each state
                questions.check(held, self._queryset(held), self.model, self._steps)
            result = asked(held)
            self._manager.tell(held, "queryset", _length(result), "miss")
        else:
            result = made(rows, entries)
            outcome = "load" if is_new else "hit"
            self._manager.tell(held, "queryset", _length(result), outcome)
        return result

    def _entries(self, held: Held, rows: Rows) -> list[Any] | None:
        if not self._steps:
            return rows.entries
        if all(method == "filter" and not args for method, args, _ in self._steps):
            lookups: dict[str, Any] = {}
            for _, _, kwargs in self._steps:
                if lookups.keys().isdisjoint(kwargs):
                    lookups |= kwargs
                else:
                    break
            else:
                try:
                    return rows.matching(lookups) if lookups else rows.entries
                except UndecidedError:
                    pass
        key = questions.signature(self.model, self._steps)
        return questions.answer(held, rows, self._queryset(held), key)

    def _queryset(self, held: Held) -> Any:
        queryset = held.source.queryset(held.alias)
        for method, args, kwargs in self._steps:
            queryset = getattr(queryset, method)(*args, **kwargs)
        return queryset

    def _asked(self, held: Held) -> list[_M]:
        begin, end = self._limits
        return list(self._queryset(held)[begin:end])

    def _counted(self, held: Held) -> int:
        begin, end = self._limits
        return int(self._queryset(held)[begin:end].count())


def _fixed(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return ``kwargs`` with lists of their own for what can be read once, or changed later."""
    for name, value in kwargs.items():
        if name.endswith("__in") and not isinstance(value, (tuple, frozenset, str)):
            if hasattr(value, "resolve_expression") or hasattr(value, "query"):
                continue
            kwargs[name] = list(value)
    return kwargs


def _length(result: Any) -> int:
    return len(result) if isinstance(result, list) else 0


class _NoRows:
    def copies(self, entries: list[Any]) -> list[Any]:
        return entries


_NO_ROWS: Any = _NoRows()
