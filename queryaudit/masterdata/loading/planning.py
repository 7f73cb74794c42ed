"""What a load has to do: the rows of its files beside those of the tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.apps.registry import Apps
from django.db import router
from django.db.models import AutoField

from queryaudit.masterdata.loading import keys
from queryaudit.masterdata.loading.environments import BASE, Kind
from queryaudit.masterdata.loading.files import RawRow
from queryaudit.masterdata.loading.matching import Matcher
from queryaudit.masterdata.loading.problems import ABSENT, Problems
from queryaudit.masterdata.loading.references import Reference
from queryaudit.masterdata.loading.rows import Row, Table, typed
from queryaudit.masterdata.loading.values import is_same

# A column's value before and after; a Reference leads to a row that has no key yet.
Change = tuple[Any, Any]


@dataclass(slots=True)
class Plan:
    """What differs. ``absent`` are rows to mend that the tables do not have."""

    alias: str
    tables: list[Table]
    inserts: list[Row] = field(default_factory=list)
    updates: list[tuple[Row, dict[Any, Change]]] = field(default_factory=list)
    deletes: list[Row] = field(default_factory=list)
    absent: list[Row] = field(default_factory=list)
    same: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the tables say all that the files say."""
        return not (self.inserts or self.updates or self.deletes)

    def key_of(self, row: Row) -> keys.KeyFields:
        """Return the key by which a row was looked for."""
        return next(table.key for table in self.tables if table.model is row.model)

    def shown(self, row: Row) -> str:
        """Return a row as reports name it: ``shop.Category code='rock'``."""
        return f"{row.model._meta.label} {row.shown_key(self.key_of(row))}"


def merged(
    raws: Iterable[RawRow], registry: Apps, chosen: Mapping[str, Sequence[str]], problems: Problems
) -> list[RawRow]:
    """Return the rows of base with those of the environment laid over them, by key.

    A row that removes replaces what is there, and one that follows it stands alone.
    """
    layers: dict[str, list[RawRow]] = {BASE: []}
    others: list[RawRow] = []
    for raw in raws:
        is_master = raw.file.kind is Kind.MASTER
        (layers.setdefault(raw.file.environment, []) if is_master else others).append(raw)
    found = layers.pop(BASE)
    for layer in layers.values():
        found = overlaid(found, layer, registry, chosen, problems)
    return found + others


def overlaid(
    below: list[RawRow],
    above: list[RawRow],
    registry: Apps,
    chosen: Mapping[str, Sequence[str]],
    problems: Problems,
) -> list[RawRow]:
    """Return ``below`` with the fields of the rows ``above`` of the same keys laid over them."""
    if not below:
        return above
    spoken = spoken_keys([*below, *above], registry, chosen, problems)
    places = {spoken[id(raw)]: n for n, raw in enumerate(below) if id(raw) in spoken}
    found = list(below)
    for raw in above:
        # The second row of one key finds no place any more, and is refused as a double.
        place = places.pop(spoken.get(id(raw)), None)
        if place is None:
            found.append(raw)
        else:
            found[place] = laid_over(below[place], raw)
    return found


def laid_over(below: RawRow, above: RawRow) -> RawRow:
    """Return one row of both: the fields of ``above`` win."""
    if above.remove or below.remove:
        return above
    origins = {**dict.fromkeys(below.fields, below), **below.origins}
    origins |= dict.fromkeys(above.fields, above)
    pk = below.pk if above.pk is ABSENT else above.pk
    fields = {**below.fields, **above.fields}
    return RawRow(above.file, above.line_of, above.model, pk, fields, origins=origins)


def spoken_keys(
    raws: list[RawRow], registry: Apps, chosen: Mapping[str, Sequence[str]], problems: Problems
) -> dict[int, Any]:
    """Return for each row, by its id, a key that equal rows share, without asking a database."""
    spoken: dict[int, Any] = {}
    for table in typed(raws, registry, chosen, problems):
        for row in table.rows:
            parts = []
            for one in table.key:
                reference = row.references.get(one)
                parts.append(spoken_part(reference) if reference else row.values.get(one.attname))
            spoken[id(row.raw)] = (table.model, tuple(parts))
    return spoken


