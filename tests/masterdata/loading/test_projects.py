"""Real projects, real ``manage.py``: migrations are written, run, squashed and taken back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import needs_mariadb, needs_postgres
from tests.masterdata.loading.project import Project, database

DATABASES: list[Any] = [
    "default",
    pytest.param("postgres", marks=needs_postgres),
    pytest.param("mariadb", marks=needs_mariadb),
]

TREE = """
- model: shop.category
  fields: {code: bebop, parent: [jazz], name: Bebop}
- model: shop.category
  fields: {code: jazz, name: Jazz}
"""
LOAD = "LoadMasterData.beside(__file__)"


@pytest.fixture(params=DATABASES)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    with database(request.param, tmp_path) as databases:
        yield Project(tmp_path, databases)


def sqlite(tmp_path: Path) -> Any:
    return database("default", tmp_path)


def test_years_of_a_project(project: Project) -> None:
    """Loaded early, the model renamed and changed later, from empty and back to it."""
    project.run("makemigrations", "shop", "-v0")
    project.write("shop/masterdata/0002_tree/base.yaml", TREE)
    project.write(
        "shop/masterdata/0002_tree/staging.yaml",
        "- {model: shop.category, fields: {code: jazz, name: Jazz of staging}}",
    )
    project.migration("0002_tree", "0001_initial", LOAD)
    project.migration(
        "0003_color",
        "0002_tree",
        """
        migrations.AddField("category", "color", models.CharField(max_length=9, default="red")),
        migrations.RenameField("category", "name", "title"),
        migrations.RunSQL("UPDATE shop_category SET color = 'blue'", migrations.RunSQL.noop),
        """,
    )
    project.migration("0004_more", "0003_color", LOAD)
    project.write(
        "shop/masterdata/0004_more/base.yaml",
        """
        - {model: shop.category, fields: {code: jazz, title: Jass, color: green}}
        - {model: shop.category, fields: {code: rock, title: Rock}}
        """,
    )
    models = project.folder / "shop/models.py"
    models.write_text(
        models.read_text().replace(
            "    name = models.CharField(max_length=50)",
            "    title = models.CharField(max_length=50)\n"
            '    color = models.CharField(max_length=9, default="red")',
        )
    )
    assert "No changes" in project.run("makemigrations", "--check", "--dry-run")
    plan = project.run("migrate", "--plan")
    assert "Load master data 0002_tree" in plan
    sql = project.run("sqlmigrate", "shop", "0002")
    assert "Load master data 0002_tree" in sql
    assert "CANNOT BE WRITTEN AS SQL" in sql
    project.run("migrate", "-v0")
    after = (
        "[('jazz', None, 'Jass', 'green'), ('bebop', 'jazz', 'Bebop', 'blue'), "
        "('rock', None, 'Rock', 'red')]"
    )
    assert project.rows("code,parent__code,title,color") == after
    assert "are as the files say" in project.run("masterdata", "check")
    status = project.run("masterdata", "status")
    assert "Environment 'production'" in status
    assert "shop.0004_more" in status
    assert "base.yaml" in status
    project.run("migrate", "shop", "0003", "-v0")
    assert "('jazz', None, 'Jazz', 'blue')" in project.rows("code,parent__code,title,color")
    assert "Undo Load master data 0002_tree" in project.run("migrate", "shop", "0001", "--plan")
    project.run("migrate", "shop", "zero", "-v0")
    project.run("migrate", "-v0", environment="staging")
    assert project.rows("code,parent__code,title,color") == after


def test_a_bad_file_stops_migrate_with_its_place_and_no_traceback(project: Project) -> None:
    project.run("makemigrations", "shop", "-v0")
    project.write("shop/masterdata/0002_tree/base.yaml", TREE.replace("[jazz]", "[jaz]"))
    project.migration(
        "0002_tree",
        "0001_initial",
        f'migrations.AddField("category", "color", models.IntegerField(default=0)), {LOAD}',
    )
    text = project.run("migrate", code=1)
    assert "shop/masterdata/0002_tree/base.yaml:2: shop.category, field parent = ['jaz']" in text
    assert "Traceback" not in text
    is_mariadb = "MariaDB" in text
    assert ("these, and they stay: Add field color to category." in text) == is_mariadb
    assert ("Nothing was written." in text) != is_mariadb


def test_what_is_edited_is_frozen_checked_and_taken_back(project: Project) -> None:
    project.run("makemigrations", "shop", "-v0")
    edited = project.write("shop/masterdata/categories.yaml", TREE)
    project.write(
        "shop/masterdata/categories.production.yaml",
        "- {model: shop.category, fields: {code: jazz, name: Real Jazz}}",
    )
    assert "+ base: shop.category" in project.run("masterdata", "make", "--dry-run")
    project.run("masterdata", "make", "--check", code=1)
    assert "0002_categories.py" in project.run("masterdata", "make", "shop")
    assert "No changes" in project.run("masterdata", "make")
    frozen = project.folder / "shop/masterdata/0002_categories"
    assert sorted(path.name for path in frozen.iterdir()) == ["base.yaml", "production.yaml"]
    assert "changes a schema first" in project.run("masterdata", "diff", code=1)
    project.run("migrate", "shop", "0001", "-v0")
    text = project.run("masterdata", "diff", code=1)
    assert "+ shop.Category code='jazz' is missing" in text
    assert "0002_categories/production.yaml:1" in text
    project.run("migrate", "-v0")
    before = project.rows()
    assert before == "[('jazz', None, 'Real Jazz'), ('bebop', 'jazz', 'Bebop')]"

    project.write(
        "shop/masterdata/categories.yaml",
        """
        - {model: shop.category, fields: {code: jazz, name: Jass}}
        - {model: shop.category, fields: {code: rock, name: Rock}}
        """,
    )
    text = project.run("masterdata", "make", "--name", "no_bebop")
    assert "- base: shop.category {'code': 'bebop'}" in text
    made = (project.folder / "shop/migrations/0003_no_bebop.py").read_text()
    assert "name='0003_no_bebop'" in made
    assert "dataset='categories'" in made
    assert "('shop', '0002_categories')" in made
    again = (project.folder / "shop/masterdata/0003_no_bebop/production.yaml").read_text()
    assert "Real Jazz" in again  # base would have overwritten it
    text = project.run("masterdata", "diff", code=1)
    assert "- shop.Category code='bebop' is there" in text
    assert "+ shop.Category code='rock' is missing" in text
    project.run("migrate", "-v0")
    assert project.rows() == "[('jazz', None, 'Real Jazz'), ('rock', None, 'Rock')]"
    assert "2 rows" in project.run("masterdata", "check") or "3 rows" in project.run(
        "masterdata", "check"
    )
    project.run("shell", "-c", "from shop.models import *; Category.objects.update(name='Bad')")
    project.run("shell", "-c", "from shop.models import *; Category.objects.create(code='own')")
    text = project.run("masterdata", "check", code=1)
    assert "~ shop.Category code='rock': name is 'Bad', and 'Rock' in the file" in text
    assert "shop/masterdata/0003_no_bebop/base.yaml" in text
    assert "own" not in text
    assert "code='own' is there, and no file knows it" in project.run(
        "masterdata", "check", "--exact", code=1
    )
    edited.unlink()
    assert "categories.yaml written" in project.run(
        "masterdata", "dump", "shop.Category", "--dataset", "categories"
    )
    assert "code: own" in edited.read_text()
    assert "--force replaces it" in project.run(
        "masterdata", "dump", "shop.Category", "--dataset", "categories", code=2
    )


def test_users_rows_keep_a_migration_from_being_taken_back(project: Project) -> None:
    project.run("makemigrations", "shop", "-v0")
    project.write("shop/masterdata/0002_tree/base.yaml", TREE)
    project.migration("0002_tree", "0001_initial", LOAD)
    project.run("migrate", "-v0")
    code = "Album.objects.create(category=Category.objects.get(code='bebop'))"
    code = f"from shop.models import *; {code}"
    project.run("shell", "-c", code)
    text = project.run("migrate", "shop", "0001", code=1)
    assert "shop.Album id=1 refers by category to shop.Category id=" in text
    assert "Traceback" not in text
    assert "bebop" in project.rows()
    project.run("shell", "-c", "from shop.models import *; Album.objects.all().delete()")
    project.run("migrate", "shop", "0001", "-v0")
    assert project.rows() == "[]"


def test_a_squashed_migration_loads_and_takes_back(tmp_path: Path) -> None:
    with sqlite(tmp_path) as databases:
        project = Project(tmp_path, databases)
        project.run("makemigrations", "shop", "-v0")
        project.write("shop/masterdata/0002_tree/base.yaml", TREE)
        project.migration("0002_tree", "0001_initial", LOAD)
        project.run("migrate", "-v0")
        project.run("squashmigrations", "shop", "0001", "0002", "--noinput", "-v0")
        (squashed,) = (tmp_path / "shop/migrations").glob("0001_*squashed*.py")
        assert "name='0002_tree'" in squashed.read_text()
        assert "are as the files say" in project.run("masterdata", "check")
        project.run("migrate", "-v0")
        project.run("migrate", "shop", "zero", "-v0")
        project.run("migrate", "-v0")
        assert "bebop" in project.rows()


def test_a_changed_frozen_file_is_an_error_of_migrate_and_check(tmp_path: Path) -> None:
    with sqlite(tmp_path) as databases:
        project = Project(tmp_path, databases)
        project.run("makemigrations", "shop", "-v0")
        frozen = project.write("shop/masterdata/0002_tree/base.yaml", TREE)
        project.migration("0002_tree", "0001_initial", LOAD)
        project.run("migrate", "-v0")
        frozen.write_text(TREE.replace("Bebop", "Be-Bop"))
        text = project.run("migrate", code=1)
        assert "queryaudit.masterdata.E006" in text
        assert "base.yaml: the file was changed after it was loaded" in text
        assert "was changed after" in project.run("masterdata", "check", code=1)


def test_other_databases_and_routers_are_respected(tmp_path: Path) -> None:
    with sqlite(tmp_path) as databases:
        project = Project(tmp_path, databases)
        project.run("makemigrations", "shop", "-v0")
        project.write("shop/masterdata/0002_tree/base.yaml", TREE)
        project.migration("0002_tree", "0001_initial", LOAD)
        project.run("migrate", "--database", "other", "-v0")  # has no categories
        project.run("migrate", "-v0")
        assert "bebop" in project.rows()
        project.run("migrate", "shop", "0001", "--database", "other", "-v0")
        assert "bebop" in project.rows()


def test_what_cannot_be_done_is_told_with_the_exit_code_2(tmp_path: Path) -> None:
    with sqlite(tmp_path) as databases:
        project = Project(tmp_path, databases)
        project.write(
            "shop/masterdata/categories.yaml", "- {model: shop.category, fields: {cod: x}}"
        )
        assert "shop.category: no such model" in project.run("masterdata", "make", code=2)
        project.run("makemigrations", "shop", "-v0")
        text = project.run("masterdata", "make", code=2)
        assert "categories.yaml:1: shop.category, field cod = 'x'" in text
        assert "no alias" in project.run("masterdata", "check", "--database", "no", code=2)
        assert "LookupError" not in project.run("masterdata", "dump", "shop.No", code=2)
        assert "app.Model=field" in project.run("masterdata", "make", "--key", "x", code=2)
        project.run("masterdata", code=2)
