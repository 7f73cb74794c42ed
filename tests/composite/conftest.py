"""The three databases that everything here holds on."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from tests.composite.models import Album, Artist, Track
from tests.conftest import needs_mariadb, needs_postgres

ALIASES = ["default", "postgres", "mariadb"]
EVERY = [alias for alias in ALIASES if alias in settings.DATABASES]


@pytest.fixture(
    params=[
        "default",
        pytest.param("postgres", marks=needs_postgres),
        pytest.param("mariadb", marks=needs_mariadb),
    ]
)
def alias(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[str]:
    """Each database in turn, and each the default one for the queries of a test."""
    from django.db import router

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
def albums(alias: str) -> list[Album]:
    """Two artists with two albums each; the first album of each has two tracks."""
    made: list[Album] = []
    for number in (1, 2):
        artist = Artist.objects.create(id=number, name=f"artist {number}")
        made += [
            Album.objects.create(artist=artist, number=album_no, title=f"{number}.{album_no}")
            for album_no in (1, 2)
        ]
        for title in ("t1", "t2"):
            Track.objects.create(artist=artist, album_no=1, title=f"{number}.{title}")
    return made
