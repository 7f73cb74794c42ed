"""The rows of SQL by hand: a query of a file, lazy rows, or a function that fetches them."""

import inspect
import sys
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple, NoReturn

from django.core.exceptions import ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connections, models

from queryaudit.errors import MasterDataError, MasterDataLimitError
from queryaudit.masterdata.copies import UNCHANGEABLE
from queryaudit.masterdata.dependencies import tables_of
from queryaudit.masterdata.effects import names_in
from queryaudit.masterdata.registry import known_tables
from queryaudit.rawsql.lazy import LazyRows
from queryaudit.rawsql.named import NamedQuery
from queryaudit.rawsql.queries import RawQueries
from queryaudit.rawsql.statements import measure

_ALLOWED = (
    "allowed are a query of a file (Report.rows.yearly), lazy rows (Report.rows.lazy(sql)) and a "
    "function that returns a list of rows"
)
_REST = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


class Answer(NamedTuple):
    """The rows for one set of parameters. ``indexes`` has them by columns that were asked by."""

    rows: list[Any]
    is_plain: bool  # no row holds anything that a reader could change
    size: int  # bytes, about
    indexes: dict[tuple[str, ...], dict[Any, list[Any]]]

    def copies(self, rows: Iterable[Any]) -> list[Any]:
        """Return rows to hand out."""
        return list(rows) if self.is_plain else [deepcopy(row) for row in rows]


class Answers:
    """What is held of a query: its rows by parameters; nothing is read before it is asked for."""

    is_shared = True
    size = 0

    def __init__(self) -> None:
        self.answers: dict[Any, Answer] = {}
        self.answers_size = 0
        self.refused: dict[Any, MasterDataLimitError] = {}  # what was too large, until a write
        self._flights: dict[Any, Lock] = {}

    def __len__(self) -> int:
        return sum(len(answer.rows) for answer in list(self.answers.values()))

    def flight(self, key: Any) -> Lock:
        """Return the lock of those who want to ask the same at once."""
        return self._flights.setdefault(key, Lock())

    def land(self, key: Any) -> None:
        """Forget that lock: whoever still waits for it finds the answer."""
        self._flights.pop(key, None)

    def remember(self, key: Any, answer: Answer, most: int, most_bytes: int) -> None:
        """Keep an answer; where there are too many, or too large ones, the oldest go."""
        known = self.answers.pop(key, None)  # of a thread that did not wait for this one
        self.answers_size -= 0 if known is None else known.size
        self.answers[key] = answer
        self.answers_size += answer.size
        while self.answers and (len(self.answers) > most or self.answers_size > most_bytes):
            self.answers_size -= self.answers.pop(next(iter(self.answers))).size


