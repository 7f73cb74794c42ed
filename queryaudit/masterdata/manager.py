"""``cached = MasterDataManager()`` on a model, and what it is for each class."""

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any, NoReturn, TypeVar, overload

from asgiref.sync import sync_to_async
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import Model

from queryaudit.hooks.events import CacheRead, cache_reads
from queryaudit.masterdata import held as holding
from queryaudit.masterdata import relations, watch
from queryaudit.masterdata.dependencies import dependencies
from queryaudit.masterdata.generations import generations
from queryaudit.masterdata.held import Held
from queryaudit.masterdata.querysets import MasterDataSet
from queryaudit.masterdata.registry import descriptors_of
from queryaudit.masterdata.rows import Rows
from queryaudit.masterdata.sources.model import ModelSource, Narrow
from queryaudit.masterdata.twins import AsyncReads

_M = TypeVar("_M", bound=Model)


class MasterDataManager:
    """Rows of a small table from the memory of this process: ``cached = MasterDataManager()``.

    It is a descriptor and no manager: it answers for the class it is asked on, also through
    abstract bases, proxies and children, and Django's managers stay as they are. The rows are
    those of ``_default_manager``, narrowed by ``queryset``, a function that takes and returns a
    queryset. They are copies; with ``read_only`` all readers share them, and to set an
    attribute raises ReadOnlyRowError. ``depends_on`` are models, labels or tables that a view
    is made from. ``ttl`` are seconds after which rows are read again, come what may.
    """

    is_master_data = True

    def __init__(
        self,
        queryset: Narrow | None = None,
        *,
        read_only: bool = False,
        depends_on: Iterable[Any] = (),
        ttl: float | None = None,
    ) -> None:
        given: object = queryset
        if given is not None and not callable(given):
            msg = (
                f"queryset is {type(given).__name__}; allowed is a function that takes all "
                "rows and returns some, queryset=lambda rows: rows.filter(...)"
            )
            raise TypeError(msg)
        self.narrow = queryset
        self.read_only = read_only
        self.depends_on = dependencies(depends_on)
        self.ttl = ttl
        self._bound: dict[type, MasterData[Any]] = {}
        watch.install()
        relations.install()

    @overload
    def __get__(self, instance: None, owner: type[_M]) -> "MasterData[_M]": ...
    @overload
    def __get__(self, instance: Model, owner: type[_M]) -> NoReturn: ...
    def __get__(self, instance: Model | None, owner: type[_M]) -> "MasterData[_M]":
        bound = self._bound.get(owner)
        if instance is not None:
            msg = f"master data is asked of the class {owner.__name__}, not of its instances"
            raise AttributeError(msg)
        if bound is None:
            if owner._meta.abstract:
                msg = f"{owner.__name__} is abstract and has no rows; its children have"
                raise AttributeError(msg)
            bound = self._bound.setdefault(owner, MasterData(self, owner))
        return bound


