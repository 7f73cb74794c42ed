"""Audits of tasks: those of Celery, and Django's own since 6.0.

Each is told apart by its name and kept like a request. Nothing is imported that the site
has not imported itself.
"""

import sys
from contextlib import AbstractContextManager
from importlib import import_module
from random import random
from typing import Any

from queryaudit import conf
from queryaudit.auditing import Audit
from queryaudit.errors import log_once
from queryaudit.keeping import keep
from queryaudit.stores.writer import writer

_running: dict[str, tuple[Audit, AbstractContextManager[None]]] = {}


def connect() -> None:
    """Listen to the signals of the queues that are there; a second time changes nothing."""
    if "celery" in sys.modules:
        signals = import_module("celery.signals")
        signals.task_prerun.connect(_begin_celery, weak=False)
        signals.task_postrun.connect(_end_celery, weak=False)
    try:
        signals = import_module("django.tasks.signals")
    except ImportError:  # before Django 6.0
        return
    signals.task_started.connect(_begin_django, dispatch_uid="queryaudit.tasks")
    signals.task_finished.connect(_end_django, dispatch_uid="queryaudit.tasks")


def disconnect() -> None:
    """Listen no more."""
    if "celery" in sys.modules:
        signals = import_module("celery.signals")
        signals.task_prerun.disconnect(_begin_celery)
        signals.task_postrun.disconnect(_end_celery)
    try:
        signals = import_module("django.tasks.signals")
    except ImportError:
        return
    signals.task_started.disconnect(dispatch_uid="queryaudit.tasks")
    signals.task_finished.disconnect(dispatch_uid="queryaudit.tasks")


def _begin_celery(*, task_id: str, task: Any, **_: object) -> None:
    _begin(task_id, str(task.name))


def _end_celery(*, task_id: str, **_: object) -> None:
    _end(task_id)


def _begin_django(*, task_result: Any, **_: object) -> None:
    _begin(str(task_result.id), str(task_result.task.module_path))


def _end_django(*, task_result: Any, **_: object) -> None:
    _end(str(task_result.id))


def _begin(task_id: str, name: str) -> None:
    """Begin the audit of a task; an error of the auditor stays away from it."""
    try:
        # A function of the request, in ENABLED, has no request to ask here: requests alone.
        if not conf.is_enabled() or isinstance(conf.get().enabled, str):
            return
        if random() >= conf.get().sample:  # noqa: S311  # which tasks, nobody may guess or not
            return
        audit = Audit(label=f"task {name}", raise_=False)
        audit.begin()
        audit.describe(view=name, method="TASK")
        active = audit.active()
        active.__enter__()
        _running[task_id] = audit, active
    except Exception:  # noqa: BLE001
        log_once("beginning the audit of a task")


def _end(task_id: str) -> None:
    audit, active = _running.pop(task_id, (None, None))
    if audit is None or active is None:
        return
    try:
        active.__exit__(None, None, None)
        audit.end()
        writer.submit(lambda: keep(audit))
    except Exception:  # noqa: BLE001
        log_once("ending the audit of a task")
