"""The three databases that everything here holds on, and what belongs to a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connections, router
from django.test.utils import CaptureQueriesContext

from queryaudit import masterdata
from queryaudit.masterdata import lifecycle
from tests.conftest import needs_mariadb, needs_postgres
from tests.masterdata.models import Country, Region

ALIASES = ["default", "postgres", "mariadb"]
EVERY = [alias for alias in ALIASES if alias in settings.DATABASES]


@pytest.fixture(autouse=True)
def _nothing_held() -> Iterator[None]:
    """Each test begins with nothing and leaves no thread behind."""
    lifecycle.forget()
    yield
    lifecycle.forget()


@pytest.fixture(
    params=[
        "default",
        pytest.param("postgres", marks=needs_postgres),
        pytest.param("mariadb", marks=needs_mariadb),
    ]
)
def alias(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each database in turn, and each the default one for the queries of a test."""
    chosen = str(request.param)
    before = router.routers

    class Chosen:
        def db_for_read(self, *_: object, **__: object) -> str:
            return chosen

        db_for_write = db_for_read

    router.routers = [Chosen(), *before]
    yield chosen
    router.routers = before


@pytest.fixture
def countries(alias: str) -> list[Country]:
    """Three countries of two regions."""
    asia, europe = Region.objects.create(name="Asia"), Region.objects.create(name="Europe")
    return [
        Country.objects.create(code="JP", name="Japan", region=asia, size=3),
        Country.objects.create(code="DE", name="Germany", region=europe, size=2),
        Country.objects.create(code="FR", name="France", region=europe, size=2),
    ]


@pytest.fixture
def queries(alias: str) -> Any:
    """``with queries(2):`` so many statements are sent to the database, no more and no less."""

    @contextmanager
    def counted(count: int) -> Iterator[None]:
        with CaptureQueriesContext(connections[alias]) as captured:
            yield
        sent = [one["sql"] for one in captured.captured_queries]
        assert len(sent) == count, "\n".join(sent)

    return counted


def state_of(model: Any, key: str = "state") -> Any:
    """Return what ``stats()`` says of a model."""
    return next(one[key] for one in masterdata.stats() if one["model"] == model._meta.label)
