"""System checks of the SQL files, which are read at start; in development a change restarts."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.utils.autoreload import autoreload_started

from queryaudit.rawsql.files import folder_of, queries_of
from queryaudit.rawsql.managers import RawSQLManager, RawSQLMixin
from queryaudit.rawsql.named import labels_for


def check_files(**_: object) -> list[checks.CheckMessage]:
    """Name what is wrong with the SQL files of the installed apps."""
    messages: list[checks.CheckMessage] = [
        checks.Error(problem.text, hint=problem.hint, id=problem.id)
        for label in apps.app_configs
        for problem in queries_of(label).problems
    ]
    return [*messages, *_check_hidden()]


def _check_hidden() -> Iterator[checks.CheckMessage]:
    """Tell which names cannot be called, since a manager has a method of that name."""
    told = set()
    for model in apps.get_models(include_auto_created=True):
        for manager in managers_of(model):
            for label in labels_for(model):
                for name, definition in queries_of(label).found.items():
                    if hasattr(manager, name) and definition not in told:
                        told.add(definition)
                        yield checks.Error(
                            f"{definition.where} names {name!r}, which is a method of "
                            f"{manager.__name__}.",
                            hint="Give the query another name: the method is what is called.",
                            id="queryaudit.E103",
                        )


def managers_of(model: Any) -> Iterator[type]:
    """Yield the classes of what answers raw SQL for ``model``."""
    for base in model.__mro__:
        yield from (type(one) for one in vars(base).values() if isinstance(one, RawSQLManager))
    yield from (type(one) for one in model._meta.managers if isinstance(one, RawSQLMixin))  # noqa: SLF001


def _watch(sender: Any, **_: object) -> None:
    for label in apps.app_configs:
        folder = folder_of(label)
        if folder.is_dir():
            sender.watch_dir(folder, "*.sql")


def register() -> None:
    """Register the checks, and have runserver restart when a file changes."""
    checks.register(check_files, "queryaudit")
    autoreload_started.connect(_watch, dispatch_uid="queryaudit.rawsql")
