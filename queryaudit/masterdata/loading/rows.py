"""Rows with the types of their models: every name and value is judged before anything else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.apps.registry import Apps
from django.core.exceptions import FieldDoesNotExist

from queryaudit.composite.keys import read_key
from queryaudit.errors import CompositeKeyError
from queryaudit.masterdata.loading import keys
from queryaudit.masterdata.loading.environments import Kind
from queryaudit.masterdata.loading.files import RawRow
from queryaudit.masterdata.loading.parsing import Cell
from queryaudit.masterdata.loading.problems import ABSENT, Problems
from queryaudit.masterdata.loading.references import Reference, reference_of
from queryaudit.masterdata.loading.values import WrongValueError, reader_of


@dataclass(slots=True, eq=False)
class Row:
    """What a table should say of one row; with ``remove`` set, that it is not there.

    ``values`` are typed, by attname. ``references`` lead to rows whose columns are not known
    yet, by field. ``given`` are the attnames that the files speak of. ``existing`` is the row
    of the table by attname, None where there is none.
    """

    raw: RawRow
    model: Any
    values: dict[str, Any]
    references: dict[Any, Reference]
    given: frozenset[str] = frozenset()
    key: tuple[Any, ...] = ()
    existing: dict[str, Any] | None = None
    instance: Any = None
    is_settled: bool = False  # whether the table was asked for it
    late: set[Any] = field(default_factory=set)  # references that are written after the row

    @property
    def remove(self) -> bool:
        """Whether the row is to go."""
        return self.raw.remove

    @property
    def kind(self) -> Kind:
        """What the row is for."""
        return self.raw.file.kind

    def shown_key(self, key: keys.KeyFields) -> str:
        """Return the row's key as errors show it."""
        written = []
        for one in key:
            reference = self.references.get(one)
            written.append(reference.written if reference else self.values.get(one.attname))
        return keys.described(key, written)


@dataclass(slots=True)
class Table:
    """The rows of one model, and the key by which they are found."""

    model: Any
    key: keys.KeyFields
    rows: list[Row]

    @property
    def label(self) -> str:
        """The model's name."""
        return str(self.model._meta.label)


class Shape(NamedTuple):
    """How rows with the same fields are read: attname and reader of each, then the references."""

    pk: tuple[tuple[str, Any], ...]
    plain: tuple[tuple[str, str, Any], ...]  # name as written, attname, reader
    references: tuple[tuple[str, Any], ...]  # name as written, field
    given: frozenset[str]


