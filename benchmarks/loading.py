"""20,000 rows by ``LoadMasterData`` beside ``loaddata``, in one run on SQLite.

The rows are those of a project of its own in a temporary folder: codes, names and a foreign key
by natural key, as JSON and as YAML; without the foreign key, which costs ``loaddata`` a query
a row, as well. Times are of this process, the best of three.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import yaml
from django.conf import settings
from django.core.management import call_command

MODELS = """
from django.db import models

class ByCode(models.Manager):
    def get_by_natural_key(self, code):
        return self.get(code=code)

class Region(models.Model):
    code = models.CharField(max_length=10, unique=True)
    objects = ByCode()
    def natural_key(self):
        return (self.code,)

class Category(models.Model):
    code = models.CharField(max_length=10, unique=True)
    region = models.ForeignKey(Region, models.CASCADE, null=True)
    name = models.CharField(max_length=50)
    rate = models.DecimalField(max_digits=8, decimal_places=2)
    objects = ByCode()
    def natural_key(self):
        return (self.code,)
"""
MIGRATION = """
from django.db import migrations
from queryaudit.masterdata.migrations import LoadMasterData

class Migration(migrations.Migration):
    dependencies = [("seeds", "0001_initial")]
    operations = [LoadMasterData("0002_rows"), LoadMasterData("0003_again")]
"""
TURNS = 3
GOAL = 0.5  # of the time of loaddata


def rows_of(count: int, *, has_reference: bool) -> list[dict[str, Any]]:
    """Return ``count`` rows as a fixture holds them, and 50 that they refer to."""
    regions = [{"model": "seeds.region", "fields": {"code": f"r{n}"}} for n in range(50)]
    rows = []
    for n in range(count - 50):
        fields: dict[str, Any] = {"code": f"c{n}", "name": f"Category {n}", "rate": f"{n}.25"}
        if has_reference:
            fields["region"] = [f"r{n % 50}"]
        rows.append({"model": "seeds.category", "fields": fields})
    return [*regions, *rows]


def prepare(folder: Path) -> None:
    """Make a project in ``folder`` and start Django on it."""
    for name, text in {
        "seeds/__init__.py": "",
        "seeds/models.py": MODELS,
        "seeds/migrations/__init__.py": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    sys.path.insert(0, str(folder))
    settings.configure(
        INSTALLED_APPS=["seeds"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "db.sqlite3",
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    call_command("makemigrations", "seeds", verbosity=0)
    (folder / "seeds/migrations/0002_rows.py").write_text(MIGRATION)


def measured(run: Callable[[], object]) -> tuple[float, int]:
    """Return seconds of this process, and the statements that wrote rows of the project."""
    from django.db import connection  # noqa: PLC0415  # settings come first

    sent: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and '"seeds_' in sql:
            sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        begun = time.process_time()
        run()
        return time.process_time() - begun, len(sent)


def compare(folder: Path, suffix: str, text: str) -> tuple[float, float, int, int]:
    """Return seconds of loaddata and of migrate, and the statements of each."""
    data = folder / "seeds/masterdata"
    for name, content in (("0002_rows", text), ("0003_again", text)):
        (data / name).mkdir(parents=True, exist_ok=True)
        for old in (data / name).iterdir():
            old.unlink()
        (data / name / f"base.{suffix}").write_text(content)
    fixture = folder / f"rows.{suffix}"
    fixture.write_text(text)
    # The second load finds everything as it is; here it is measured by itself.
    theirs, ours = [], []
    for _ in range(TURNS):
        call_command("migrate", "seeds", "0001", verbosity=0)
        call_command("flush", interactive=False, verbosity=0)
        theirs.append(measured(lambda: call_command("loaddata", fixture, verbosity=0)))
        call_command("flush", interactive=False, verbosity=0)
        ours.append(measured(lambda: _load("0002_rows")))
        again = measured(lambda: _load("0003_again"))
        if again[1]:
            msg = f"the second run wrote {again[1]} statements"
            raise SystemExit(msg)
        _forget()
    return min(theirs)[0], min(ours)[0], theirs[0][1], ours[0][1]


def _load(name: str) -> None:
    """Run one operation as ``migrate`` runs it."""
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    from queryaudit.masterdata.migrations import LoadMasterData  # noqa: PLC0415

    state = MigrationLoader(connection).project_state(("seeds", "0001_initial"))
    with connection.schema_editor() as editor:
        LoadMasterData(name).database_forwards("seeds", editor, state, state)


def _forget() -> None:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS queryaudit_masterdata")


def main() -> None:
    """Print the table; exit with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    count = parser.parse_args().rows
    missed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        print(f"{count:,} rows             loaddata           LoadMasterData      share")
        for title, has_reference in (("plain", False), ("natural keys", True)):
            rows = rows_of(count, has_reference=has_reference)
            texts = {"json": json.dumps(rows, indent=1), "yaml": yaml.safe_dump(rows)}
            for suffix, text in texts.items():
                theirs, ours, sent, batches = compare(folder, suffix, text)
                share = ours / theirs
                missed = missed or share > GOAL
                print(
                    f"{suffix}, {title:<13} {theirs:6.2f} s {sent:>7,} sent"
                    f" {ours:6.2f} s {batches:>5,} sent {share:9.0%}"
                )
    print(f"a second run writes nothing; at most {GOAL:.0%} is the goal")
    sys.exit(missed)


if __name__ == "__main__":
    main()
