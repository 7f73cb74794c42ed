"""Fixtures of all tests."""

import os
from collections.abc import Iterator

import pytest
from config import dynamodb_local
from django.conf import settings

from queryaudit import capture
from queryaudit.stores.writer import writer
from tests.music.models import Album, Artist, Label

needs_postgres = pytest.mark.skipif(
    "postgres" not in settings.DATABASES,
    reason=f"PostgreSQL does not answer at {settings.POSTGRES_URL} (QUERYAUDIT_POSTGRES)",
)
needs_mariadb = pytest.mark.skipif(
    "mariadb" not in settings.DATABASES,
    reason=f"MariaDB does not answer at {settings.MARIADB_URL} (QUERYAUDIT_MARIADB)",
)
needs_redis = pytest.mark.skipif(
    not settings.HAS_REDIS,
    reason=f"Redis does not answer at {settings.REDIS_URL} (QUERYAUDIT_REDIS)",
)


@pytest.fixture(scope="session")
def dynamodb_server() -> Iterator[str]:
    """The address of a server that ends with the session."""
    lacking = dynamodb_local.missing()
    if lacking and os.environ.get("CI") != "true":
        pytest.skip(f"DynamoDB Local cannot run: {lacking}")
    with dynamodb_local.serving() as address:
        yield address


@pytest.fixture
def albums(db: None) -> list[Album]:
    """Six albums by six artists under three labels."""
    labels = [Label.objects.create(name=f"label {n}") for n in range(3)]
    artists = [Artist.objects.create(name=f"artist {n}", label=labels[n % 3]) for n in range(6)]
    return [Album.objects.create(title=f"album {n}", artist=artists[n]) for n in range(6)]


@pytest.fixture(autouse=True)
def _leave_no_job() -> Iterator[None]:
    """What a test's requests gave the writer is done before the next test begins."""
    yield
    assert writer.drain()


@pytest.fixture
def _uninstalled() -> Iterator[None]:
    """The auditor out of all hooks; what the test installs is taken out again."""
    capture.uninstall()
    yield
    capture.uninstall()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write the pictures of docs/ anew")
