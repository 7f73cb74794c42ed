"""References as they are written: a list is a natural key, anything else the column's value."""

import json
from dataclasses import dataclass
from typing import Any

from queryaudit.composite.keys import read_key
from queryaudit.errors import CompositeKeyError
from queryaudit.masterdata.loading import keys
from queryaudit.masterdata.loading.parsing import Cell
from queryaudit.masterdata.loading.values import WrongValueError, reader_of


@dataclass(slots=True, eq=False)
class Reference:
    """Leads to the row of ``model`` whose fields ``key`` are ``parts``; parts may be references.

    ``pairs`` are the columns that hold it, each with the column of the other row. ``target``
    is the Row of the same load that it leads to, ``found`` the values of the table's row.
    """

    written: Any
    model: Any
    key: keys.KeyFields
    parts: tuple[Any, ...]
    pairs: tuple[tuple[Any, Any], ...]
    target: Any = None
    found: dict[str, Any] | None = None

    @property
    def is_natural(self) -> bool:
        """Whether it names the row by another key than the columns hold."""
        return self.key != tuple(remote for _, remote in self.pairs)

    def values(self) -> dict[str, Any] | None:
        """Return what the columns hold, by attname; None while the row it leads to has no key."""
        held = {}
        for local, remote in self.pairs:
            value = self._column(remote)
            if value is None:
                return None
            held[local.attname] = value
        return held

    def _column(self, remote: Any) -> Any:
        """Return a column of the row that it leads to, None while that is not known."""
        row, name = self.target, remote.attname
        if row is None:
            return (self.found or {}).get(name)
        if row.instance is not None:
            return row.instance.__dict__.get(name)
        if name in row.values:
            return row.values[name]
        for reference in row.references.values():  # a key may be a reference itself
            if any(local.attname == name for local, _ in reference.pairs):
                return (reference.values() or {}).get(name)
        return (row.existing or {}).get(name)


def reference_of(field: Any, value: Any) -> Reference | None:
    """Return what ``value`` of a relation leads to, None where it is empty.

    Raises WrongValueError where it can lead nowhere.
    """
    if isinstance(value, Cell):
        value = _of_cell(value)
    if value is None:
        if field.null:
            return None
        raise WrongValueError("the reference takes no null")
    pairs = tuple(field.related_fields)
    remotes = tuple(remote for _, remote in pairs)
    model = remotes[0].model
    if isinstance(value, (list, tuple)):
        key = _key_of(model, len(value))
        parts = tuple(_part(one, part) for one, part in zip(key, value, strict=True))
    elif len(remotes) > 1:
        key = remotes
        try:
            parts = tuple(read_key(value, remotes, field.name))
        except CompositeKeyError as error:
            raise WrongValueError(str(error)) from None
    else:
        key = remotes
        try:
            parts = (_reader(remotes[0])(value),)
        except WrongValueError as error:
            text = f"{error}; a natural key is written as a list"
            raise WrongValueError(text) from None
    return Reference(value, model, key, parts, pairs)


def _of_cell(cell: Cell) -> Any:
    if not cell:
        return None
    if not cell.startswith("["):
        return str(cell)
    try:
        return json.loads(cell)
    except ValueError as error:
        raise WrongValueError(f"no list: {error}") from None


def _key_of(model: Any, count: int) -> keys.KeyFields:
    found = keys.candidates(model)
    for key in found:
        if len(key) == count:
            return key
    names = " or ".join(", ".join(f.name for f in key) for key in found)
    text = f"{model._meta.label} has no key of {count} parts; allowed: {names or 'its primary key'}"
    raise WrongValueError(text)


def _part(field: Any, part: Any) -> Any:
    if field.is_relation:
        return reference_of(field, part)
    return _reader(field)(part)


def _reader(field: Any) -> Any:
    while field.is_relation:
        field = field.target_field
    reader = _readers.get(field)
    if reader is None:
        if len(_readers) > 1_000:  # fields of historical models, which come and go
            _readers.clear()
        reader = _readers[field] = reader_of(field)
    return reader


_readers: dict[Any, Any] = {}
