"""The rows that are read, and settings for their databases."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import OperationalError, connections, models

RIVAL: Final = os.environ.get("BENCHMARK_RIVAL", "")
POSTGRES: Final = urlsplit(
    os.environ.get("QUERYAUDIT_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
)
REDIS: Final = os.environ.get("QUERYAUDIT_REDIS", "redis://127.0.0.1:6379/0")
ROWS: Final = 10_000
MOMENT: Final = datetime(2026, 3, 1, tzinfo=UTC)
if not settings.configured:
    _folder = tempfile.mkdtemp(prefix="queryaudit-benchmark-")
    settings.configure(
        INSTALLED_APPS=["benchmarks", *([RIVAL] if RIVAL else [])],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": 100_000},
            }
        },
        CACHEOPS_REDIS=REDIS,
        CACHEOPS={"benchmarks.*": {"ops": "all", "timeout": 3_600}},
        CACHEOPS_PREFIX=lambda _: f"queryaudit-benchmark-{os.getpid()}:",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(Path(_folder) / "rows.sqlite3"),
                "OPTIONS": {"init_command": "PRAGMA journal_mode = WAL"},
            },
            "postgres": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": POSTGRES.hostname,
                "PORT": POSTGRES.port or 5432,
                "USER": POSTGRES.username,
                "PASSWORD": POSTGRES.password or "",
                "NAME": POSTGRES.path.lstrip("/"),
                "TEST": {"NAME": f"queryaudit_benchmark_{os.getpid()}"},
            },
        },
    )
    import django

    django.setup()

from queryaudit.composite import CompositeKey, CompositeKeyModel  # noqa: E402  # as below
from queryaudit.masterdata import MasterDataManager  # noqa: E402  # models need settings
from queryaudit.rawsql import RawSQLManager  # noqa: E402


class Columns(models.Model):
    """Nine columns, one of them unique text."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=50)
    region = models.IntegerField(db_index=True)
    size = models.IntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    is_active = models.BooleanField(default=True)
    note = models.CharField(max_length=50)
    changed_at = models.DateTimeField()

    objects: Any = models.Manager()

    class Meta:
        abstract = True
        app_label = "benchmarks"


class Item(Columns):
    """Copied for each reader."""

    cached = MasterDataManager()


class Small(Columns):
    """A thousand rows."""

    cached = MasterDataManager()


class Shared(Columns):
    """A thousand rows that all readers share."""

    cached = MasterDataManager(read_only=True)


class Plain(Columns):
    """The same without a manager of ours: what a rival or a site has."""


class PlainSmall(Columns):
    """The same, a thousand rows."""


class Reference(models.Model):
    """Refers to an item that is held."""

    item = models.ForeignKey(Item, models.CASCADE, db_constraint=False)

    class Meta:
        app_label = "benchmarks"


class PlainReference(models.Model):
    """Refers to one that is not."""

    item = models.ForeignKey(Plain, models.CASCADE, db_constraint=False)

    class Meta:
        app_label = "benchmarks"


class Price(CompositeKeyModel):
    """A thousand rows with a key of two columns."""

    pk = CompositeKey("country", "item")
    country = models.CharField(max_length=2)
    item = models.IntegerField()
    cents = models.IntegerField()

    cached = MasterDataManager()
    rows = RawSQLManager()

    class Meta:
        app_label = "benchmarks"


_MODELS: Final[list[Any]] = [Item, Small, Shared, Plain, PlainSmall]
COUNTRIES: Final = ("AT", "DE", "FR", "IT")


def make_rows(model: Any, count: int) -> Iterator[Any]:
    """Yield so many rows."""
    for n in range(1, count + 1):
        yield model(
            id=n, code=f"code {n}", name=f"name of the row {n}", region=n % (count // 50), size=n,
            price=Decimal(n) / 4, note=f"a note on {n}", changed_at=MOMENT + timedelta(minutes=n),
        )  # fmt: skip


def fill(alias: str) -> None:
    """Make the tables of a database and their rows."""
    with connections[alias].schema_editor() as editor:
        for model in (*_MODELS, Reference, PlainReference):
            editor.create_model(model)
    for model in _MODELS:
        count = ROWS if model in {Item, Plain} else 1_000
        model.objects.using(alias).bulk_create(make_rows(model, count), batch_size=2_000)
    with connections[alias].cursor() as cursor:
        cursor.execute("ANALYZE")


def fill_prices() -> None:
    """Make the table of prices and its rows."""
    with connections["default"].schema_editor() as editor:
        editor.create_model(Price)
    Price.objects.bulk_create(
        Price(country=country, item=n, cents=n) for country in COUNTRIES for n in range(250)
    )


@contextmanager
def databases() -> Iterator[list[str]]:
    """Fill the databases that answer; yield their aliases."""
    aliases = ["default"]
    original = connections["postgres"].settings_dict["NAME"]
    try:
        connections["postgres"].creation.create_test_db(verbosity=0, autoclobber=True)
        aliases.append("postgres")
    except OperationalError as error:
        print(f"PostgreSQL is left out: {error}", file=sys.stderr)
    try:
        for alias in aliases:
            fill(alias)
        yield aliases
    finally:
        if "postgres" in aliases:
            connections["postgres"].creation.destroy_test_db(original, verbosity=0)
        connections.close_all()