class Typist:
    """Types the rows of one model."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._readers: dict[Any, Any] = {}
        self._shapes: dict[Any, Shape | None] = {}

    def row(self, raw: RawRow, problems: Problems) -> Row | None:
        """Return the typed row, or None after adding what is wrong with it."""
        has_pk = raw.pk is not ABSENT
        names = (has_pk, *raw.fields)
        if names in self._shapes:
            shape = self._shapes[names]
        else:
            shape = self._shapes[names] = self._shape(raw, problems, has_pk=has_pk)
        if shape is None:
            return None
        row = Row(raw, self.model, {}, {}, shape.given)
        before = len(problems)
        if has_pk:
            self._read_pk(row, shape, problems)
        values, fields = row.values, raw.fields
        for name, attname, read in shape.plain:
            try:
                values[attname] = read(fields[name])
            except WrongValueError as error:
                problems.append(raw.problem(str(error), field=name, value=fields[name]))
        for name, relation in shape.references:
            try:
                self._read_reference(row, relation, fields[name])
            except WrongValueError as error:
                problems.append(raw.problem(str(error), field=name, value=fields[name]))
        return row if len(problems) == before else None

    def _shape(self, raw: RawRow, problems: Problems, *, has_pk: bool) -> Shape | None:
        """Return how rows with these fields are read; None where a field cannot be."""
        before = len(problems)
        pk = keys.pk_of(self.model) if has_pk else ()
        given = {field.attname for field in pk}
        plain, references = [], []
        for name in raw.fields:
            field = self._field(raw, name, problems)
            if field is None:
                continue
            columns = field.local_related_fields if field.is_relation else [field]
            attnames = [column.attname for column in columns if column.attname is not None]
            if given.intersection(attnames) and not hasattr(field, "columns_of"):
                text = "the value stands twice, by name and by column or pk"
                problems.append(raw.problem(text, field=name, value=raw.fields[name]))
            given.update(attnames)
            if field.is_relation:
                references.append((name, field))
            else:
                plain.append((name, field.attname, self._reader(field)))
        if len(problems) > before:
            return None
        told = tuple((field.attname, self._reader(field)) for field in pk)
        return Shape(told, tuple(plain), tuple(references), frozenset(given))

    def _reader(self, field: Any) -> Any:
        field = _plain(field)
        if field not in self._readers:
            self._readers[field] = reader_of(field)
        return self._readers[field]

    def _read_reference(self, row: Row, field: Any, value: Any) -> None:
        reference = reference_of(field, value)
        if reference is None:
            row.values.update({f.attname: None for f in _emptied(field)})
        else:
            row.references[field] = reference

    def _field(self, raw: RawRow, name: str, problems: Problems) -> Any:
        meta = self.model._meta
        try:
            one = meta.get_field(name)
        except FieldDoesNotExist:
            one = None
        if one is not None and _is_writable(one):
            return one
        known = ", ".join(sorted(f.name for f in meta.get_fields() if _is_writable(f)))
        text = f"{meta.label} has no such field; allowed: {known}"
        if getattr(one, "many_to_many", False) and not one.auto_created:
            through = one.remote_field.through._meta.label
            text = f"many-to-many: write its pairs as rows of {through}"
        elif getattr(one, "generated", False):
            text = "the database makes this column"
        problems.append(raw.problem(text, field=name, value=raw.fields[name]))
        return None

    def _read_pk(self, row: Row, shape: Shape, problems: Problems) -> None:
        value = row.raw.pk
        try:
            parts: Sequence[Any] = [value]
            if len(shape.pk) > 1:
                text = str(value) if isinstance(value, Cell) else value
                parts = read_key(text, keys.pk_of(self.model), self.model._meta.label)
            for (attname, read), part in zip(shape.pk, parts, strict=True):
                row.values[attname] = read(part)
        except (WrongValueError, CompositeKeyError) as error:
            problems.append(row.raw.problem(str(error), field="pk", value=value))


def _is_writable(one: Any) -> bool:
    if one.many_to_many:
        return False
    if getattr(one, "generated", False) or not getattr(one, "concrete", False):
        return hasattr(one, "columns_of")  # a reference of several columns
    return getattr(one, "column", None) is not None


def _plain(one: Any) -> Any:
    """Return the field whose values stand in the column: of a foreign key, the one it refers to."""
    while one.is_relation:
        one = one.target_field
    return one


def _emptied(one: Any) -> Any:
    if hasattr(one, "columns_of"):
        return one.emptied_fields
    return one.local_related_fields


def typed(
    raws: Iterable[RawRow], registry: Apps, chosen: Mapping[str, Sequence[str]], problems: Problems
) -> list[Table]:
    """Return the rows by model, each with its key; what is wrong is added to ``problems``."""
    by_label: dict[str, list[RawRow]] = {}
    for raw in raws:
        by_label.setdefault(raw.model, []).append(raw)
    tables = []
    for label, several in by_label.items():
        try:
            model = registry.get_model(label)
        except (LookupError, ValueError):
            text = (
                "no such model here; that of another app is known where the migration depends on it"
            )
            problems.append(several[0].problem(text))
            continue
        if wrong := keys.named(model, chosen.get(label, ())):
            text = f"keys= names {', '.join(wrong)}, which the model has not"
            problems.append(several[0].problem(text))
            continue
        typist = Typist(model)
        rows = [row for raw in several if (row := typist.row(raw, problems)) is not None]
        table = _with_key(model, rows, chosen, problems)
        if table is not None:
            tables.append(table)
    return tables


def _with_key(
    model: Any, rows: list[Row], chosen: Mapping[str, Sequence[str]], problems: Problems
) -> Table | None:
    key = keys.identity(model, (row.given for row in rows), chosen)
    if rows and key is None:
        found = [keys.pk_of(model), *keys.candidates(model)]
        names = " or ".join(", ".join(f.name for f in fields) for fields in dict.fromkeys(found))
        text = f"its rows cannot be told apart: give {names} in all of them, or name keys="
        # The key that most rows have is the one that was meant.
        lacking = [
            [row for row in rows if not row.given.issuperset(keys.attnames(f))] for f in found
        ]
        problems.append(min(lacking, key=len)[0].raw.problem(text))
        return None
    for row in rows:
        missing = [f.name for f in key or () if f.attname not in row.given]
        if missing:
            text = f"the row has no {', '.join(missing)}, by which it is found"
            problems.append(row.raw.problem(text))
    return Table(model, key or (), rows)