def spoken_part(reference: Reference) -> Any:
    """Return a reference as something that can be compared: its key and parts."""
    parts = (spoken_part(p) if isinstance(p, Reference) else p for p in reference.parts)
    return (reference.key, *parts)


def plan(
    raws: list[RawRow],
    registry: Apps,
    alias: str,
    chosen: Mapping[str, Sequence[str]],
    name: str,
    done: str = "Nothing was written.",
) -> Plan:
    """Return what loading ``raws`` into ``alias`` has to do; nothing is written.

    ``chosen`` are keys by label in lower case. Raises MasterDataFileError with all that is
    wrong, as far as it can be known together.
    """
    problems = Problems()
    rows = merged(raws, registry, chosen, problems)
    problems.refuse(name, done)
    return compared(rows, registry, alias, chosen, name, done)


def compared(
    rows: list[RawRow],
    registry: Apps,
    alias: str,
    chosen: Mapping[str, Sequence[str]],
    name: str,
    done: str = "Nothing was written.",
    *,
    is_to_be_written: bool = True,
) -> Plan:
    """Return how ``rows``, one a key, differ from the tables."""
    problems = Problems()
    tables = typed(rows, registry, chosen, problems)
    problems.refuse(name, done)
    tables = [table for table in tables if _is_here(alias, table.model)]
    Matcher(alias, tables, problems).settle()
    problems.refuse(name, done)
    found = Plan(alias, tables)
    for table in tables:
        for row in table.rows:
            _place(row, table, found, problems)
    if is_to_be_written:
        problems.refuse(name, done)
    return found


def _is_here(alias: str, model: Any) -> bool:
    # An unmanaged table is written, too: somebody made it, and the files name it.
    return not model._meta.proxy and bool(router.allow_migrate_model(alias, model))


def _place(row: Row, table: Table, found: Plan, problems: Problems) -> None:
    if row.remove:
        if row.existing is not None:
            found.deletes.append(row)
        else:
            found.same += 1
    elif row.existing is None:
        if row.kind is Kind.REPAIR:
            found.absent.append(row)
            return
        lacking = _lacking(row)
        for name in lacking:
            text = "the row is new, and the column has no default: give a value"
            problem = row.raw.problem(text, field=name, key=row.shown_key(table.key))
            problems.append(problem)
        found.inserts.append(row)
    elif changes := _changes(row):
        own = [one for one in changes if one.primary_key or one in keys.pk_of(row.model)]
        for one in own:
            before, after = changes[one]
            text = f"the row is in the table with {before!r}, and a primary key cannot change"
            key = row.shown_key(table.key)
            problems.append(row.raw.problem(text, field=one.name, key=key, value=after))
        found.updates.append((row, changes))
    else:
        found.same += 1


def _lacking(row: Row) -> list[str]:
    """Return the fields that a new row must have and has not."""
    return [one.name for one in _required(row.model) if one.attname not in row.given]


@lru_cache(1_000)
def _required(model: Any) -> tuple[Any, ...]:
    """Return the fields that a new row must have."""
    return tuple(
        one
        for one in model._meta.concrete_fields
        if not one.null
        and not one.has_default()
        and not one.has_db_default()
        and not one.generated
        and not isinstance(one, AutoField)
        and not (one.blank and one.empty_strings_allowed)
        and not (getattr(one, "auto_now", False) or getattr(one, "auto_now_add", False))
        and not getattr(one.remote_field, "parent_link", False)
    )


def _changes(row: Row) -> dict[Any, Change]:
    """Return what the table says otherwise than the row, by field."""
    existing: Any = row.existing
    found: dict[Any, Change] = {}
    fields = _by_attname(row.model)
    for name, value in row.values.items():
        if not is_same(fields[name], existing[name], value):
            found[fields[name]] = existing[name], value
    for reference in row.references.values():
        values = reference.values()
        for local, _ in reference.pairs:
            if values is None:
                found[local] = existing[local.attname], reference
            elif not is_same(local, existing[local.attname], values[local.attname]):
                found[local] = existing[local.attname], values[local.attname]
    return found


@lru_cache(1_000)
def _by_attname(model: Any) -> dict[str, Any]:
    return {one.attname: one for one in model._meta.concrete_fields}
