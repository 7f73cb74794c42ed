import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created

from queryaudit import capture
from queryaudit.hooks import patches


def of_the_wing(patch: patches.Patch) -> bool:
    """What the tools patch stays, whoever audits."""
    return any(not one.__module__.startswith("queryaudit.capture") for one in patch._decorators)


def attributes() -> dict[str, Any]:
    """Return each function that a hook patches, as it stands in its class or module."""
    found = {}
    for patch in patches._patches:
        if patch.target.startswith(("django.", "asgiref.")) and not of_the_wing(patch):
            owner, name = patch._owner()
            found[patch.target] = vars(owner)[name]
    return found


@pytest.mark.usefixtures("_uninstalled", "db")
def test_uninstall_leaves_django_as_it_was() -> None:
    connection.ensure_connection()
    before = attributes()
    wrappers, receivers = list(connection.execute_wrappers), list(connection_created.receivers)
    capture.install()
    capture.install()
    assert len(before) >= 7
    unpatched = [t for t, function in before.items() if function is attributes()[t]]
    assert unpatched == []
    assert len(connection.execute_wrappers) == len(wrappers) + 1
    capture.uninstall()
    assert all(function is attributes()[target] for target, function in before.items())
    assert connection.execute_wrappers == wrappers
    assert connection_created.receivers == receivers
    assert not any(f.__module__.startswith("queryaudit") for f in before.values())


@pytest.mark.usefixtures("_uninstalled")
def test_all_hooks_fit_the_installed_django() -> None:
    capture.install()
    assert patches.problems() == []


@pytest.mark.usefixtures("_uninstalled")
def test_patched_functions_keep_the_names_of_their_parameters() -> None:
    def parameters() -> dict[str, list[str]]:
        return {t: list(inspect.signature(f).parameters) for t, f in attributes().items()}

    before = parameters()
    capture.install()
    assert parameters() == before


PROGRAM = """
import django
from django.conf import settings
settings.configure(
    DEBUG=True,
    QUERYAUDIT={"ENABLED": %r},
    INSTALLED_APPS=["django.contrib.contenttypes", "queryaudit"],
    MIDDLEWARE=["queryaudit.middleware.QueryAuditMiddleware"],
    ROOT_URLCONF=[],
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
from django.core.handlers.wsgi import WSGIHandler
from django.db.models.query import ModelIterable
from django.db import connection
connection.ensure_connection()
handler = WSGIHandler()
used = "QueryAuditMiddleware" in repr(handler._middleware_chain.__wrapped__)
print(used, ModelIterable.__iter__.__module__, len(connection.execute_wrappers))
"""


@pytest.mark.parametrize(
    ("enabled", "printed"),
    [(False, "False django.db.models.query 0"), (True, "True queryaudit.capture.rows 1")],
)
def test_disabled_nothing_is_patched_and_the_middleware_is_unused(
    enabled: bool, printed: str
) -> None:
    program = PROGRAM % enabled
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert result.stdout.strip() == printed


def test_a_site_without_content_types_has_all_other_hooks() -> None:
    program = (
        "import django\n"
        "from django.conf import settings\n"
        "settings.configure(DEBUG=True, INSTALLED_APPS=['queryaudit'], MIDDLEWARE=["
        "'queryaudit.middleware.QueryAuditMiddleware'])\n"
        "django.setup()\n"
        "from django.core.checks import run_checks\n"
        "from django.db.models import QuerySet\n"
        "print(QuerySet.count.__wrapped__ is not None, run_checks(tags=['queryaudit']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout == "True []\n"
