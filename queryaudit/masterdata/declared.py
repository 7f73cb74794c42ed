"""``masterdata.cached()``: what is held without a manager on a model."""

import sys
from collections.abc import Iterable, Iterator
from math import inf
from typing import Any, Final, cast

from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.manager import BaseManager
from django.db.models.query import ModelIterable

from queryaudit.masterdata import registry, watch
from queryaudit.masterdata.dependencies import dependencies
from queryaudit.masterdata.manager import MasterData, MasterDataManager
from queryaudit.masterdata.rawrows import CachedRows
from queryaudit.masterdata.sources.rawsql import RawSource

MAX_DECLARED: Final = 1_000


def cached(
    rows: Any,
    *,
    ttl: float | None = None,
    depends_on: Iterable[Any] = (),
    poll: float | None = None,
    read_only: bool = False,
    using: str | None = None,
) -> Any:
    """Return what answers as ``rows`` do, from the memory of this process.

    Declare it once, in a module that every process of the site imports. ``rows`` is one of:

    - a queryset of Django, also of a model with a composite key: a ``MasterData``, with the
      methods and the promise of ``MasterDataManager``, of these rows alone. ``read_only`` has all
      readers share them.
    - raw SQL, a query of a file (``Report.rows.yearly``), ``Report.rows.lazy(sql)`` or a function
      that returns rows: a ``CachedRows``. Its named rows are kept until a table is written that
      its text names or ``depends_on`` adds, by this process or by others as ``COHERENCE`` tells.
      ``using`` is the database, where the routers do not say it.
    - a queryset or manager of a DynamoDB model: a ``CachedItems``, which takes a ``ttl`` in
      seconds. Writes of this process are seen at once, those of others within ``poll`` seconds
      if they declare the same with a ``poll``, anybody else's within ``ttl``, never later. A
      global index promises the ``ttl`` and its own lag, nothing else.

    ``ttl`` are seconds after which rows are read again, come what may. ``stats()`` tells what is
    promised. Raises TypeError for anything else, ValueError for options that it does not take.
    """
    made = _made(rows, ttl, dependencies(depends_on), poll, read_only=read_only, using=using)
    if len(registry.declared) >= MAX_DECLARED:
        msg = (
            f"cached() was called {MAX_DECLARED:,} times: call it once for each question, where a "
            "module is imported, and not in a view"
        )
        raise RuntimeError(msg)
    registry.declare(made)
    return made


def _made(
    rows: Any,
    ttl: float | None,
    depends_on: tuple[Any, ...],
    poll: float | None,
    *,
    read_only: bool,
    using: str | None,
) -> Any:
    if ttl is not None and (
        isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not 0 < ttl < inf
    ):
        msg = f"ttl is {ttl!r}; allowed are seconds over 0, or None"
        raise ValueError(msg)
    if using is not None and using not in connections.databases:
        allowed = ", ".join(map(repr, connections.databases))
        msg = f"using is {using!r}; allowed are the databases {allowed}, or None"
        raise ValueError(msg)
    dynamodb = sys.modules.get("queryaudit.dynamodb.queryset")
    if dynamodb is not None and isinstance(
        rows, (dynamodb.DynamoDBQuerySet, dynamodb.DynamoDBManager)
    ):
        from queryaudit.masterdata.items import cached_items  # noqa: PLC0415  # an extra

        _refuse("DynamoDB", depends_on=depends_on, read_only=read_only, using=using)
        return cached_items(rows, ttl=ttl, poll=poll)
    _refuse("SQL", poll=poll)
    watch.install()
    if isinstance(rows, BaseManager):
        rows = rows.all()
    if isinstance(rows, QuerySet):
        return _of_queryset(rows, ttl, depends_on, read_only=read_only, using=using)
    if isinstance(rows, type) and issubclass(rows, Model):
        msg = f"cached() got the class {rows.__name__}: give {rows.__name__}.objects.all()"
        raise TypeError(msg)
    if dynamodb is not None and hasattr(rows, "get_attributes"):  # a class of PynamoDB
        msg = f"cached() got the class {rows.__name__}: give {rows.__name__}.objects, with a ttl"
        raise TypeError(msg)
    _refuse("raw SQL", read_only=read_only)
    return CachedRows(RawSource(rows, depends_on, using), ttl)


def _of_queryset(
    rows: QuerySet[Any, Any],
    ttl: float | None,
    depends_on: tuple[Any, ...],
    *,
    read_only: bool,
    using: str | None,
) -> MasterData[Any]:
    if not issubclass(rows._iterable_class, ModelIterable):
        msg = (
            f"cached() got values() of {rows.model._meta.label}; allowed are querysets of "
            "instances. Named rows come from raw SQL: cached(Report.rows.lazy(sql))"
        )
        raise TypeError(msg)
    for told, instead in _unheld(rows):
        msg = f"cached() got {told} of {rows.model._meta.label}; {instead}"
        raise TypeError(msg)
    options = MasterDataManager(
        lambda asked: rows.using(asked.db), read_only=read_only, depends_on=depends_on, ttl=ttl
    )
    return MasterData(options, rows.model, using or cast(Any, rows)._db)


def _unheld(rows: QuerySet[Any, Any]) -> Iterator[tuple[str, str]]:
    """Yield what memory and the database would not answer alike, or would answer with more."""
    query = rows.query
    alone = "rows are held without others: write {0}(None), and prefetch_related() what it returns"
    named = "hold such rows by raw SQL: cached(Report.rows.lazy(sql))"
    if query.is_sliced:
        yield "a slice", f"slice what cached() returns, or {named}"
    if query.combinator:
        yield f"a {query.combinator}()", named
    if query.distinct_fields:
        yield "distinct() by columns", named
    if query.select_for_update:
        yield "select_for_update()", "rows in memory lock nothing"
    if query.select_related:
        yield "select_related()", alone.format("select_related")
    if cast(Any, rows)._prefetch_related_lookups:
        yield "prefetch_related()", alone.format("prefetch_related")


def _refuse(what: str, **options: Any) -> None:
    for name, value in options.items():
        if value:
            msg = f"cached() of {what} takes no {name}; {value!r} came"
            raise ValueError(msg)