class RawSource:
    """The rows of ``query``, and the tables that they come from.

    Those are the models' tables which the text names and what ``depends_on`` adds; of a
    function, whose text nobody sees, ``depends_on`` alone.
    """

    kind = "raw SQL"
    is_lazy = True

    def __init__(self, query: Any, depends_on: tuple[Any, ...], using: str | None) -> None:
        if not callable(query) and not isinstance(query, LazyRows):
            msg = f"cached() got {type(query).__name__}; {_ALLOWED}"
            raise TypeError(msg)
        self._query = query
        self.depends_on = depends_on
        self._using = using
        self._manager = _manager_of(query)
        # None for SQL of no model.
        self.model: Any = getattr(self._manager or query, "model", None)
        self.label = self._name()
        if inspect.iscoroutinefunction(query):
            msg = f"cached() got the coroutine function {self.label}; give the function without a"
            raise TypeError(msg)
        self.is_function = getattr(query, "sql", None) is None
        if self.is_function and not depends_on:
            self._refuse_unknown()

    @cached_property
    def missing(self) -> type[ObjectDoesNotExist]:
        """What is raised where there is no such row."""
        model = self.model
        return ObjectDoesNotExist if model is None else model.DoesNotExist

    @property
    def takes_parameters(self) -> bool:
        """Whether there is nothing to read before parameters are given."""
        query = self._query
        if isinstance(query, LazyRows):
            return False
        if isinstance(query, NamedQuery):
            statement = measure(query.sql, connections[self.alias()].vendor)
            return bool(statement.names or statement.identifiers)
        given = inspect.signature(query).parameters.values()
        return any(one.default is one.empty and one.kind not in _REST for one in given)

    def alias(self) -> str:
        """Return the database: as given, as the rows have it, where the model is written."""
        if self._using is not None:
            return self._using
        if isinstance(self._query, LazyRows):
            return self._query.alias
        manager = self._manager
        return DEFAULT_DB_ALIAS if manager is None else str(manager._alias(writes=True))

    def tables(self, alias: str) -> frozenset[str]:
        """Return the tables whose writes drop the rows. Raises MasterDataError without any."""
        found = tables_of(self.label, self.depends_on)
        text = getattr(self._query, "sql", None)
        if text is not None:
            found |= names_in(text, connections[alias].vendor) & known_tables()
        if not found:
            self._refuse_unknown()
        return found

    def read(self, alias: str, most: int) -> list[Any]:  # see Source
        """Return nothing: rows are read by their parameters, when these are known."""
        return []

    def count(self, alias: str) -> int:
        """Return how many rows are read at once: none."""
        return 0

    def hold(self, alias: str, found: list[Any], *, read_only: bool) -> Answers:
        """Return a place for answers."""
        return Answers()

    def ask(self, alias: str, params: dict[str, Any]) -> Answer:
        """Return the rows as the database has them."""
        rows = self._function(alias)(**params)
        # A named tuple is one row, and no list of them.
        if not isinstance(rows, (list, tuple)) or hasattr(rows, "_fields"):
            msg = f"it returned {type(rows).__name__}, and a list of rows is what can be held"
            raise MasterDataError(self.label, msg)
        rows = list(rows)
        is_plain = all(map(_is_unchangeable, rows))
        return Answer(rows, is_plain, 300 + sum(map(_size_of, rows)), {})

    def _refuse_unknown(self) -> NoReturn:
        msg = (
            "no table of a model stands in its text, and depends_on is empty: name what it "
            "reads, cached(..., depends_on=[Order])"
        )
        raise MasterDataError(self.label, msg)

    def _name(self) -> str:
        query = self._query
        model = "" if self.model is None else f"{self.model._meta.label}."
        if isinstance(query, LazyRows):
            return f"{model}{' '.join(query.sql.split())[:60]}"
        module = f"{query.__module__}." if self._manager is None else ""
        return f"{model or module}{getattr(query, '__name__', type(query).__name__)}"

    def _function(self, alias: str) -> Callable[..., Any]:
        query = self._query
        if isinstance(query, LazyRows):
            return lambda: list(query.anew())
        if isinstance(query, NamedQuery):
            return NamedQuery(_on(self._manager, alias), query.definition)
        if self._manager is not None:
            function: Callable[..., Any] = getattr(_on(self._manager, alias), query.__name__)
            return function
        return query  # type: ignore[no-any-return]


def _manager_of(query: Any) -> Any:
    """Return the manager that a query or a method of it belongs to."""
    manager = query.manager if isinstance(query, NamedQuery) else getattr(query, "__self__", None)
    return manager if isinstance(manager, RawQueries) else None


def _on(manager: Any, alias: str) -> Any:
    # using() of Django's managers is a queryset's.
    is_django = isinstance(manager, models.Manager)
    return manager.db_manager(alias) if is_django else manager.using(alias)


def _is_unchangeable(row: Any) -> bool:
    if isinstance(row, tuple):
        return all(type(value) in UNCHANGEABLE for value in row)
    return type(row) in UNCHANGEABLE


def _size_of(row: Any) -> int:
    """Return the bytes of a row, about."""
    values: Iterable[Any] = row if isinstance(row, tuple) else getattr(row, "__dict__", {}).values()
    return sys.getsizeof(row) + 8 + sum(sys.getsizeof(one) for one in values if one is not None)


def size_of_key(key: Any) -> int:
    """Return the bytes of parameters, about: a list of ten thousand is held with its rows."""
    inner = sum(map(size_of_key, key)) if isinstance(key, tuple) else 0
    return inner + (0 if isinstance(key, type) else sys.getsizeof(key))


def columns_of(row: Any) -> tuple[str, ...]:
    """Return the names that rows are asked by: of a named tuple, an instance, an object."""
    if isinstance(row, models.Model):
        fields = row._meta.concrete_fields
        names = [name for field in fields for name in (field.name, field.attname)]
        return tuple(dict.fromkeys([*names, "pk", *_public(row)]))
    return tuple(getattr(row, "_fields", None) or _public(row))


def _public(row: Any) -> list[str]:
    return [name for name in getattr(row, "__dict__", ()) if not name.startswith("_")]
