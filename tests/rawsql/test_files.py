"""Files of named queries: what is wrong with them is told at start."""

import ast
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import checks as django_checks
from django.core.management import CommandError, call_command

from queryaudit.errors import UnknownQueryError
from queryaudit.rawsql import files
from queryaudit.rawsql.checks import check_files
from tests.conftest import needs_postgres
from tests.rawsql.models import Measured


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the app's SQL files, empty for this test."""
    monkeypatch.setattr(apps.get_app_config("rawsql"), "path", str(tmp_path))
    (tmp_path / "sql").mkdir()
    files.queries_of.cache_clear()
    yield tmp_path / "sql"
    files.queries_of.cache_clear()


def complaints() -> list[tuple[str | None, str]]:
    return [(message.id, message.msg) for message in check_files()]


def test_the_files_of_the_tests_and_of_the_demo_are_right() -> None:
    assert complaints() == []
    registered: Any = django_checks.registry.registry.get_checks()
    assert check_files in registered


@pytest.mark.parametrize(
    ("text", "check_id", "words"),
    [
        ("SELECT 1 AS n", "E101", "has SQL that no name stands before"),
        ("-- name: a b\nSELECT 1 AS n", "E102", "'a b', which no attribute can have"),
        ("-- name: class\nSELECT 1 AS n", "E102", "'class'"),
        ("-- name: fetch\nSELECT 1 AS n", "E103", "'fetch', which is a method of MeasuredRows"),
        ("-- name: above\nSELECT 1 AS n", "E103", "'above', which is a method of MeasuredRows"),
        ("-- name: a\nSELECT 1 AS n\n-- name: a\nSELECT 2 AS n", "E104", "a.sql:3 names 'a'"),
        ("-- name: a\nSELECT 1 AS n; SELECT 2 AS n", "E105", "a second statement begins"),
        ("-- name: a\nSELECT 1 AS n WHERE 1 = %s", "E105", "%s has no name"),
        ("-- name: a\nSELECT 1 AS n WHERE 'x' LIKE '%x'", "E105", "write %%"),
        ("-- name: a\nSELECT 1 AS n WHERE 1 = %(a-b)s", "E105", "parameter 'a-b' is no name"),
        ("-- name: a\nSELECT %(n)s AS n ORDER BY {n}", "E105", "a parameter and an identifier"),
        ("-- name: a\n-- nothing\n", "E105", "holds no statement"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(
    folder: Path, text: str, check_id: str, words: str
) -> None:
    (folder / "a.sql").write_text(text)
    ((found, message),) = complaints()
    assert found == f"queryaudit.{check_id}"
    assert words in message
    assert str(folder / "a.sql") in message


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "a.sql").write_bytes(b"-- name: a\nSELECT '\xff' AS n")
    (folder / "b.sql").write_text("-- name: b\nSELECT 1 AS n")
    ((found, message),) = complaints()
    assert found == "queryaudit.E101"
    assert "a.sql cannot be read: " in message
    with pytest.raises(UnknownQueryError, match=r"Known queries: b\. .*a\.sql cannot be read"):
        Measured.rows.a  # noqa: B018


def test_files_are_read_once(folder: Path, db: None) -> None:
    path = folder / "a.sql"
    path.write_text("-- name: a\nSELECT 1 AS n")
    assert Measured.rows.a() == [(1,)]
    path.unlink()
    assert Measured.rows.a() == [(1,)]


def test_runserver_watches_the_files() -> None:
    from queryaudit.rawsql.checks import _watch

    watched: list[Any] = []

    class Reloader:
        def watch_dir(self, path: Path, glob: str) -> None:
            watched.append((path.parent.name, glob))

    _watch(Reloader())
    assert watched == [("shop", "*.sql"), ("rawsql", "*.sql"), ("masterdata", "*.sql")]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("rawsql", "stubs", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_stubs_tell_parameters_and_columns(folder: Path) -> None:
    (folder / "a.sql").write_text(
        "-- name: one_of_them\nSELECT id, title, price, seen_at, measured_id, 'x' AS word "
        "FROM t LEFT JOIN rawsql_owner ON 1 = 0 WHERE t.id IN %(ids)s ORDER BY {sort}"
    )
    (folder / "b.sql").write_text("-- name: broken\nSELECT nothing FROM nowhere")
    (folder / "a.sql").write_text((folder / "a.sql").read_text().replace(" id,", " t.id,"))
    with pytest.raises(CommandError, match="out of date"):
        run("rawsql", "--check")
    assert "written" in run("rawsql")
    text = (folder / "__init__.pyi").read_text()
    ast.parse(text)
    assert "    price: Decimal\n    seen_at: datetime | None\n    measured_id: int\n" in text
    assert "def __call__(self, *, ids: Any, sort: str) -> list[OneOfThemRow]: ..." in text
    assert "class Broken(NamedQuery[Any]):" in text
    assert "up to date" in run("rawsql", "--check")
    assert "unchanged" in run("rawsql")


@needs_postgres
@pytest.mark.django_db(databases=["postgres"])
def test_columns_of_no_model_have_the_types_of_the_database(folder: Path) -> None:
    (folder / "a.sql").write_text(
        "-- name: figures\nSELECT SUM(price) AS total, COUNT(*) AS n, now() AS moment FROM t"
    )
    run("rawsql", "--database", "postgres")
    text = (folder / "__init__.pyi").read_text()
    assert "    total: Decimal | None\n    n: int | None\n    moment: datetime | None\n" in text


@pytest.mark.django_db
def test_the_stubs_of_the_demo_are_current() -> None:
    assert "up to date" in run("shop", "--check")


@pytest.mark.parametrize("arguments", [("no_app",), ("--database", "nowhere")])
def test_bad_arguments_are_usage(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"no installed app|no alias") as raised:
        run(*arguments)
    assert raised.value.returncode == 2
