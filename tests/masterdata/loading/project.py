"""A throwaway project with a ``manage.py`` of its own, on one of the three databases."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from uuid import uuid4

import psycopg
from django.conf import settings

from tests.masterdata.loading.runner import runner

ROOT = Path(__file__).resolve().parents[3]

SETTINGS = """
import json, os
SECRET_KEY = "a throwaway project"
INSTALLED_APPS = ["queryaudit", "shop"]
QUERYAUDIT = {"ENABLED": False}
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = json.loads(os.environ["PROJECT_DATABASES"])
DATABASE_ROUTERS = ["routers.Router"]
"""

ROUTER = """
class Router:
    def allow_migrate(self, db, app_label, model_name=None, **hints):
        return False if db == "other" and model_name == "category" else None
"""

MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.production")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""

MODELS = """
from django.db import models

class Category(models.Model):
    code = models.SlugField(unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True)
    name = models.CharField(max_length=50)

class Album(models.Model):
    category = models.ForeignKey(Category, models.CASCADE)
"""


class Project:
    """The folder of a project, and its commands."""

    def __init__(self, folder: Path, databases: str) -> None:
        self.folder = folder
        self._environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("DJANGO_")},
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
            "PROJECT_DATABASES": databases,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        for name in ("base", "production", "development", "staging"):
            self.write(f"config/{name}.py", SETTINGS)
        self.write("routers.py", ROUTER)
        self.write("manage.py", MANAGE)
        self.write("config/__init__.py", "")
        self.write("shop/__init__.py", "")
        self.write("shop/migrations/__init__.py", "")
        self.write("shop/models.py", MODELS)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def run(self, *arguments: str, code: int = 0, environment: str = "production") -> str:
        """Run ``manage.py`` and return what it prints, both streams; ``code`` is the exit code."""
        environ = {**self._environ, "DJANGO_SETTINGS_MODULE": f"config.{environment}"}
        found, text = runner().run(self.folder, environ, list(arguments))
        assert found == code, text
        return text

    def rows(self, fields: str = "code,parent__code,name", model: str = "Category") -> str:
        """Return the rows of a model as text, by pk."""
        names = ", ".join(map(repr, fields.split(",")))
        rows = f"{model}.objects.order_by('pk').values_list({names})"
        code = f"from shop.models import *; print(list({rows}))"
        return self.run("shell", "-c", code).strip().splitlines()[-1]

    def migration(self, name: str, after: str, operations: str) -> None:
        lines = [
            "from django.db import migrations, models",
            "from queryaudit.masterdata.migrations import LoadMasterData",
            "class Migration(migrations.Migration):",
            f"    dependencies = [('shop', '{after}')]",
            f"    operations = [{operations}]",
        ]
        self.write(f"shop/migrations/{name}.py", "\n".join(lines))


@contextmanager
def database(alias: str, folder: Path) -> Iterator[str]:
    """Make an empty database beside that of the tests, and drop it; yield ``DATABASES`` as JSON."""
    name = f"queryaudit_project_{os.getpid()}_{uuid4().hex[:8]}"
    other = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "other.sqlite3")}
    if alias == "default":
        chosen = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db.sqlite3")}
        yield json.dumps({"default": chosen, "other": other})
        return
    keys = ("ENGINE", "HOST", "PORT", "USER", "PASSWORD")
    chosen = {key: settings.DATABASES[alias][key] for key in keys}
    chosen["PORT"] = str(chosen["PORT"])
    _execute(alias, f"CREATE DATABASE {name}")
    try:
        yield json.dumps({"default": {**chosen, "NAME": name}, "other": other})
    finally:
        _execute(alias, f"DROP DATABASE {name}")


def _execute(alias: str, statement: str) -> None:
    if alias == "postgres":
        with psycopg.connect(settings.POSTGRES_URL, autocommit=True) as connection:
            connection.execute(statement)
        return
    MySQLdb = import_module("MySQLdb")  # noqa: N806  # it ships no types
    chosen = settings.DATABASES[alias]
    connection = MySQLdb.connect(
        host=chosen["HOST"], port=chosen["PORT"], user=chosen["USER"], password=chosen["PASSWORD"]
    )
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()
