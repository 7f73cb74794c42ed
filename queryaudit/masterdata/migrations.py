"""``LoadMasterData``: rows that are part of the program, loaded by its migrations."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db.migrations.operations.base import Operation, OperationCategory

from queryaudit.masterdata.loading import loads

__all__ = ["LoadMasterData"]


class LoadMasterData(Operation):
    """Load the frozen data set ``name`` of the migration's app, or take it back.

    Files are read from ``<app>/masterdata/<name>/``: ``base.yaml`` for every environment, and
    ``<environment>.yaml`` for one. ``app_label`` names another app to read them from.
    ``keys`` says by which fields rows are found where the model has no key of its own,
    ``{"shop.Rate": ["country", "since"]}``. ``dataset`` is the edited file that
    ``manage.py masterdata make`` has frozen.

    Everything is checked before the first write: MasterDataFileError names file, line, model,
    key, field and value. Rows that are there are changed where they differ, others are left.
    """

    reduces_to_sql = False
    reversible = True
    category = OperationCategory.PYTHON

    def __init__(
        self,
        name: str,
        *,
        app_label: str | None = None,
        keys: Mapping[str, Sequence[str]] | None = None,
        dataset: str | None = None,
    ) -> None:
        self.name = name
        self.app_label = app_label
        self.keys = {label.lower(): tuple(names) for label, names in (keys or {}).items()}
        self.dataset = dataset

    @classmethod
    def beside(cls, path: str, **options: Any) -> "LoadMasterData":
        """Return the operation for the data set named like the migration's file, ``__file__``."""
        return cls(Path(path).stem, **options)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Leave the state: rows are no part of it."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Load the rows that this environment is to have."""
        loads.load(self, self.app_label or app_label, schema_editor, from_state.apps)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Take back what was loaded, as the journal has it."""
        loads.unload(self, self.app_label or app_label, schema_editor, from_state.apps)

    def describe(self) -> str:
        """Return what ``migrate --plan`` and ``sqlmigrate`` say."""
        return f"Load master data {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """The part of a migration's name that tells of this."""
        return f"load_{self.name}".lower()
