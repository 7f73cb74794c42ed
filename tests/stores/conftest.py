"""Stores to test, and a site whose store can be broken."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from queryaudit.stores.health import health
from tests.conftest import needs_redis
from tests.stores.backends import Backend, Memory, Outside, RedisServer, SQLite
from tests.stores.redis_process import RedisProcess

OUTSIDE = [pytest.param("sqlite"), pytest.param("redis", marks=needs_redis)]


@pytest.fixture(autouse=True)
def _healthy() -> Iterator[None]:
    """What one test's store failed at is not told to the next."""
    health.forget()
    yield
    health.forget()


def make_outside(name: str, folder: Path) -> Outside:
    return RedisServer() if name == "redis" else SQLite(folder)


@pytest.fixture(params=["memory", *OUTSIDE])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """Each store in turn."""
    name = request.param
    backend = Memory() if name == "memory" else make_outside(name, tmp_path)
    yield backend
    backend.remove()


@pytest.fixture(params=OUTSIDE)
def outside(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outside]:
    """Each store outside this process in turn."""
    backend = make_outside(request.param, tmp_path)
    yield backend
    backend.remove()


@pytest.fixture
def redis_process(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis server of the test's own, to be stopped and filled."""
    if shutil.which("redis-server") is None and os.environ.get("CI") != "true":
        pytest.skip("there is no redis-server to start")
    process = RedisProcess(tmp_path)
    process.start()
    yield process
    process.stop()
