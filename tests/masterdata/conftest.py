"""The three databases that everything here holds on, and what belongs to a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections, router
from django.test.utils import CaptureQueriesContext

from queryaudit import masterdata
from queryaudit.masterdata import lifecycle, places
from queryaudit.masterdata.held import Held
from tests.conftest import needs_mariadb, needs_postgres
from tests.masterdata.models import Country, Region


@pytest.fixture(autouse=True)
def _nothing_held() -> Iterator[None]:
    """Each test begins with nothing and leaves no thread behind."""
    lifecycle.forget()
    yield
    lifecycle.forget()


def on(alias: str, *marks: pytest.MarkDecorator) -> Any:
    """Return a parameter whose test runs on one database, with no transaction around it."""
    database = pytest.mark.django_db(databases={"default", alias}, transaction=True)
    return pytest.param(alias, marks=[database, *marks])


ALIASES: list[Any] = [
    on("default"),
    on("postgres", needs_postgres),
    on("mariadb", needs_mariadb),
]


@pytest.fixture(params=ALIASES)
def alias(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """Each database in turn, and each the default one for the queries of a test."""
    chosen = str(request.param)
    with chosen_database(chosen):
        yield chosen


@contextmanager
def chosen_database(chosen: str) -> Iterator[None]:
    before = router.routers

    class Chosen:
        def db_for_read(self, *_: object, **__: object) -> str:
            return chosen

        db_for_write = db_for_read

    router.routers = [Chosen(), *before]
    try:
        yield
    finally:
        router.routers = before


@pytest.fixture
def countries(alias: str) -> list[Any]:
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


def held_places() -> list[Held]:
    """Return what is held of tables."""
    return [one for one in places.every() if isinstance(one, Held)]
