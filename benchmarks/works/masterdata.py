"""Master data in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.test.utils import override_settings

from benchmarks.works.base import Run
from queryaudit.masterdata import MasterDataManager


class Held(models.Model):
    """Rows in memory: a unique code, a region of which each hundred rows have one."""

    code = models.CharField(max_length=20, unique=True)
    region = models.IntegerField(db_index=True)
    name = models.CharField(max_length=50)

    objects: Any = models.Manager()
    cached = MasterDataManager()

    class Meta:
        app_label = "shop"
        db_table = "benchmark_held"

    def __str__(self) -> str:
        return self.code


_FILL = (
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %s) "
    "INSERT INTO benchmark_held (code, region, name) "
    "SELECT 'c' || i, i / 100, 'name ' || i FROM n"
)


@contextmanager
def _held(size: int) -> Iterator[None]:
    """Have so many rows in the database and none in memory, and no bound that refuses them."""
    limits = {"MAX_ROWS": 10_000_000, "MAX_BYTES": 2**36}
    with override_settings(QUERYAUDIT={**settings.QUERYAUDIT, "MASTERDATA": limits}):
        with connection.schema_editor() as editor:
            editor.create_model(Held)
        try:
            with connection.cursor() as cursor:
                cursor.execute(_FILL, (size,))
            Held.cached.clear()
            yield
        finally:
            Held.cached.clear()
            with connection.schema_editor() as editor:
                editor.delete_model(Held)


def _warm(size: int) -> None:
    held = Held.cached.warm()
    if held != size:
        msg = f"{held:,} rows are held, not {size:,}"
        raise RuntimeError(msg)


@contextmanager
def loading(size: int) -> Iterator[Run]:
    with _held(size):
        yield lambda: _warm(size)


@contextmanager
def reading_rows(size: int) -> Iterator[Run]:
    """Read a thousand rows by key and by code, of however many."""
    with _held(size):
        _warm(size)
        chosen = [number * size // 1_000 for number in range(1_000)]
        Held.cached.get(pk=1), Held.cached.get(code="c0")  # the first make the indexes
        yield lambda: [
            (Held.cached.get(pk=number + 1), Held.cached.get(code=f"c{number}"))
            for number in chosen
        ]


@contextmanager
def filtering_rows(size: int) -> Iterator[Run]:
    """Read one region of a hundred rows and one condition that no index answers."""
    with _held(size):
        _warm(size)
        yield lambda: (list(Held.cached.filter(region=0)), Held.cached.filter(name="-").count())
