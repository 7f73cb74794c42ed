"""Which models have a ``MasterDataManager``, what is ``cached()``, and from which tables."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

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


class Declared(Protocol):
    """What holds rows: of a model's manager, or of ``cached()``."""

    @property
    def label(self) -> str:
        """Its name."""
        ...

    def sources(self) -> tuple[Any, ...]:
        """Return where rows come from, as far as they are tables."""
        ...

    def warm(self) -> int:
        """Read the rows if they are not held; return how many there are."""
        ...

    def clear(self) -> None:
        """Forget the rows in this process."""
        ...


declared: list[Declared] = []  # by cached()


def declare(one: Declared) -> None:
    """Note what ``cached()`` returned: its tables count from now on."""
    declared.append(one)
    forget()


@cache
def managers() -> tuple[Declared, ...]:
    """Return the managers of all models in the order of the apps, and what is ``cached()``."""
    return (
        *(
            getattr(model, name)
            for model in apps.get_models(include_auto_created=True)
            if not model._meta.swapped
            for name, _ in descriptors_of(model)
        ),
        *declared,
    )


@cache
def tables_of(alias: str) -> frozenset[str]:
    """Return every table that rows of any manager come from in the database ``alias``."""
    found: set[str] = set()
    for manager in managers():
        for source in manager.sources():
            found |= _tables_of(source, alias)
    return frozenset(found)


def _tables_of(source: Any, alias: str) -> frozenset[str]:
    """Return none of a source that cannot be asked of ``alias``: nothing of it is held there.

    Its reader is told why; a write that has nothing to do with it goes on.
    """
    try:
        found: frozenset[str] = source.tables(alias)
    except Exception:  # noqa: BLE001  # whatever compiling a question may raise
        return frozenset()
    return found


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
