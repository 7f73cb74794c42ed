"""System checks: settings, middleware, hooks that did not fit."""

from collections.abc import Iterator

from django.conf import settings
from django.core import checks

from queryaudit import conf, stores
from queryaudit.dynamodb import checks as dynamodb_checks
from queryaudit.errors import QueryAuditError
from queryaudit.hooks import patches
from queryaudit.masterdata import checks as masterdata_checks
from queryaudit.rawsql import checks as rawsql_checks

MIDDLEWARE = "queryaudit.middleware.QueryAuditMiddleware"
_CACHE = "django.middleware.cache.UpdateCacheMiddleware"


def check_settings(**_: object) -> list[checks.CheckMessage]:
    """Name each unknown key and each bad value of ``QUERYAUDIT``."""
    messages: list[checks.CheckMessage] = []
    for problem in conf.problems():
        if problem.setting.startswith(dynamodb_checks.NAMES):
            continue  # told by the checks of that room
        if problem.unknown:
            text, hint = f"{problem.setting} is no setting of queryaudit.", problem.allowed + "."
        else:
            text = f"{problem.setting} is {problem.value!r}, which is not allowed."
            hint = f"Allowed: {problem.allowed}."
        check_id = "queryaudit.E001" if problem.unknown else "queryaudit.E002"
        messages.append(checks.Error(text, hint=hint, id=check_id))
    return [*messages, *_check_functions(), *_check_store()]


def _check_functions() -> Iterator[checks.CheckMessage]:
    configuration = conf.get()
    for key, path in (("ENABLED", configuration.enabled), ("VIEWERS", configuration.viewers)):
        if isinstance(path, str):
            try:
                conf.function_at(path)
            except Exception as error:  # noqa: BLE001  # the module runs what it likes
                yield checks.Error(
                    f"QUERYAUDIT[{key!r}] names {path}, which cannot be used: {error!r}.",
                    hint="Allowed: the dotted path of a function that takes the request.",
                    id="queryaudit.E003",
                )


def _check_store() -> Iterator[checks.CheckMessage]:
    # The default store is made where there is a request to keep; a named one asks for nothing.
    if conf.is_enabled() and conf.get().store is not None:
        try:
            stores.current()
        except QueryAuditError as error:
            yield checks.Error(
                f"QUERYAUDIT['STORE'] keeps no audits: {error}.",
                hint="Install what is missing, or name another store.",
                id="queryaudit.E008",
            )


def check_middleware(**_: object) -> list[checks.CheckMessage]:
    """Tell where the middleware is missing or stands twice."""
    count = list(settings.MIDDLEWARE).count(MIDDLEWARE)
    if count > 1:
        return [
            checks.Error(
                f"MIDDLEWARE lists {MIDDLEWARE} {count} times.",
                hint="Allowed: once. Keep the first; requests would be counted twice.",
                id="queryaudit.E005",
            )
        ]
    if count and _CACHE in settings.MIDDLEWARE:
        names = list(settings.MIDDLEWARE)
        if names.index(_CACHE) < names.index(MIDDLEWARE):
            return [
                checks.Warning(
                    f"MIDDLEWARE lists {MIDDLEWARE} after {_CACHE}: the headers that a viewer "
                    "sees would be cached and shown to everybody.",
                    hint="List it before the cache's middleware.",
                    id="queryaudit.W007",
                )
            ]
    if count == 0 and conf.get().enabled is not False:
        return [
            checks.Warning(
                f"INSTALLED_APPS has queryaudit, MIDDLEWARE does not list {MIDDLEWARE}: "
                "no request is audited.",
                hint="Add it near the top of MIDDLEWARE, or set QUERYAUDIT['ENABLED'] to False "
                "where only the tools of the package are used.",
                id="queryaudit.W004",
            )
        ]
    return []


def check_hooks(**_: object) -> list[checks.CheckMessage]:
    """Tell which hooks are off since Django, or a package that patches it, differs."""
    return [
        checks.Warning(
            f"A hook of queryaudit is off: {problem}.",
            hint="Findings that need it are missing. Look for a newer queryaudit, or for the "
            "package that patches the same function.",
            id="queryaudit.W006",
        )
        for problem in patches.problems()
    ]


def register() -> None:
    """Register the checks of the auditor and of the tools."""
    for check in (check_settings, check_middleware, check_hooks):
        checks.register(check, "queryaudit")
    rawsql_checks.register()
    masterdata_checks.register()
    dynamodb_checks.register()
