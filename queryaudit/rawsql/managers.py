"""Where the methods stand: on a model by an attribute, or on a real manager by a base class."""

from copy import copy
from typing import Any, Self, overload
from weakref import WeakKeyDictionary

from queryaudit.errors import ParameterError
from queryaudit.rawsql.converters import Types
from queryaudit.rawsql.named import NamedQuery, named_query
from queryaudit.rawsql.parameters import Empty
from queryaudit.rawsql.queries import RawQueries


class RawSQLManager(RawQueries):
    """Raw SQL of a model: ``rows = RawSQLManager()`` in its body.

    It is a descriptor and no manager: it answers for the class it is asked on, also through
    abstract bases, proxies and children, and Django's managers stay as they are. Lists of an
    application are methods of a subclass; the queries of ``<app>/sql/*.sql`` are attributes.
    ``types`` are fields for columns that are none of the model's, wherever they occur.
    """

    def __init__(
        self, *, types: Types | None = None, empty: Empty = "raise", pause_gc: bool = False
    ) -> None:
        if empty not in {"raise", "match_none"}:
            msg = f'empty is {empty!r}: "raise" or "match_none" are allowed'
            raise ParameterError(msg, name="empty")
        self.model = None
        self.raw_types = types
        self.raw_empty = empty
        self.raw_pause_gc = pause_gc
        self._using: str | None = None
        self._bound: WeakKeyDictionary[type, Self] = WeakKeyDictionary()

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Self: ...
    def __get__(self, instance: object, owner: type) -> Self:
        if instance is not None:
            msg = f"raw SQL is asked of the class {owner.__name__}, not of its instances"
            raise AttributeError(msg)
        bound = self._bound.get(owner)
        if bound is None:
            bound = copy(self)
            bound.model = owner
            self._bound[owner] = bound
        return bound

    def __getattr__(self, name: str) -> NamedQuery[Any]:
        if name.startswith("_") or "model" not in self.__dict__:
            raise AttributeError(name)
        return named_query(self, name)

    def __dir__(self) -> list[str]:
        from queryaudit.rawsql.named import names_for  # noqa: PLC0415

        return sorted({*super().__dir__(), *names_for(self.model)})

    def using(self, alias: str) -> Self:
        """Return the same for the database ``alias``, whatever routers say."""
        other = copy(self)
        other._using = alias  # noqa: SLF001
        return other

    def _alias(self, *, writes: bool) -> str:
        return self._using or super()._alias(writes=writes)


class RawSQLMixin(RawQueries):
    """Raw SQL of a real manager: ``class AlbumManager(RawSQLMixin, models.Manager)``.

    ``iterator()`` and ``explain()`` without SQL are the manager's own, as is ``using()``; the
    alias of ``db_manager()`` is kept.
    """

    def __getattr__(self, name: str) -> NamedQuery[Any]:
        if name.startswith("_") or self.__dict__.get("model") is None:
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        return named_query(self, name)

    def iterator(self, sql: Any = None, *args: Any, **options: Any) -> Any:
        """Return the rows of ``sql`` one by one; without it the manager's instances."""
        parent: Any = super()
        if isinstance(sql, str):
            return parent.iterator(sql, *args, **options)
        given = () if sql is None else (sql,)
        return self.get_queryset().iterator(*given, *args, **options)  # type: ignore[attr-defined]

    def aiterator(self, sql: Any = None, *args: Any, **options: Any) -> Any:
        """Return what ``iterator()`` does, for ``async for``."""
        parent: Any = super()
        if isinstance(sql, str):
            return parent.aiterator(sql, *args, **options)
        given = () if sql is None else (sql,)
        return self.get_queryset().aiterator(*given, *args, **options)  # type: ignore[attr-defined]

    def explain(self, sql: Any = None, *args: Any, **options: Any) -> str:
        """Return the plan of ``sql``; without it that of the manager's queryset."""
        parent: Any = super()
        if isinstance(sql, str):
            return str(parent.explain(sql, *args, **options))
        return str(self.get_queryset().explain(**options))  # type: ignore[attr-defined]

    async def aexplain(self, sql: Any = None, *args: Any, **options: Any) -> str:
        """Return what ``explain()`` does."""
        parent: Any = super()
        if isinstance(sql, str):
            return str(await parent.aexplain(sql, *args, **options))
        return str(await self.get_queryset().aexplain(**options))  # type: ignore[attr-defined]

    def _alias(self, *, writes: bool) -> str:
        return getattr(self, "_db", None) or super()._alias(writes=writes)
