"""Which models have a ``MasterDataManager``, and which tables their rows come from."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models.signals import class_prepared

if TYPE_CHECKING:
    from queryaudit.masterdata.manager import MasterData, MasterDataManager


def descriptors_of(model: type) -> Iterator[tuple[str, "MasterDataManager"]]:
    """Yield name and descriptor of each manager of ``model``, inherited ones as well."""
    told = set()
    for base in model.__mro__:
        for name, value in vars(base).items():
            if getattr(value, "is_master_data", False) is True and name not in told:
                told.add(name)
                yield name, value


@cache
def manager_of(model: type) -> "MasterData[Any] | None":
    """Return the first manager of ``model``, whose rows answer its relations, or None."""
    return next((getattr(model, name) for name, _ in descriptors_of(model)), None)


@cache
def managers() -> tuple["MasterData[Any]", ...]:
    """Return the managers of all models, in the order of the apps."""
    return tuple(
        getattr(model, name)
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.swapped
        for name, _ in descriptors_of(model)
    )


@cache
def tables_of(alias: str) -> frozenset[str]:
    """Return every table that rows of any manager come from in the database ``alias``."""
    found: set[str] = set()
    for manager in managers():
        for source in manager.sources():
            found |= source.tables(alias)
    return frozenset(found)


@cache
def known_tables() -> frozenset[str]:
    """Return the tables of all models, in lower case."""
    models = apps.get_models(include_auto_created=True)
    return frozenset(model._meta.db_table.strip('"').lower() for model in models)


def forget() -> None:
    """Look anew: a model was made."""
    for function in (manager_of, managers, tables_of, known_tables):
        function.cache_clear()


def _forget(**_: object) -> None:
    forget()


class_prepared.connect(_forget, dispatch_uid="queryaudit.masterdata.registry")
