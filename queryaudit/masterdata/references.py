"""Rows that go with others: what a database deletes or changes by itself in other tables."""

from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import ForeignObject
from django.db.models.signals import class_prepared

from queryaudit._compat import is_database_on_delete
from queryaudit.masterdata.effects import Effect


def referring(effect: Effect) -> frozenset[str]:
    """Return the tables of ``effect`` and those whose rows a database changes along with them.

    Where rows are deleted, that is every table that refers to them, over any number of steps: a
    constraint may have been made to cascade by hand. An update passes on what Django made so.
    """
    if not apps.models_ready:
        return effect.tables
    followers = _followers(only_database=not effect.deletes)
    if effect.tables.isdisjoint(followers):
        return effect.tables
    found, more = set(effect.tables), list(effect.tables)
    while more:
        new = followers.get(more.pop(), frozenset()) - found
        found |= new
        more += new
    return frozenset(found)


@cache
def _followers(*, only_database: bool) -> dict[str, frozenset[str]]:
    """Return by table the tables that refer to it."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            remote: Any = getattr(field, "remote_field", None)
            is_forward = bool(getattr(field, "many_to_one", False) or field.one_to_one)
            # Also one of several columns, which has none of its own.
            if not is_forward or not isinstance(field, ForeignObject):
                continue
            if not only_database or is_database_on_delete(remote.on_delete):
                target = remote.model._meta.db_table.strip('"').lower()
                found.setdefault(target, set()).add(field.model._meta.db_table.strip('"').lower())
    return {table: frozenset(tables) for table, tables in found.items()}


def _forget(**_: object) -> None:
    _followers.cache_clear()


class_prepared.connect(_forget, dispatch_uid="queryaudit.masterdata.references")
