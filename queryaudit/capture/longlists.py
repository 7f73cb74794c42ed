"""Record prefetches whose list of keys becomes too long for the database.

Django 5.2 asks for the rows behind a foreign key by one comparison a key, joined by OR;
SQLite takes an expression of some depth and no deeper (https://sqlite.org/limits.html), so
that a page which grows fails one day. Django 6 sends SQLite a list.
"""

from sqlite3 import SQLITE_LIMIT_EXPR_DEPTH
from typing import Any

from django.db import connections
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor

# From this share of what the database takes on, it is worth a word.
_NEAR = 0.5
_FEWEST = 100  # rows, below which nothing is looked at


def count_keys(instances: Any, prefetcher: Any) -> tuple[int, int]:
    """Return the keys that a prefetch asks for and the most it may; zeros where it is far off."""
    if len(instances) < _FEWEST or not _joins_by_or(prefetcher):
        return 0, 0
    most = _depth(instances[0]._state.db)  # noqa: SLF001
    if len(instances) < most * _NEAR:
        return 0, 0
    keys = len(set(map(prefetcher.field.get_local_related_value, instances)))
    return (keys, most) if most and keys >= most * _NEAR else (0, 0)


def _joins_by_or(prefetcher: Any) -> bool:
    """Return whether Django's own prefetch of a foreign key is asked, and no other one."""
    own = getattr(type(prefetcher), "get_prefetch_querysets", None)
    return own is ForwardManyToOneDescriptor.get_prefetch_querysets


def _depth(alias: str | None) -> int:
    """Return the deepest expression that a database takes; 0 where lists have no such depth."""
    if alias is None or alias not in connections:
        return 0
    connection: Any = connections[alias]
    if connection.vendor != "sqlite":
        return 0
    if connection.features.supports_tuple_lookups or connection.connection is None:
        return 0
    return int(connection.connection.getlimit(SQLITE_LIMIT_EXPR_DEPTH))
