"""Tables and their constraints, as migrations make, change and undo them."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.db import IntegrityError, connections, models, transaction
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps

from queryaudit.composite import (
    CompositeForeignKey,
    CompositeForeignKeyConstraint,
    CompositeKey,
    CompositeKeyModel,
)
from tests.composite.conftest import EVERY
from tests.composite.models import Album, Artist, Credit, Office, Track

COLUMNS = ["room", "shelf_no"]


def make(*, reference: bool, key: Any = CompositeKey, **options: Any) -> ProjectState:
    """Return the state of two models as their Python code would have it."""
    with isolate_apps("tests.composite"):

        class Shelf(CompositeKeyModel):
            pk = key("room", "number")
            room = models.IntegerField()
            number = models.IntegerField()

            class Meta:
                app_label = "shelves"

        class Book(models.Model):
            room = models.IntegerField()
            shelf_no = models.IntegerField(null=True)
            if reference:
                shelf = CompositeForeignKey(
                    Shelf, models.CASCADE, ["room", "shelf_no"], null=True, **options
                )

            class Meta:
                app_label = "shelves"

        state = ProjectState()
        for model in (Shelf, Book):
            state.add_model(ModelState.from_model(model))
    return state


def changes(before: ProjectState, after: ProjectState) -> list[Any]:
    questioner = NonInteractiveMigrationQuestioner(specified_apps={"shelves"})
    found = MigrationAutodetector(before, after, questioner).changes(MigrationGraph())
    return [step for migration in found.get("shelves", []) for step in migration.operations]


def test_a_model_that_changes_to_ours_needs_no_migration() -> None:
    django = make(reference=False, key=models.CompositePrimaryKey)
    assert changes(django, make(reference=False)) == []


def test_the_reference_and_its_constraint_are_detected() -> None:
    without, with_it = make(reference=False), make(reference=True)
    assert [type(step).__name__ for step in changes(without, with_it)] == [
        "AddField",
        "AddConstraint",
    ]
    assert {type(step).__name__ for step in changes(with_it, without)} == {
        "RemoveField",
        "RemoveConstraint",
    }
    assert changes(with_it, make(reference=True)) == []
    unchecked = make(reference=True, db_constraint=False)
    assert {type(step).__name__ for step in changes(with_it, unchecked)} == {
        "AlterField",
        "RemoveConstraint",
    }


def test_what_migrations_write_imports_the_reference_alone() -> None:
    migration = Migration("0001", "shelves")
    operations: Any = changes(ProjectState(), make(reference=True))
    migration.operations = operations  # type: ignore[misc]
    text = MigrationWriter(migration).as_string()
    assert "models.CompositePrimaryKey('room', 'number'" in text
    assert "queryaudit.composite.CompositeForeignKey(" in text
    assert "to_fields" not in text
    compile(text, "0001.py", "exec")


def foreign_keys(alias: str, table: str) -> list[list[str]]:
    with connections[alias].cursor() as cursor:
        if alias == "default":
            cursor.execute(f"PRAGMA foreign_key_list({table})")
            found: dict[int, list[str]] = {}
            for row in cursor.fetchall():
                found.setdefault(row[0], []).append(row[3])
            return sorted(columns for columns in found.values() if len(columns) > 1)
        constraints = connections[alias].introspection.get_constraints(cursor, table)
    return sorted(
        one["columns"]
        for one in constraints.values()
        if one["foreign_key"] and len(one["columns"]) > 1
    )


@pytest.mark.django_db(databases=EVERY, transaction=True)
def test_migrations_run_forwards_and_backwards(alias: str) -> None:
    connection = connections[alias]
    # What the autodetector compares it changes, so each state is made anew.
    steps: list[Callable[[], ProjectState]] = [
        ProjectState,
        lambda: make(reference=False),
        lambda: make(reference=True),
        lambda: make(reference=False),
        lambda: make(reference=True, db_constraint=False),
        lambda: make(reference=True),
    ]
    checked = {2, 5}
    applied = []
    state = ProjectState()
    try:
        for number, (before, after) in enumerate(pairwise(steps), 1):
            migration = Migration(f"{number:04}", "shelves")
            operations: Any = changes(before(), after())
            migration.operations = operations  # type: ignore[misc]
            applied.append((migration, state.clone()))
            with connection.schema_editor() as editor:
                state = migration.apply(state, editor)
            assert foreign_keys(alias, "shelves_book") == [COLUMNS] * (number in checked)
        while len(applied) > 1:
            migration, state = applied.pop()
            with connection.schema_editor() as editor:
                migration.unapply(state, editor)
            assert foreign_keys(alias, "shelves_book") == [COLUMNS] * (len(applied) in checked)
        migration, state = applied.pop()
        with connection.schema_editor() as editor:
            migration.unapply(state, editor)
        at_once = Migration("0001", "shelves")
        operations = changes(ProjectState(), make(reference=True))
        at_once.operations = operations  # type: ignore[misc]
        with connection.schema_editor() as editor:
            at_once.apply(ProjectState(), editor)
        assert foreign_keys(alias, "shelves_book") == [COLUMNS]
    finally:
        with connection.cursor() as cursor:
            for table in ("shelves_book", "shelves_shelf"):
                cursor.execute(f"DROP TABLE IF EXISTS {table}")


@pytest.mark.django_db(databases=EVERY)
def test_tables_have_their_constraint(alias: str) -> None:
    for model, columns in ((Track, [["artist_id", "album_no"]]), (Office, [])):
        assert foreign_keys(alias, model._meta.db_table) == columns


@pytest.mark.django_db(databases=EVERY)
def test_constraints_wait_for_the_commit_as_djangos_do(alias: str) -> None:
    if not connections[alias].features.can_defer_constraint_checks:
        return  # MariaDB compares with each statement, in Django's own foreign keys, too
    artist = Artist.objects.create(name="first the child")
    credit = Credit.objects.create(artist=artist, album_no=7, role="bass", name="Ron")
    with pytest.raises(IntegrityError), transaction.atomic(using=alias):
        connections[alias].check_constraints()
    Album.objects.create(artist=artist, number=7, title="then the row it refers to")
    connections[alias].check_constraints()
    assert credit.album.title == "then the row it refers to"


def test_a_constraint_named_by_hand_is_the_only_one() -> None:
    with isolate_apps("tests.composite"):

        class Named(models.Model):
            artist_no = models.BigIntegerField()
            album_no = models.IntegerField()
            album = CompositeForeignKey(Album, models.CASCADE, ["artist_no", "album_no"])

            class Meta:
                app_label = "shelves"
                constraints = [CompositeForeignKeyConstraint("album", name="by_hand")]

    assert [one.name for one in Named._meta.constraints] == ["by_hand"]
    assert len(Credit._meta.constraints) == 1
    assert apps.get_model("composite", "Credit") is Credit


def problems(model: Any) -> list[str]:
    return [f"{problem.id} {problem.msg} {problem.hint}" for problem in model.check()]


def test_a_reference_that_does_not_fit_is_told_at_start() -> None:
    with isolate_apps("tests.composite"):

        def model(name: str, to: Any, fields: list[str], **options: Any) -> Any:
            options.setdefault("on_delete", models.CASCADE)
            attributes = {
                "__module__": __name__,
                "Meta": type("Meta", (), {"app_label": "shelves"}),
                "one": models.IntegerField(),
                "two": models.CharField(max_length=5),
                "big": models.BigIntegerField(),
                "to": CompositeForeignKey(to, from_fields=fields, related_name="+", **options),
            }
            return type(name, (models.Model,), attributes)

        plain = model("Plain", "shelves.Other", ["one", "two"])
        other = model("Other", Album, ["big", "one"])
        told = {
            "E001": (plain, "shelves.Other"),
            "E002": (model("Short", Album, ["one"]), "2"),
            "E003": (model("Missing", Album, ["one", "tow"]), "'tow'"),
            "E004": (model("Typed", Album, ["big", "two"]), "Album.number (IntegerField) in two"),
            "E005": (model("Nullable", Album, ["big", "one"], null=True), "null=True"),
            "E014": (
                model("Kept", Album, ["big", "one"], on_delete=models.SET_DEFAULT),
                "SET_DEFAULT without a default",
            ),
        }
        for number, (wrong, said) in told.items():
            (problem,) = problems(wrong)
            assert problem.startswith(f"queryaudit.composite.{number} shelves.{wrong.__name__}.to")
            assert said in problem
        assert [told for told in problems(other) if "fields.E300" not in told] == []
    assert [problems(model) for model in (Album, Track, Credit, Office)] == [[], [], [], []]


@pytest.mark.skipif(not hasattr(models, "DB_CASCADE"), reason="it came with Django 6.1")
def test_of_the_databases_own_deletions_only_the_cascade_can_be() -> None:
    with isolate_apps("tests.composite"):
        for name in ("DB_SET_NULL", "DB_SET_DEFAULT"):

            class Wrong(models.Model):
                one = models.BigIntegerField()
                two = models.IntegerField(null=True)
                to = CompositeForeignKey(
                    Album, getattr(models, name), ["one", "two"], null=True, related_name="+"
                )

                class Meta:
                    app_label = "composite"
                    apps = Apps()

            (problem,) = problems(Wrong)
            assert problem.startswith("queryaudit.composite.E014")
            assert f"on_delete={name}" in problem


def test_every_check_of_references_is_documented() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = "".join(path.read_text() for path in (root / "queryaudit/composite").rglob("*.py"))
    documented = re.findall(
        r"\| `queryaudit\.composite\.(E\d+)` \|", (root / "docs/composite.md").read_text()
    )
    told = set(re.findall(r"\bE\d{3}\b(?=\")", sources))
    assert told
    assert told <= set(documented)
