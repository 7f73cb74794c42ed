"""Record in a deep audit which wide columns came with the rows, and which of them were read."""

from threading import Lock
from typing import Any, Final

from django.db.models import BinaryField, Field, JSONField, Model, TextField

from queryaudit.capture.scope import ROWS
from queryaudit.hooks import columns
from queryaudit.recording.rowsets import Column, RowSet

# Columns that may hold much in each row. PostgreSQL's by name: its module needs the driver.
_WIDE: Final = (TextField, JSONField, BinaryField)
_WIDE_NAMES: Final = {"ArrayField", "HStoreField"}

_lock = Lock()
_audits = 0


def begin() -> None:
    """Begin a deep audit."""
    global _audits  # noqa: PLW0603
    with _lock:
        _audits += 1


def end() -> None:
    """End one; after the last the models are as they were."""
    global _audits  # noqa: PLW0603
    with _lock:
        _audits -= 1
        if _audits == 0:
            columns.unwatch()


def note_row(rowset: RowSet, row: Model) -> None:
    """Note the wide columns that came with the first of some rows."""
    if rowset.columns is not None:
        return
    rowset.columns = {}
    for field in row._meta.concrete_fields:  # noqa: SLF001
        name = field.attname
        if name in row.__dict__ and _is_wide(field) and columns.watch(type(row), name, _note_read):
            rowset.columns[name] = Column(f"{field.model._meta.label}.{field.name}", field.name)  # noqa: SLF001


def _is_wide(field: "Field[Any, Any]") -> bool:
    return isinstance(field, _WIDE) or type(field).__name__ in _WIDE_NAMES


def _note_read(row: Any, name: str) -> None:
    rowset = getattr(row._state, ROWS, None)  # noqa: SLF001
    if rowset is not None and rowset.columns:
        column = rowset.columns.get(name)
        if column is not None:
            column.is_read = True
