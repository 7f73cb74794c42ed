"""Tables that each test finds empty, on the server of the session."""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from typing import Any

import pytest
from django.test import override_settings

from queryaudit import capture
from queryaudit.dynamodb.connection import begin_epoch, current
from queryaudit.dynamodb.tables import made_for_tests, written
from queryaudit.hooks.botocore import unseen
from tests.dynamodb.models import Reading

SETTINGS = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "tests",
}


@pytest.fixture(autouse=True)
def _auditor() -> None:
    """Sessions of botocore that are made before the auditor stands there are not seen."""
    capture.install()
    if unseen():
        current().clients.clear()
        begin_epoch()


def run_apart(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread: the browser of other tests keeps a loop in this one."""
    context = copy_context()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(context.run, asyncio.run, coroutine).result()


def at(address: str, **options: Any) -> Any:
    """Return the settings of a server, for a ``with``."""
    return override_settings(QUERYAUDIT={"DYNAMODB": {"HOST": address, **SETTINGS, **options}})


@pytest.fixture(scope="session")
def _tables(dynamodb_server: str) -> Iterator[list[Any]]:
    held = ExitStack()
    with at(dynamodb_server):
        made = held.enter_context(made_for_tests(str(os.getpid())))
    yield made
    with at(dynamodb_server):
        held.close()


@pytest.fixture
def tables(_tables: list[Any], dynamodb_server: str) -> Iterator[list[Any]]:
    """All models, their tables empty; the settings stand for this test alone."""
    with at(dynamodb_server):
        yield _tables
        written.empty(_tables)


@pytest.fixture
def readings(tables: list[Any]) -> list[Reading]:
    """Sixty readings of one sensor, numbers 0 to 59, on three days."""
    made: list[Reading] = Reading.objects.bulk_create(
        Reading(sensor="s1", number=n, day=f"d{n % 3}", temperature=n / 2, note=f"note {n}")
        for n in range(60)
    )
    return made
