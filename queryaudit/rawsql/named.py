"""Queries that are written in files, called by their names."""

import difflib
from typing import Any, Generic, TypeVar

from django.apps import apps

from queryaudit.errors import UnknownQueryError
from queryaudit.rawsql.files import Definition, queries_of

Row = TypeVar("Row")


class NamedQuery(Generic[Row]):
    """One query of a file, of one manager: called with its parameters it returns its rows.

    Identifiers are given along with the parameters. The other methods are those of the
    manager; ``sql`` is the text.
    """

    def __init__(self, manager: Any, definition: Definition) -> None:
        self._manager = manager
        self._definition = definition
        self.__name__ = definition.name
        self.__doc__ = definition.description

    @property
    def manager(self) -> Any:
        """The manager it is called of."""
        return self._manager

    @property
    def definition(self) -> Definition:
        """Where and how the file has it."""
        return self._definition

    @property
    def sql(self) -> str:
        """The text of the query."""
        return self._definition.sql

    def __call__(self, /, **params: Any) -> list[Row]:
        return self._call("fetch", params)  # type: ignore[no-any-return]

    fetch = __call__

    async def afetch(self, /, **params: Any) -> list[Row]:
        """Return the rows."""
        return await self._call("afetch", params)  # type: ignore[no-any-return]

    def fetch_one(self, /, **params: Any) -> Row:
        """Return the only row."""
        return self._call("fetch_one", params)  # type: ignore[no-any-return]

    async def afetch_one(self, /, **params: Any) -> Row:
        """Return the only row."""
        return await self._call("afetch_one", params)  # type: ignore[no-any-return]

    def fetch_value(self, /, **params: Any) -> Any:
        """Return the only value."""
        return self._call("fetch_value", params)

    async def afetch_value(self, /, **params: Any) -> Any:
        """Return the only value."""
        return await self._call("afetch_value", params)

    def fetch_models(self, /, **params: Any) -> list[Any]:
        """Return instances of the manager's model."""
        return self._call("fetch_models", params)  # type: ignore[no-any-return]

    async def afetch_models(self, /, **params: Any) -> list[Any]:
        """Return instances of the manager's model."""
        return await self._call("afetch_models", params)  # type: ignore[no-any-return]

    def iterator(self, /, **params: Any) -> Any:
        """Return the rows one by one."""
        return self._call("iterator", params)

    def aiterator(self, /, **params: Any) -> Any:
        """Return the rows one by one for ``async for``."""
        return self._call("aiterator", params)

    def lazy(self, /, **params: Any) -> Any:
        """Return a sequence for paginators."""
        return self._call("lazy", params)

    def explain(self, /, **params: Any) -> str:
        """Return the database's plan."""
        return str(self._call("explain", params))

    async def aexplain(self, /, **params: Any) -> str:
        """Return the database's plan."""
        return str(await self._call("aexplain", params))

    def __repr__(self) -> str:
        where = self._definition
        return f"<NamedQuery {where.name} at {where.path}:{where.line}>"

    def _call(self, method: str, params: dict[str, Any]) -> Any:
        identifiers = None
        if self._definition.identifiers:
            identifiers = {n: v for n, v in params.items() if n in self._definition.identifiers}
            params = {name: v for name, v in params.items() if name not in identifiers}
        return getattr(self._manager, method)(self._definition.sql, params, identifiers=identifiers)


def labels_for(model: Any) -> list[str]:
    """Return the apps whose queries ``model`` may call: its own first, then those it inherits."""
    bases = [base for base in getattr(model, "__mro__", ()) if hasattr(base, "_meta")]
    labels = [base._meta.app_label for base in bases]  # noqa: SLF001
    return [label for label in dict.fromkeys(labels) if label in apps.app_configs]


def names_for(model: Any) -> list[str]:
    """Return the names of all queries that ``model`` may call."""
    return sorted({name for label in labels_for(model) for name in queries_of(label).found})


def named_query(manager: Any, name: str) -> NamedQuery[Any]:
    """Return the query ``name`` for ``manager``; UnknownQueryError where there is none."""
    labels = labels_for(manager.model)
    for label in labels:
        definition = queries_of(label).found.get(name)
        if definition is not None:
            return NamedQuery(manager, definition)
    known = names_for(manager.model)
    near = difflib.get_close_matches(name, [*known, *dir(type(manager))], n=1)
    where = " and ".join(f"{label}/sql/*.sql" for label in labels) or "no app's SQL files"
    msg = (
        f"{type(manager).__name__} has no method and {where} no query {name!r}"
        f"{f'; {near[0]!r}?' if near else ''} Known queries: {', '.join(known) or 'none'}"
    )
    problems = [p for label in labels for p in queries_of(label).problems]
    if problems:
        msg += f". {problems[0].text}"
    raise UnknownQueryError(msg, name=name)
