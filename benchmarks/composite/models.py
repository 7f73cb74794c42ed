"""The same rows under three keys, and settings for them."""

import os
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections, models


def _database(engine: str, variable: str, default: str) -> dict[str, Any]:
    url = urlsplit(os.environ.get(variable, default))
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "HOST": url.hostname,
        "PORT": url.port,
        "USER": url.username,
        "PASSWORD": url.password or "",
        "NAME": url.path.lstrip("/"),
        "TEST": {"NAME": f"queryaudit_benchmark_{os.getpid()}"},
    }


if not settings.configured:
    settings.configure(
        USE_TZ=True,
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
            "postgres": _database(
                "postgresql",
                "QUERYAUDIT_POSTGRES",
                "postgresql://postgres@127.0.0.1:5432/postgres",
            ),
            "mariadb": _database("mysql", "QUERYAUDIT_MARIADB", "mysql://root@127.0.0.1:3306/test"),
        },
    )
    import django

    django.setup()

from queryaudit.composite import CompositeForeignKey, CompositeKey, CompositeKeyModel  # noqa: E402


class Plain(models.Model):
    """A surrogate key."""

    company = models.IntegerField()
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=50, default="")
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "benchmarks"


class PlainChild(models.Model):
    """A plain foreign key."""

    parent = models.ForeignKey(Plain, models.CASCADE)

    class Meta:
        app_label = "benchmarks"


class Native(models.Model):
    """Django's own key of two columns."""

    pk = models.CompositePrimaryKey("company", "code")
    company = models.IntegerField()
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=50, default="")
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "benchmarks"


class Ours(CompositeKeyModel):
    """The same as ours."""

    pk = CompositeKey("company", "code")
    company = models.IntegerField()
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=50, default="")
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "benchmarks"


class OursChild(models.Model):
    """A reference of two columns."""

    company = models.IntegerField()
    code = models.CharField(max_length=10)
    parent = CompositeForeignKey(Ours, models.CASCADE, ["company", "code"])

    class Meta:
        app_label = "benchmarks"


PARENTS: Final[list[Any]] = [Plain, Native, Ours]
CHILDREN: Final[list[Any]] = [PlainChild, OursChild]


def fill(alias: str, count: int) -> None:
    """Make a database of our own with so many rows in each table."""
    connection = connections[alias]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    with connection.schema_editor() as editor:
        for model in (*PARENTS, *CHILDREN):
            editor.create_model(model)
    numbers = range(1, count + 1)
    for model in PARENTS:
        ids = {"id": 0} if model is Plain else {}
        rows = [model(company=n, code=f"c{n}", **dict.fromkeys(ids, n)) for n in numbers]
        model.objects.using(alias).bulk_create(rows)
    plain, ours = CHILDREN
    plain.objects.using(alias).bulk_create([plain(parent_id=n) for n in numbers])
    ours.objects.using(alias).bulk_create([ours(company=n, code=f"c{n}") for n in numbers])
