"""What of master data does not fit, told at start; and before a deployment, what it means."""

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from queryaudit import conf
from queryaudit.masterdata import coherence
from queryaudit.masterdata.dependencies import ALLOWED, is_wrong, tables_by_hand
from queryaudit.masterdata.registry import declared, descriptors_of, managers


def check_settings(**_: object) -> list[checks.CheckMessage]:
    """Name what of ``QUERYAUDIT["MASTERDATA"]`` cannot be used."""
    settings = conf.get().masterdata
    found: list[checks.CheckMessage] = []
    if settings.coherence == "redis" and not settings.url:
        text = "QUERYAUDIT['MASTERDATA']['COHERENCE'] is 'redis', and its 'URL' is empty."
        found.append(_error("E001", text, 'Give the address: "redis://HOST:PORT/NUMBER".'))
    if settings.url and find_spec("redis") is None:
        text = "QUERYAUDIT['MASTERDATA']['URL'] names a Redis server, and redis is not installed."
        found.append(_error("E002", text, "pip install 'queryaudit[redis]'"))
    if settings.alias and settings.alias not in connections.settings:
        text = (
            f"QUERYAUDIT['MASTERDATA']['ALIAS'] is {settings.alias!r}, which is no alias of "
            "DATABASES."
        )
        found.append(_error("E003", text, f"Allowed: {', '.join(connections.settings)}."))
    return found


def check_models(**_: object) -> list[checks.CheckMessage]:
    """Name models whose rows cannot be told apart, and dependencies that there are not."""
    return [message for model in apps.get_models() for message in _check_model(model)]


def _check_model(model: Any) -> Iterator[checks.CheckMessage]:
    for name, descriptor in descriptors_of(model):
        where = f"{model._meta.label}.{name}"
        if not model._meta.managed and model._meta.pk.auto_created:
            text = f"{where}: the unmanaged model declares no primary key."
            hint = "Declare the column that tells its rows apart: primary_key=True."
            yield _error("E004", text, hint, model)
        yield from _check_dependencies(where, descriptor.depends_on, model)


def check_declared(**_: object) -> list[checks.CheckMessage]:
    """Name dependencies of what is ``cached()`` that there are not."""
    return [
        message
        for one in declared
        for source in one.sources()
        for message in _check_dependencies(f"cached() of {one.label}", source.depends_on)
    ]


def _check_dependencies(
    where: str, given: Iterable[Any], model: Any = None
) -> Iterator[checks.CheckMessage]:
    for one in given:
        if isinstance(one, str) and is_wrong(one):
            text = f"{where}: depends_on names {one!r}, which is no model."
            yield _error("E005", text, f"{ALLOWED.capitalize()}.", model)


def check_tables(*, databases: Sequence[str] | None = None, **_: object) -> list[Any]:
    """Name tables of ``depends_on`` that no database has: no write would ever drop the rows."""
    wanted = {
        table: f"cached() of {manager.label}"
        for manager in managers()
        for source in manager.sources()
        for table in tables_by_hand(source.depends_on)
    }
    if not wanted or not databases:
        return []
    for alias in databases:
        for table in connections[alias].introspection.table_names(include_views=True):
            wanted.pop(table.lower(), None)
    return [
        checks.Warning(
            f"{where}: depends_on names {table!r}, a table that is not there: rows stay for good.",
            hint=f"{ALLOWED.capitalize()}.",
            id="queryaudit.masterdata.W003",
        )
        for table, where in wanted.items()
    ]


def check_deployment(**_: object) -> list[checks.CheckMessage]:
    """Tell where the processes of a site do not hear of each other's writes."""
    found: list[checks.CheckMessage] = []
    if not managers():
        return found
    for alias in connections.settings:
        try:
            chosen = coherence.choice(alias)
        except ImproperlyConfigured:
            continue  # a database that is not there has a check of Django's own
        wanted = conf.get().masterdata.coherence
        if chosen == "local":
            text = (
                f"Master data of {alias!r} is held by each process for itself: what another "
                "process writes is not seen until the rows are read again."
            )
            hint = (
                "Name a Redis server by QUERYAUDIT['MASTERDATA']['URL'], or bound the time by "
                "'TTL'. With one process nothing is missing."
            )
            found.append(checks.Warning(text, hint=hint, id="queryaudit.masterdata.W001"))
        elif chosen == "off" and wanted != "off":
            text = f"Master data of {alias!r} is not held: COHERENCE {wanted!r} is not for it."
            hint = "Allowed for it: auto, redis, local."
            found.append(checks.Warning(text, hint=hint, id="queryaudit.masterdata.W002"))
    return found


def _check_files(**options: Any) -> list[checks.CheckMessage]:
    from queryaudit.masterdata.loading.checks import check_files  # noqa: PLC0415

    return check_files(**options)


def _error(number: str, text: str, hint: str, model: Any = None) -> checks.Error:
    return checks.Error(text, hint=hint, obj=model, id=f"queryaudit.masterdata.{number}")


def register() -> None:
    """Register the checks."""
    checks.register(check_settings, "queryaudit")
    checks.register(check_models, "queryaudit")
    checks.register(check_declared, "queryaudit")
    checks.register(check_tables, checks.Tags.database)
    # Models are there when checks run, and not yet when they are registered.
    checks.register(_check_files, checks.Tags.database)
    checks.register(check_deployment, "queryaudit", deploy=True)
