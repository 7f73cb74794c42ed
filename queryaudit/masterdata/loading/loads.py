"""One load from its files to the tables, and back."""

import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.db import router, transaction
from django.db.migrations.operations.base import Operation

from queryaudit.masterdata.loading import environments, files, journal, reversing
from queryaudit.masterdata.loading.files import DataFile, RawRow
from queryaudit.masterdata.loading.planning import Plan, plan
from queryaudit.masterdata.loading.problems import Problem, Problems
from queryaudit.masterdata.loading.writing import write

_logger = logging.getLogger("queryaudit")


def load(operation: Any, app_label: str, schema_editor: Any, registry: Apps) -> None:
    """Load the data set of ``operation`` into the editor's database."""
    with _uninterrupted():
        _load(operation, app_label, schema_editor, registry)


def _load(operation: Any, app_label: str, schema_editor: Any, registry: Apps) -> None:
    alias = schema_editor.connection.alias
    if not router.allow_migrate(alias, app_label):
        return  # as RunPython does
    name = f"{app_label}.{operation.name}"
    done = _done(schema_editor, operation)
    environment = environments.current()
    used = files_of(app_label, operation.name, done)
    used = list(files.chosen(used, environment))
    refuse_changed(alias, done)
    found = plan(rows_of(used, app_label, name, done), registry, alias, operation.keys, name, done)
    journal.make(alias)
    noted = journal.Journal(alias, app_label, operation.name)
    with transaction.atomic(using=alias):
        write(found, name, noted, done)
        noted.close(environment, {_told(one.path): one.checksum for one in used})
    _tell(found, name, environment, used)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let no garbage be looked for while all rows are made: there is none, and it takes a third."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def unload(operation: Any, app_label: str, schema_editor: Any, registry: Apps) -> None:
    """Take the data set of ``operation`` back."""
    alias = schema_editor.connection.alias
    if not router.allow_migrate(alias, app_label):
        return
    done = _done(schema_editor, operation, is_back=True)
    reversing.take_back(alias, app_label, operation.name, registry, done)


def files_of(app_label: str, name: str, done: str = "Nothing was written.") -> list[DataFile]:
    """Return the files of a frozen data set. Raises MasterDataFileError where there are none."""
    folder = files.folder_of(app_label, name)
    if folder is None:
        root = Path(installed.get_app_config(app_label).path)
        text = f"no such folder, nor {root / 'fixtures' / name}"
        Problems([Problem(str(root / "masterdata" / name), None, text)]).refuse(
            f"{app_label}.{name}", done
        )
        return []
    found = files.files_in(folder, f"{app_label}.{name}")
    if not found:
        Problems([Problem(str(folder), None, "the folder has no data files")]).refuse(
            f"{app_label}.{name}", done
        )
    return found


def rows_of(used: list[DataFile], app_label: str, name: str, done: str) -> list[RawRow]:
    """Return the rows of all files. Raises MasterDataFileError where any cannot be read."""
    problems = Problems()
    rows = [row for one in used for row in files.read(one, app_label, problems)]
    problems.refuse(name, done)
    return rows


def changed_files(alias: str) -> list[Problem]:
    """Return a problem for each frozen file that is not what was loaded from it."""
    found = []
    for (app_label, name), told in journal.loads(alias).items():
        try:
            folder = files.folder_of(app_label, name)
        except LookupError:
            continue  # the app has gone
        if folder is None:
            continue  # a squashed migration may have taken its files along
        for shown, checksum in told["files"].items():
            path = folder / Path(shown).name
            data_file = DataFile(path, "", environments.Kind.MASTER)
            if path.exists() and data_file.checksum != checksum:
                text = (
                    f"the file was changed after it was loaded on {told['at']:%Y-%m-%d}; put it "
                    "back as it was, and freeze the change in a migration of its own "
                    "(manage.py masterdata make)"
                )
                found.append(Problem(str(path), None, text))
    return found


def refuse_changed(alias: str, done: str) -> None:
    """Raise MasterDataFileError where a frozen file has changed."""
    Problems(changed_files(alias)).refuse(f"database {alias}", done)


def _told(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _tell(found: Plan, name: str, environment: str, used: list[DataFile]) -> None:
    _logger.info(
        "queryaudit: %s loaded into %s for environment %r from %s: %d new, %d changed, %d deleted, "
        "%d as they were.",
        *(name, found.alias, environment, ", ".join(one.path.name for one in used) or "no file"),
        *(len(found.inserts), len(found.updates), len(found.deletes), found.same),
    )
    for row in found.absent:
        _logger.warning("queryaudit: %s mends %s, which is not there.", name, found.shown(row))


def _done(schema_editor: Any, operation: Operation, *, is_back: bool = False) -> str:
    """Return what an error says of the work already done."""
    connection = schema_editor.connection
    if connection.features.can_rollback_ddl:
        return "Nothing was written."
    before, after = _neighbours(operation)
    steps = [one.describe() for one in (after[::-1] if is_back else before)]
    text = f"Nothing of these rows was written. {connection.display_name} commits each change of "
    text += "a schema at once: "
    if not steps:
        return text + "this migration has made none before."
    verb = "taken back" if is_back else "made"
    listed = "; ".join(steps)
    return text + f"this migration has {verb} these, and they stay: {listed}."


def _neighbours(operation: Operation) -> tuple[list[Operation], list[Operation]]:
    """Return the operations before and after this one in its migration."""
    for module in list(sys.modules.values()):
        migration = vars(module).get("Migration")
        operations = getattr(migration, "operations", None)
        if isinstance(operations, list):
            for number, one in enumerate(operations):
                if one is operation:
                    return operations[:number], operations[number + 1 :]
    return [], []
