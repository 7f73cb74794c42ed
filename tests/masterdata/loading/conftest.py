"""Data sets in a folder of the test, loaded into each database by the operation itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.test import override_settings

from queryaudit.masterdata.loading import journal
from queryaudit.masterdata.migrations import LoadMasterData

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """``write("0002_rows/base.yaml", text)`` in the masterdata folder of the app ``seeds``."""
    monkeypatch.setattr(apps.get_app_config("seeds"), "path", str(tmp_path))

    def written(name: str, text: str) -> Path:
        path = tmp_path / "masterdata" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return written


class Loader:
    """Runs operations in one database, each as a migration of its own."""

    def __init__(self, alias: str, write: Write) -> None:
        self.alias = alias
        self._write = write
        self.operation: Any = None

    def __call__(self, text: str = "", name: str = "0002_rows", **options: Any) -> None:
        """Load ``text`` as base.yaml of a data set, or what is there already."""
        if text:
            self._write(f"{name}/base.yaml", text)
        self.operation = LoadMasterData(name, **options)
        self._run(self.operation.database_forwards)

    def back(self, name: str = "0002_rows") -> None:
        """Take it back."""
        self._run(LoadMasterData(name).database_backwards)

    def _run(self, function: Any) -> None:
        state = SimpleNamespace(apps=apps)
        with connections[self.alias].schema_editor() as editor:
            function("seeds", editor, state, state)


@pytest.fixture
def load(alias: str, write: Write) -> Iterator[Loader]:
    yield Loader(alias, write)
    if journal.exists(alias):  # the demo's own load is noted there, too
        journal.entries_model().objects.using(alias).filter(app="seeds").delete()


def noted(alias: str) -> list[str]:
    """Return the names of the loads that the journal has of the app."""
    return [name for app, name in journal.loads(alias) if app == "seeds"]


@contextmanager
def environment(name: str) -> Iterator[None]:
    with override_settings(QUERYAUDIT={**settings.QUERYAUDIT, "MASTERDATA": {"ENVIRONMENT": name}}):
        yield
