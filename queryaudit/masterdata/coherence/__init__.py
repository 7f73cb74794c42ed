"""How the processes of a site hear of each other's writes: chosen by the settings, by database."""

from threading import RLock
from typing import Any

from django.apps import apps
from django.db import connections

from queryaudit import conf
from queryaudit.errors import MissingExtraError
from queryaudit.masterdata.coherence.base import Coherence, Off
from queryaudit.masterdata.coherence.postgresql import PostgreSQLCoherence
from queryaudit.masterdata.coherence.sqlite import SQLiteCoherence
from queryaudit.masterdata.generations import ALL, generations
from queryaudit.masterdata.registry import managers, tables_of

__all__ = ["Announcement", "Coherence", "choice", "forget", "of", "shared"]

_lock = RLock()
_chosen: dict[str, Coherence] = {}


def of(alias: str) -> Coherence:
    """Return how writes to the database ``alias`` are heard of."""
    found = _chosen.get(alias)
    if found is None:
        with _lock:
            found = _chosen.get(alias)
            if found is None:
                found = _chosen[alias] = _make(alias)
    return found


def choice(alias: str) -> str:
    """Return the name of what the settings choose for ``alias``."""
    settings = conf.get().masterdata
    connection: Any = connections[alias]
    if settings.coherence != "auto":
        is_fitting = settings.coherence in {"redis", "local", "off", connection.vendor}
        return settings.coherence if is_fitting else "off"
    if connection.vendor == "postgresql":
        return "postgresql"
    if connection.vendor == "sqlite":
        return "local" if connection.is_in_memory_db() else "sqlite"
    return "redis" if settings.url else "local"


def _make(alias: str) -> Coherence:
    settings, name = conf.get().masterdata, choice(alias)
    if name == "postgresql":
        return PostgreSQLCoherence(alias, settings.alias or alias)
    if name == "sqlite":
        return Coherence(alias) if _is_in_memory(alias) else SQLiteCoherence(alias)
    if name == "redis":
        return _redis(alias, settings.url)
    if name == "off":
        fits = settings.coherence == "off"
        return Off(alias, "" if fits else f"{settings.coherence!r} is not for {alias!r}")
    return Coherence(alias)


def _is_in_memory(alias: str) -> bool:
    connection: Any = connections[alias]
    return bool(connection.is_in_memory_db())


def _redis(alias: str, url: str) -> Coherence:
    if not url:
        return Off(alias, "QUERYAUDIT['MASTERDATA']['URL'] is empty")
    try:
        from queryaudit.masterdata.coherence.redis import RedisCoherence  # noqa: PLC0415  # optional

        return RedisCoherence(alias, url)
    except (MissingExtraError, ValueError) as error:
        return Off(alias, str(error))


class Announcement:
    """Tells the other processes of a write, around its commit."""

    def __init__(self, coherence: Coherence, tables: frozenset[str]) -> None:
        self._coherence = coherence
        self._tables = tables
        self._in_transaction = False

    def before(self, connection: Any, *, in_transaction: bool = False) -> Any:
        """Do what has to be done before the commit."""
        self._in_transaction = in_transaction
        return self._coherence.before(connection, self._tables, in_transaction=in_transaction)

    def after(self, connection: Any, token: Any) -> None:
        """Do what has to be done after it."""
        self._coherence.after(connection, self._tables, token, in_transaction=self._in_transaction)


def shared(alias: str, tables: Any) -> Announcement | None:
    """Return what tells other processes of a write to ``tables``, None where nobody needs to hear.

    That is so for tables that no master data comes from. On SQLite each commit counts: it has
    to be told from those of others.
    """
    if not apps.models_ready or alias not in connections.settings or not managers():
        return None
    coherence = of(alias)
    if not coherence.announces:
        return None
    if ALL in tables:
        return Announcement(coherence, frozenset({ALL}))
    own = tables_of(alias) & tables
    return Announcement(coherence, own) if own or coherence.name == "sqlite" else None


def forget(alias: str | None = None, *, is_child: bool = False) -> None:
    """Choose anew for ``alias``, or for all: the settings or the database changed."""
    global _lock  # noqa: PLW0603
    if is_child:
        _lock = RLock()
    with _lock:
        for name in list(_chosen) if alias is None else [alias]:
            found = _chosen.pop(name, None)
            if found is not None:
                (found.abandon if is_child else found.stop)()
                generations.bump(name, None, "coherence was chosen anew", is_write=False)
