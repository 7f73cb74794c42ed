"""``masterdata.cached(Report.rows.yearly)``: rows of SQL by hand, held in memory."""

from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal
from operator import contains
from time import monotonic
from typing import Any, Final, NoReturn

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import MultipleObjectsReturned
from django.db.models import Model
from django.utils import timezone

from queryaudit import conf
from queryaudit.errors import MasterDataLimitError, UnansweredError
from queryaudit.hooks.events import CacheRead, cache_reads
from queryaudit.masterdata import held as holding
from queryaudit.masterdata.generations import generations
from queryaudit.masterdata.held import Held
from queryaudit.masterdata.places import bytes_held
from queryaudit.masterdata.sources.rawsql import Answer, Answers, RawSource, columns_of, size_of_key

MAX_ANSWERS: Final = 1_000  # sets of parameters remembered; then the oldest goes
# Values that are equal where they are not the same to a database or to a function.
_WRITTEN: Final = (float, Decimal, datetime, time)


class CachedRows:
    """The rows of a raw query, held until one of its tables is written.

    Called with the parameters of the query it returns its rows, as the query does; ``get()``,
    ``filter()``, ``first()``, ``count()``, ``exists()``, ``in`` and loops are of the query
    without parameters, or with those of ``bind()``. Rows are named tuples that all readers
    share; what holds a list or a dict, and instances, are copied for each. Made by
    ``masterdata.cached()``.
    """

    def __init__(
        self,
        source: RawSource,
        ttl: float | None,
        homes: dict[str, Held] | None = None,
        params: dict[str, Any] | None = None,
    ) -> None:
        self._source = source
        self._ttl = ttl
        self._homes: dict[str, Held] = {} if homes is None else homes
        self._params = params or {}
        self.label = source.label
        self.__name__ = source.label.rpartition(".")[2]

    def __reduce__(self) -> NoReturn:
        msg = (
            f"cached() of {self.label} does not pickle: import it from where it is declared, or "
            "pickle list() of its rows"
        )
        raise TypeError(msg)

    def __call__(self, /, **params: Any) -> list[Any]:
        """Return the rows for these parameters, by those of ``bind()``."""
        return self._found(params)

    fetch = __call__

    def bind(self, /, **params: Any) -> "CachedRows":
        """Return the same with parameters, for ``get()``, ``filter()`` and the like."""
        return CachedRows(self._source, self._ttl, self._homes, {**self._params, **params})

    def all(self) -> list[Any]:
        """Return all rows."""
        return self()

    def filter(self, **columns: Any) -> list[Any]:
        """Return the rows whose columns have these values, compared as Python does.

        ``column__in`` takes several. Raises UnansweredError for what is no column.
        """
        return self._found({}, columns)

    def get(self, **columns: Any) -> Any:
        """Return the only row with these values.

        Raises DoesNotExist and MultipleObjectsReturned of the model, Django's where there is none.
        """
        found = self._found({}, columns)
        if len(found) == 1:
            return found[0]
        model = self._source.model
        if not found:
            msg = f"{self.label} has no row with {columns}."
            raise self._source.missing(msg)
        error = MultipleObjectsReturned if model is None else model.MultipleObjectsReturned
        msg = f"{self.label} has {len(found)} rows with {columns}."
        raise error(msg)

    def first(self) -> Any:
        """Return the first row, None where there is none."""
        return next(iter(self), None)

    def count(self) -> int:
        """Return how many rows there are."""
        return len(self._answer({})[0].rows)

    def exists(self) -> bool:
        """Return whether there is any row."""
        return self.count() > 0

    def __len__(self) -> int:
        return self.count()

    def __bool__(self) -> bool:
        return self.exists()

    def __iter__(self) -> Iterator[Any]:
        return iter(self())

    def __getitem__(self, key: int | slice) -> Any:
        return self()[key]

    async def afetch(self, /, **params: Any) -> list[Any]:
        """Return what a call does."""
        return await sync_to_async(self.__call__)(**params)

    async def aget(self, **columns: Any) -> Any:
        """Return what ``get()`` does."""
        return await sync_to_async(self.get)(**columns)

    async def afilter(self, **columns: Any) -> list[Any]:
        """Return what ``filter()`` does."""
        return await sync_to_async(self.filter)(**columns)

    def __repr__(self) -> str:
        bound = "".join(f", {name}={value!r}" for name, value in self._params.items())
        return f"<{type(self).__name__} {self.label}{bound}>"

    def warm(self) -> int:
        """Read the rows if they are not held; of a query that takes parameters, nothing."""
        return 0 if self._source.takes_parameters and not self._params else len(self())

    def clear(self) -> None:
        """Forget the rows in this process; they are read again when needed."""
        for held in list(self._homes.values()):
            held.refused, held.paused_until = None, 0.0
            generations.bump(held.alias, held.tables, "clear()", is_write=False)

    def sources(self) -> tuple[RawSource, ...]:
        """Return where the rows come from."""
        return (self._source,)

    def _held(self) -> Held:
        alias = self._source.alias()
        found = self._homes.get(alias)
        if found is None:
            found = holding.make(
                self._source, alias, read_only=True, ttl=self._ttl, home=self._homes
            )
        return found

    def _found(self, params: dict[str, Any], columns: dict[str, Any] | None = None) -> list[Any]:
        """Return rows to hand out, and tell who listens."""
        answer, outcome = self._answer(params)
        found = answer.rows if columns is None else self._matching(answer, columns)
        if cache_reads.listeners:
            cache_reads.tell(CacheRead(self.label, "raw SQL", len(found), outcome))
        return answer.copies(found)

    def _answer(self, params: dict[str, Any]) -> tuple[Answer, Any]:
        """Return all rows, and how they were come by: "hit", "load" or "miss"."""
        if self._params:
            params = {**self._params, **params}
        held = self._held()
        rows = held.ready
        if rows is None or (held.until is not None and monotonic() >= held.until):
            rows, _ = held.current()
        if rows is None:
            held.misses += 1
            return self._source.ask(held.alias, params), "miss"
        key: Any = tuple([(name, self._signed(name, params[name])) for name in sorted(params)])
        if self._source.is_function and settings.USE_TZ:  # it may ask by day, or make days
            key = timezone.get_current_timezone_name(), *key
        known = rows.answers.get(key)
        if known is not None:
            held.hits += 1
            return known, "hit"
        return self._learn(held, rows, key, params)

    def _learn(
        self, held: Held, rows: Answers, key: Any, params: dict[str, Any]
    ) -> tuple[Answer, Any]:
        """Ask the database; one thread asks for all that want the same."""
        flight = rows.flight(key)
        is_first = flight.acquire(timeout=held.patience())
        try:
            known = rows.answers.get(key)
            if known is not None:
                held.hits += 1
                return known, "hit"
            if key in rows.refused:
                raise rows.refused[key]
            start = held.start()
            answer = self._source.ask(held.alias, params)
            self._check(held, rows, key, answer)
            held.loads += 1
            answer = answer._replace(size=answer.size + size_of_key(key))
            most_bytes = conf.get().masterdata.max_bytes - bytes_held(but=held)
            generations.keep_unless_changed(
                held, start, lambda: rows.remember(key, answer, MAX_ANSWERS, most_bytes)
            )
        finally:
            if is_first:
                rows.land(key)
                flight.release()
        return answer, "load"

    def _check(self, held: Held, rows: Answers, key: Any, answer: Answer) -> None:
        """Raise MasterDataLimitError for what is too large; it is not asked again for that."""
        limits = conf.get().masterdata
        others = bytes_held(but=held)
        if len(answer.rows) > limits.max_rows:
            came = f"it returned {len(answer.rows):,} rows"
            error = MasterDataLimitError(self.label, "MAX_ROWS", limits.max_rows, came)
        elif answer.size + others > limits.max_bytes:
            came = f"its rows take {answer.size:,} bytes beside {others:,} of others"
            error = MasterDataLimitError(self.label, "MAX_BYTES", limits.max_bytes, came)
        else:
            return
        rows.refused[key] = error
        held.refuse(error)

    def _signed(self, name: str, value: Any) -> Any:
        """Return what tells a parameter from others: 1, 1.0 and True are three.

        So are times of several zones which are equal, 1.0 and 1.00, 0.0 and -0.0.
        """
        kind = type(value)
        if kind is int or kind is str:
            return kind, value
        if isinstance(value, (list, tuple)):
            return type(value), tuple(self._signed(name, one) for one in value)
        if isinstance(value, _WRITTEN):
            return type(value), repr(value)
        try:
            hash(value)
        except TypeError:
            msg = (
                f"the parameter {name}={value!r} has no hash; allowed are values and lists of them"
            )
            raise UnansweredError(self.label, msg) from None
        if isinstance(value, Model):  # which equals another with the same key
            msg = f"the parameter {name} is a row, {value!r}, which may change; give its key"
            raise UnansweredError(self.label, msg)
        return type(value), value

    def _matching(self, answer: Answer, columns: dict[str, Any]) -> list[Any]:
        if not columns or not answer.rows:
            return answer.rows
        several = {name[:-4]: list(v) for name, v in columns.items() if name.endswith("__in")}
        single = {name: v for name, v in columns.items() if not name.endswith("__in")}
        names = tuple(sorted({*several, *single}))
        index = answer.indexes.get(names)
        if index is None:
            index = answer.indexes[names] = self._index(answer, names)
        try:
            if not several:
                return index.get(tuple(single[name] for name in names), [])
            wanted = [{single[name]} if name in single else set(several[name]) for name in names]
        except TypeError:
            msg = f"no column has a value without a hash, and {columns} has one"
            raise UnansweredError(self.label, msg) from None
        keys = [key for key in index if all(map(contains, wanted, key))]
        found = {id(row) for key in keys for row in index[key]}
        return [row for row in answer.rows if id(row) in found]

    def _index(self, answer: Answer, names: tuple[str, ...]) -> dict[Any, list[Any]]:
        allowed = columns_of(answer.rows[0])
        unknown = [name for name in names if name not in allowed]
        if unknown:
            told = ", ".join(allowed) or "none, its rows have no names"
            msg = f"it has no column {unknown[0]!r}; allowed: {told}"
            raise UnansweredError(self.label, msg)
        index: dict[Any, list[Any]] = {}
        try:
            for row in answer.rows:
                index.setdefault(tuple(getattr(row, name) for name in names), []).append(row)
        except TypeError:
            msg = f"{', '.join(names)} hold values that have no hash; loop over all() for these"
            raise UnansweredError(self.label, msg) from None
        return index
