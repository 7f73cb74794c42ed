"""The rows of a model, as its manager brings them."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections
from django.db.models import Manager, QuerySet

from queryaudit.masterdata.dependencies import tables_of
from queryaudit.masterdata.effects import names_in
from queryaudit.masterdata.registry import known_tables
from queryaudit.masterdata.rows import Rows

Narrow = Callable[[QuerySet[Any, Any]], QuerySet[Any, Any]]


class ModelSource:
    """All rows of the manager ``manager_name`` of ``model``, narrowed by ``narrow``."""

    kind = "model"
    is_lazy = False

    def __init__(
        self,
        model: Any,
        manager_name: str,
        narrow: Narrow | None = None,
        depends_on: tuple[Any, ...] = (),
    ) -> None:
        self.model = model
        self.label: str = model._meta.label
        self._manager_name = manager_name
        self._narrow = narrow
        self.depends_on = depends_on
        self._tables: dict[str, frozenset[str]] = {}

    @property
    def is_plain(self) -> bool:
        """Whether these are all rows of the table, as ``_base_manager`` brings them."""
        manager = type(getattr(self.model, self._manager_name))
        # Said by a class of itself, and not by its children, which may leave rows out.
        is_whole = manager is Manager or vars(manager).get("brings_all_rows") is True
        return self._narrow is None and is_whole

    def queryset(self, alias: str) -> QuerySet[Any, Any]:
        """Return the question for all rows, without what it would read of others beside them."""
        rows: Any = getattr(self.model, self._manager_name).using(alias).all()
        rows = rows if self._narrow is None else self._narrow(rows)
        # Their tables are not watched: a list of Prefetch(to_attr=...) would stay as it was.
        if rows._prefetch_related_lookups:
            rows = rows.prefetch_related(None)
        found: QuerySet[Any, Any] = rows
        return found

    @cached_property
    def is_ordered(self) -> bool:
        """Whether the rows come in an order that was asked for."""
        return self.queryset("default").ordered

    def tables(self, alias: str) -> frozenset[str]:
        """Return every table that the rows come from: parents, joins, and ``depends_on``."""
        found = self._tables.get(alias)
        if found is None:
            found = self._tables[alias] = self._read_tables(alias)
        return found

    def tables_in(self, rows: QuerySet[Any, Any], alias: str) -> frozenset[str]:
        """Return the tables that ``rows`` are asked from."""
        try:
            sql, _ = rows.query.get_compiler(alias).as_sql()
        except (EmptyResultSet, FullResultSet):
            return frozenset()
        return names_in(sql, connections[alias].vendor) & known_tables()

    def _read_tables(self, alias: str) -> frozenset[str]:
        own = {parent._meta.db_table for parent in self.model._meta.get_parent_list()}
        own.add(self.model._meta.db_table)
        named = frozenset(name.strip('"').rpartition('"."')[2].lower() for name in own)
        depended = tables_of(self.label, self.depends_on)
        return named | depended | self.tables_in(self.queryset(alias), alias)

    def read(self, alias: str, most: int) -> list[Any]:
        """Return the instances, at most ``most`` and one more."""
        rows = self.queryset(alias)
        if rows.query.is_sliced:
            return list(rows)
        return list(rows[: most + 1])

    def count(self, alias: str) -> int:
        """Return how many rows there are."""
        return self.queryset(alias).count()

    def hold(self, alias: str, found: list[Any], *, read_only: bool) -> Rows:
        """Return the rows with their indexes."""
        return Rows(self.model, alias, self.queryset(alias), found, read_only=read_only)