class MasterData(AsyncReads[_M]):
    """The master data of one model: ``Country.cached``."""

    def __init__(
        self, options: MasterDataManager, model: type[_M], alias: str | None = None
    ) -> None:
        self.model = model
        self._options = options
        self._alias = alias
        self._held: dict[str, Held] = {}
        self._base_held: dict[str, Held] = {}
        self._source = ModelSource(model, "_default_manager", options.narrow, options.depends_on)
        self._base = ModelSource(model, "_base_manager", None, options.depends_on)
        self._others: dict[str, MasterData[_M]] = {}

    @property
    def label(self) -> str:
        """The model, as errors, statistics and audits name it."""
        return self._source.label

    def __reduce__(self) -> tuple[Any, ...]:
        names = [name for name, one in descriptors_of(self.model) if one is self._options]
        if not names:
            msg = f"cached() of {self.label} does not pickle: import it from where it is declared"
            raise TypeError(msg)
        return _find, (self.model, names[0], self._alias)

    def get(self, *args: Any, **lookups: Any) -> _M:
        """Return the row that ``lookups`` find, by its key or unique columns or any others.

        Raises the model's DoesNotExist and MultipleObjectsReturned.
        """
        if not args:
            held = self._held.get(self._alias or DEFAULT_DB_ALIAS)
            if held is not None and (self._alias or not router.routers):
                rows = held.ready
                if rows is not None and (held.until is None or monotonic() < held.until):
                    try:
                        if len(lookups) == 1:
                            for name in lookups:
                                entry = rows.unique[name][lookups[name]]
                        else:
                            entry = rows.several[*lookups][*lookups.values()]
                    except (KeyError, TypeError):
                        pass
                    else:
                        held.hits += 1
                        if cache_reads.listeners:
                            cache_reads.tell(CacheRead(held.source.label, "get", 1, "hit"))
                        return rows.copy(entry)  # type: ignore[no-any-return]
        return self._get(args, lookups)

    def _get(self, args: tuple[Any, ...], lookups: dict[str, Any]) -> _M:
        if lookups and not args:
            held = self.held()
            rows, is_new = self.rows(held)
            if rows is None:
                self.tell(held, "get", 1, "miss")
                found: _M = held.source.queryset(held.alias).get(**lookups)
                return found
            entry = rows.one(lookups)
            if entry is not None:
                self.tell(held, "get", 1, "load" if is_new else "hit")
                return rows.copy(entry)  # type: ignore[no-any-return]
        return MasterDataSet(self).get(*args, **lookups)

    def __getattr__(self, name: str) -> Any:
        """Return what else sets have, ``prefetch_related`` and ``none``; they refuse the rest."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(MasterDataSet(self), name)

    def __iter__(self) -> Iterator[_M]:
        return iter(MasterDataSet(self))

    def all(self) -> MasterDataSet[_M]:
        """Return all rows."""
        return MasterDataSet(self)

    def filter(self, *args: Any, **lookups: Any) -> MasterDataSet[_M]:
        """Return the rows for which all conditions hold."""
        return MasterDataSet(self).filter(*args, **lookups)

    def exclude(self, *args: Any, **lookups: Any) -> MasterDataSet[_M]:
        """Return the rows for which not all of them hold."""
        return MasterDataSet(self).exclude(*args, **lookups)

    def order_by(self, *names: Any) -> MasterDataSet[_M]:
        """Return all rows in another order."""
        return MasterDataSet(self).order_by(*names)

    def first(self) -> _M | None:
        """Return the first row, None where there is none."""
        return MasterDataSet(self).first()

    def last(self) -> _M | None:
        """Return the last row, None where there is none."""
        return MasterDataSet(self).last()

    def exists(self) -> bool:
        """Return whether there is any row."""
        return MasterDataSet(self).exists()

    def count(self) -> int:
        """Return how many rows there are."""
        return MasterDataSet(self).count()

    def in_bulk(
        self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk"
    ) -> dict[Any, _M]:
        """Return rows by their keys or another unique column."""
        return MasterDataSet(self).in_bulk(id_list, field_name=field_name)

    async def aget(self, *args: Any, **lookups: Any) -> _M:
        """Return what ``get()`` does; without a thread where memory has it."""
        held = self._held.get(self._alias or DEFAULT_DB_ALIAS)
        if held is not None and held.ready is not None and held.until is None:
            rows = held.ready
            if len(lookups) == 1 and not args and not router.routers and rows is not None:
                ((name, value),) = lookups.items()
                index = rows.unique.get(name)
                if index is not None and isinstance(value, (int, str)) and value in index:
                    self.tell(held, "get", 1, "hit")
                    return rows.copy(index[value])  # type: ignore[no-any-return]
        return await sync_to_async(self.get)(*args, **lookups)

    def using(self, alias: str) -> "MasterData[_M]":
        """Return the same of the database ``alias``, whatever routers say."""
        found = self._others.get(alias)
        if found is None:
            found = self._others[alias] = type(self)(self._options, self.model, alias)
            found._held, found._base_held = self._held, self._base_held
        return found

    def warm(self) -> int:
        """Read the rows if they are not held; return how many there are, 0 where they cannot be."""
        rows, _ = self.rows(self.held())
        return 0 if rows is None else len(rows)

    def clear(self) -> None:
        """Forget the rows in this process; they are read again when needed."""
        for held in [*self._held.values(), *self._base_held.values()]:
            held.refused, held.paused_until = None, 0.0
            generations.bump(held.alias, held.tables, "clear()", is_write=False)

    # What the other parts of the room ask

    @property
    def is_ordered(self) -> bool:
        """Whether the rows come in an order that the model or the queryset asks for."""
        return self._source.is_ordered

    def sources(self) -> tuple[ModelSource, ...]:
        """Return where rows come from: for ``cached``, and for relations if that differs."""
        return (self._source,) if self._is_one else (self._source, self._base)

    def homes(self) -> dict[str, Held]:
        """Return the places of the rows that relations lead to, by database."""
        return self._held if self._is_one else self._base_held

    @property
    def _is_one(self) -> bool:
        return self._source.is_plain and self._base.is_plain

    def held(self, *, alias: str | None = None, is_base: bool = False) -> Held:
        """Return the place of the rows, in the database that ``alias`` or the routers name."""
        alias = alias or self._alias or _written_at(self.model)
        is_base = is_base and not self._is_one
        chosen = self._base_held if is_base else self._held
        found = chosen.get(alias)
        if found is None:
            source, options = (self._base if is_base else self._source), self._options
            found = holding.make(
                source, alias, read_only=options.read_only, ttl=options.ttl, home=chosen
            )
        return found

    def ready(self) -> Held | None:
        """Return the place of rows that may be taken without a further look, or None."""
        if router.routers and self._alias is None:
            return None
        held = self._held.get(self._alias or DEFAULT_DB_ALIAS)
        if held is None or (held.until is not None and monotonic() >= held.until):
            return None
        return held

    def rows(self, held: Held) -> tuple[Rows | None, bool]:
        """Return the rows that may be seen and whether they were read for it."""
        rows = held.ready
        if rows is not None and (held.until is None or monotonic() < held.until):
            return rows, False
        return held.current()

    def tell(self, held: Held, via: str, rows: int, outcome: Any) -> None:
        """Count a read, and tell who listens."""
        if outcome == "miss":
            held.misses += 1
        elif outcome == "hit":
            held.hits += 1
        if cache_reads.listeners:
            cache_reads.tell(CacheRead(held.source.label, via, rows, outcome))


def _written_at(model: Any) -> str:
    """Return the database of the model's writes: a replica may lag, and nobody would tell."""
    return router.db_for_write(model) if router.routers else DEFAULT_DB_ALIAS


def _find(model: Any, name: str, alias: str | None) -> MasterData[Any]:
    """Return what was pickled: the same object, which holds what this process holds."""
    found: MasterData[Any] = getattr(model, name)
    return found if alias is None else found.using(alias)
