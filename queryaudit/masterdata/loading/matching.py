"""Find what the rows of files are in the tables, and what their references lead to.

A reference leads to a row of the same files or of a table. Where a row's key holds a reference
itself, it can be looked for when that is known: so all is asked in rounds, a few for a tree.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import router

from queryaudit.masterdata.loading import existing, keys
from queryaudit.masterdata.loading.problems import Problems
from queryaudit.masterdata.loading.references import Reference
from queryaudit.masterdata.loading.rows import Row, Table

_Asked = tuple[Any, keys.KeyFields]


class Matcher:
    """Settles the rows of ``tables`` against the database ``alias``."""

    def __init__(self, alias: str, tables: list[Table], problems: Problems) -> None:
        self.alias = alias
        self.problems = problems
        self._tables = {table.model: table for table in tables}
        self._columns: dict[Any, set[str]] = {}
        self._known: dict[_Asked, dict[existing.Key, existing.Found | None]] = defaultdict(dict)
        self._wanted: dict[_Asked, set[existing.Key]] = defaultdict(set)
        self._indexes: dict[_Asked, dict[existing.Key, list[Row]]] = {}
        self._gather_columns()

    def settle(self) -> None:
        """Set ``existing`` of all rows and ``target`` or ``found`` of all references."""
        rows = [(table, row) for table in self._tables.values() for row in table.rows]
        references = [(row, f, ref) for _, row in rows for f, ref in row.references.items()]
        while rows or references:
            before = len(rows), len(references)
            references = [one for one in references if not self._is_led(*one)]
            rows = [one for one in rows if not self._is_settled(*one)]
            is_asking = bool(self._wanted)
            self._ask()
            if before == (len(rows), len(references)) and not is_asking:
                for table, row in rows:
                    text = "its key refers to itself in a circle"
                    self.problems.append(row.raw.problem(text, key=row.shown_key(table.key)))
                break
        self._find_doubles()

    def _gather_columns(self) -> None:
        for table in self._tables.values():
            self._need(table.model, table.key)
            self._columns[table.model].update(*{row.given for row in table.rows})
            if any(row.remove for row in table.rows):
                self._need(table.model, table.model._meta.concrete_fields)
            for row in table.rows:
                for reference in row.references.values():
                    for one in _with_nested(reference):
                        self._need(one.model, [*one.key, *(remote for _, remote in one.pairs)])

    def _need(self, model: Any, fields: Any) -> None:
        columns = self._columns.get(model)
        if columns is None:
            columns = self._columns[model] = {field.attname for field in keys.pk_of(model)}
        columns.update(field.attname for field in fields if field.column is not None)

    def _is_settled(self, table: Table, row: Row) -> bool:
        """Look for the row in its table; return False while the question is under way."""
        parts: list[Any] = []
        is_new = False
        for field in table.key:
            reference = row.references.get(field) if row.references else None
            if reference is None:
                parts.append(row.values.get(field.attname))
                continue
            if reference.target is None and reference.found is None:
                return False
            if reference.target is not None and not reference.target.is_settled:
                return False
            values = reference.values()
            is_new = is_new or values is None
            parts.append(id(reference.target) if values is None else values[field.attname])
        row.key = tuple(parts)
        if not is_new:
            known = self._known[table.model, table.key]
            if row.key not in known:
                self._wanted[table.model, table.key].add(row.key)
                return False
            row.existing = known[row.key]
        row.is_settled = True
        return True

    def _is_led(self, row: Row, field: Any, reference: Reference) -> bool:
        """Follow a reference; return True when it is done, for good or with a problem."""
        state = self._follow(reference)
        if isinstance(state, str):
            problem = row.raw.problem(state, field=field.name, value=reference.written)
            self.problems.append(problem)
            reference.found = {}
        return state is not False

    def _follow(self, reference: Reference) -> bool | str:
        """Return True when it leads somewhere, False while that is open, a text if nowhere."""
        if reference.target is not None or reference.found is not None:
            return True
        for part in reference.parts:
            if isinstance(part, Reference):
                state = self._follow(part)
                if state is not True:
                    return state
                if part.target is not None and not part.target.is_settled:
                    return False
        found = self._follow_in_files(reference)
        return self._follow_in_table(reference) if found is None else found

    def _follow_in_files(self, reference: Reference) -> bool | str | None:
        table = self._tables.get(reference.model)
        if table is None:
            return None
        plain = tuple(part for part in reference.parts if not isinstance(part, Reference))
        is_open = False
        for row in self._index(table, reference.key).get(plain, ()):
            same = _leads_alike(row, reference)
            if same is None:
                is_open = True
            elif same and row.remove:
                return f"the row is removed at {row.raw.file.path.name}:{row.raw.line_of('')}"
            elif same:
                reference.target = row
                return True
        return False if is_open else None

    def _index(self, table: Table, key: keys.KeyFields) -> dict[existing.Key, list[Row]]:
        """Return the rows that give ``key``, by those of its columns that hold no reference."""
        index = self._indexes.get((table.model, key))
        if index is None:
            index = self._indexes[table.model, key] = {}
            names = keys.attnames(key)
            for row in table.rows:
                if row.given.issuperset(names):
                    plain = [row.values[f.attname] for f in key if f not in row.references]
                    index.setdefault(tuple(plain), []).append(row)
        return index

    def _follow_in_table(self, reference: Reference) -> bool | str:
        if not router.allow_migrate_model(self.alias, reference.model):
            if reference.is_natural:
                return f"{reference.model._meta.label} is not in this database: write its key"
            pairs = zip(reference.key, reference.parts, strict=True)
            reference.found = {field.attname: part for field, part in pairs}
            return True
        parts = []
        for field, part in zip(reference.key, reference.parts, strict=True):
            if isinstance(part, Reference):
                values = part.values()
                if values is None:
                    return _nowhere(reference)
                parts.append(values[field.attname])
            else:
                parts.append(part)
        known = self._known[reference.model, reference.key]
        asked = tuple(parts)
        if asked not in known:
            self._wanted[reference.model, reference.key].add(asked)
            return False
        reference.found = known[asked]
        return _nowhere(reference) if reference.found is None else True

    def _ask(self) -> None:
        wanted, self._wanted = self._wanted, defaultdict(set)
        for (model, key), several in wanted.items():
            names = [field.attname for field in key]
            found = existing.read(model, self.alias, names, several, self._columns[model])
            for one in several:
                rows = found.get(one)
                self._known[model, key][one] = rows[0] if rows else None
                if rows and len(rows) > 1:
                    self._tell_ambiguous(model, key, one, len(rows))

    def _tell_ambiguous(self, model: Any, key: keys.KeyFields, one: Any, count: int) -> None:
        text = f"the table has {count} rows with this key"
        shown = keys.described(key, one)
        for table in self._tables.values():
            for row in table.rows:
                if table.model is model and table.key == key and row.key == one:
                    self.problems.append(row.raw.problem(text, key=shown))
                    return
                for field, reference in row.references.items():
                    if reference.model is model and reference.parts == one:
                        problem = row.raw.problem(text, field=field.name, value=reference.written)
                        self.problems.append(problem)
                        return

    def _find_doubles(self) -> None:
        for table in self._tables.values():
            first: dict[Any, Row] = {}
            taken: dict[Any, Row] = {}
            for row in table.rows:
                other = first.setdefault(row.key, row) if row.is_settled else row
                if row.existing is not None and other is row:
                    pk = tuple(row.existing[f.attname] for f in keys.pk_of(table.model))
                    other = taken.setdefault(pk, row)
                if other is not row:
                    where = f"{other.raw.file.path.name}:{other.raw.line_of('')}"
                    text = f"the key stands at {where}, too"
                    self.problems.append(row.raw.problem(text, key=row.shown_key(table.key)))


def _with_nested(reference: Reference) -> Iterator[Reference]:
    yield reference
    for part in reference.parts:
        if isinstance(part, Reference):
            yield from _with_nested(part)


def _leads_alike(row: Row, reference: Reference) -> bool | None:
    """Return whether the references in the key of ``row`` lead where those of a reference lead.

    None while that is not known.
    """
    for field, part in zip(reference.key, reference.parts, strict=True):
        if part is None and field in row.references:
            return False
        if not isinstance(part, Reference):
            continue
        own = row.references.get(field)
        if own is None:
            return False
        if own.target is None and own.found is None:
            return None
        if own.target is not None and own.target is part.target:
            continue
        if own.target is not None and not own.target.is_settled:
            return None
        held, asked = own.values(), part.values()
        if held is None or asked is None or list(held.values()) != list(asked.values()):
            return False
    return True


def _nowhere(reference: Reference) -> str:
    names = ", ".join(field.name for field in reference.key)
    return f"no row of {reference.model._meta.label} has this {names}"
