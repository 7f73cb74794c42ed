"""Freeze what people have edited: the difference to what is frozen, under a new migration."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.writer import MigrationWriter

from queryaudit.errors import MasterDataError
from queryaudit.masterdata.loading import files
from queryaudit.masterdata.loading.environments import BASE, NAME, Kind
from queryaudit.masterdata.loading.files import DataFile, RawRow
from queryaudit.masterdata.loading.formatting import WRITERS, plain
from queryaudit.masterdata.loading.history import (
    History,
    Load,
    chosen_keys,
    environment_wanted,
    folded,
    stacked,
)
from queryaudit.masterdata.loading.parsing import READERS
from queryaudit.masterdata.loading.planning import overlaid, spoken_part
from queryaudit.masterdata.loading.problems import ABSENT, Problem, Problems
from queryaudit.masterdata.loading.rows import Row, typed
from queryaudit.masterdata.migrations import LoadMasterData

Rows = list[dict[str, Any]]  # as a file holds them


@dataclass(slots=True)
class Dataset:
    """The edited files of one data set, by environment."""

    app: str
    name: str
    files: dict[str, DataFile] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """How its frozen files end: a CSV file cannot say that a column is left as it is."""
        suffixes = {one.path.suffix.removeprefix(".") for one in self.files.values()}
        return "yaml" if suffixes & {"yaml", "yml"} else "json"


@dataclass(slots=True)
class Made:
    """A migration with its frozen files, not written yet; ``files`` by environment."""

    migration: Any
    path: Path
    folder: Path
    suffix: str
    files: dict[str, Rows]

    def write(self) -> None:
        """Write the files and then the migration, which names them."""
        self.folder.mkdir(parents=True)
        for environment, rows in self.files.items():
            path = self.folder / f"{environment}.{self.suffix}"
            path.write_text(WRITERS[self.suffix](rows), encoding="utf-8")
        text = MigrationWriter(self.migration).as_string()
        self.path.write_text(text, encoding="utf-8")

    def lines(self) -> Iterator[str]:
        """Yield a line for each row that is frozen."""
        for environment, rows in self.files.items():
            for row in rows:
                what = "-" if row.get("remove") else "+"
                yield f"    {what} {environment}: {row['model']} {row.get('pk', '')}{row['fields']}"


def datasets(app_label: str) -> list[Dataset]:
    """Return the data sets that people edit in ``<app>/masterdata/``."""
    folder = Path(installed.get_app_config(app_label).path) / "masterdata"
    found: dict[str, Dataset] = {}
    problems = Problems()
    # The folder may be a package of Python as well, as it is in this one.
    is_package = (folder / "__init__.py").exists()
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() or path.name.startswith("."):
            continue
        if is_package and path.suffix.removeprefix(".").lower() not in READERS:
            continue
        name, *others = path.stem.split(".")
        suffix = path.suffix.removeprefix(".").lower()
        environment = others[0] if others else BASE
        if suffix not in READERS or len(others) > 1 or not NAME.fullmatch(environment):
            text = (
                f"no name of a data set; allowed: NAME.{'|'.join(READERS)}, NAME.ENVIRONMENT.yaml"
            )
            problems.append(Problem(str(path), None, text))
            continue
        dataset = found.setdefault(name, Dataset(app_label, name))
        if environment in dataset.files:
            other = dataset.files[environment].path.name
            problems.append(Problem(str(path), None, f"{other} stands for the same"))
        model = name if suffix == "csv" else ""
        dataset.files[environment] = DataFile(path, environment, Kind.MASTER, model)
    problems.refuse(app_label)
    return list(found.values())


def make(
    app_labels: Iterable[str], name: str = "", keys: Mapping[str, Sequence[str]] | None = None
) -> Iterator[Made]:
    """Yield a migration for each data set that was edited since it was frozen.

    Each must be written before the next is asked for: it depends on it. Raises
    MasterDataFileError, and MasterDataError where an app has no migrations, or two ends.
    """
    for app_label in app_labels:
        for dataset in datasets(app_label):
            made = _made(dataset, History(None), name, dict(keys or {}))
            if made is not None:
                yield made


def _made(
    dataset: Dataset, history: History, name: str, keys: dict[str, Sequence[str]]
) -> Made | None:
    registry = history.registry(history.nodes)
    problems = Problems()
    edited = {
        environment: files.read(one, dataset.app, problems)
        for environment, one in dataset.files.items()
    }
    problems.refuse(f"{dataset.app}.{dataset.name}")
    frozen = _Frozen(dataset, edited, history, registry, keys)
    changed = frozen.changes()
    if not changed:
        return None
    end, number = _end(history, dataset.app)
    migration_name = f"{number:04}_{re.sub(r'[^a-z0-9_]+', '_', (name or dataset.name).lower())}"
    options: dict[str, Any] = {"dataset": dataset.name}
    labels = {row["model"] for rows in changed.values() for row in rows}
    if kept := {label: list(n) for label, n in frozen.keys.items() if label in labels}:
        options["keys"] = kept
    migration: Any = Migration(migration_name, dataset.app)
    migration.operations = [LoadMasterData(migration_name, **options)]
    others = {label for label in frozen.apps if label != dataset.app}
    migration.dependencies = [end, *(_end(history, label)[0] for label in sorted(others))]
    path = Path(MigrationWriter(migration).path)
    folder = Path(installed.get_app_config(dataset.app).path) / "masterdata" / migration_name
    return Made(migration, path, folder, dataset.suffix, changed)


def _end(history: History, app_label: str) -> tuple[tuple[str, str], int]:
    """Return the last migration of an app, and the number of the next."""
    ends = history.loader.graph.leaf_nodes(app_label)
    if len(ends) != 1:
        found = ", ".join(name for _, name in ends) or "none"
        text = (
            f"one last migration is expected, and there is {found}; run makemigrations"
            f"{' --merge' if ends else ''} first"
        )
        raise MasterDataError(app_label, text)
    return ends[0], (MigrationAutodetector.parse_number(ends[0][1]) or 0) + 1


class _Frozen:
    """What is frozen of a data set, beside what is edited."""

    def __init__(
        self,
        dataset: Dataset,
        edited: dict[str, list[RawRow]],
        history: History,
        registry: Apps,
        keys: dict[str, Sequence[str]],
    ) -> None:
        self.edited = edited
        self.registry = registry
        self.apps: set[str] = set()
        self._name = f"{dataset.app}.{dataset.name}"
        models = {raw.model for rows in edited.values() for raw in rows}
        self._history = history
        self._environments = {BASE, *edited}

        def belongs(load: Load) -> bool:
            own = load.operation.dataset
            return load.app == dataset.app and own in {dataset.name, None}

        def wants_any(load: Load, one: DataFile) -> bool:
            if belongs(load) and one.kind is Kind.MASTER:
                self._environments.add(one.environment)
            return False

        history.read(history.nodes, wants_any)
        self._loads = {}
        for environment in self._environments:
            wanted = environment_wanted(environment)

            def wants(load: Load, one: DataFile, wanted: Any = wanted) -> bool:
                return belongs(load) and bool(wanted(load, one))

            loads = history.read(history.nodes, wants)
            for load in loads:
                if load.operation.dataset is None:
                    load.rows = [raw for raw in load.rows if raw.model in models]
            self._loads[environment] = loads
        self.keys = {**chosen_keys(self._loads[BASE]), **{k.lower(): v for k, v in keys.items()}}

    def changes(self) -> dict[str, Rows]:
        """Return the rows to freeze by environment, base first; empty where nothing changed."""
        problems = Problems()
        base = self.edited.get(BASE, [])
        found = {BASE: self._difference(self._folded(BASE, problems), base, problems)}
        for environment in sorted(self._environments - {BASE}):
            before = self._folded(environment, problems)
            change = [self._raw(row, raw) for row, raw in found[BASE]]
            before = stacked([before, change], self.registry, self.keys, problems)
            own = self.edited.get(environment, [])
            after = overlaid(base, own, self.registry, self.keys, problems)
            found[environment] = self._difference(before, after, problems)
        problems.refuse(self._name)
        return {one: [row for row, _ in rows] for one, rows in found.items() if rows}

    def _folded(self, environment: str, problems: Problems) -> list[RawRow]:
        return folded(self._loads[environment], self.registry, problems)

    def _raw(self, row: dict[str, Any], raw: RawRow) -> RawRow:
        pk = row.get("pk", ABSENT)
        return RawRow(raw.file, raw.line_of, raw.model, pk, row["fields"], bool(row.get("remove")))

    def _difference(
        self, before: list[RawRow], after: list[RawRow], problems: Problems
    ) -> list[tuple[dict[str, Any], RawRow]]:
        """Return what changes the rows ``before`` into the rows ``after``, with their origins."""
        tables = typed([*before, *after], self.registry, self.keys, problems)
        is_before = {id(raw) for raw in before}
        found = []
        for table in tables:
            names = {field.attname for field in table.key}
            old: dict[Any, Row] = {}
            new: dict[Any, Row] = {}
            for row in table.rows:
                self._note_apps(row)
                side = old if id(row.raw) in is_before else new
                key = tuple(_spoken(row, name) for name in table.key)
                if key in side:
                    text = f"the key stands at line {side[key].raw.line_of('')}, too"
                    problems.append(row.raw.problem(text, key=row.shown_key(table.key)))
                side[key] = row
            for key, row in new.items():
                told = _told(row, old.get(key), names)
                if told is not None:
                    found.append((told, row.raw))
            for key, row in old.items():
                if not row.remove and key not in new:
                    told = {**_head(row), "fields": _fields(row, names), "remove": True}
                    found.append((told, row.raw))
        return found

    def _note_apps(self, row: Row) -> None:
        self.apps.add(row.model._meta.app_label)
        self.apps.update(one.model._meta.app_label for one in row.references.values())


def _told(row: Row, other: Row | None, key: set[str]) -> dict[str, Any] | None:
    """Return what is to be frozen of an edited row, None where it says nothing new."""
    if row.remove:
        if other is None or other.remove:
            return None
        return {**_head(row), "fields": _fields(row, key), "remove": True}
    if other is None or other.remove:
        return {**_head(row), "fields": plain(row.raw.fields)}
    changed = set()
    for one in row.model._meta.get_fields():
        for name in {one.name, getattr(one, "attname", one.name)} & row.raw.fields.keys():
            if _spoken(row, one) != _spoken(other, one):
                changed.add(name)
    if not changed:
        return None
    kept = {n: v for n, v in row.raw.fields.items() if n in changed or n in _fields(row, key)}
    return {**_head(row), "fields": plain(kept)}


def _head(row: Row) -> dict[str, Any]:
    head = {"model": row.model._meta.label_lower}
    return head if row.raw.pk is ABSENT else {**head, "pk": plain(row.raw.pk)}


def _fields(row: Row, attnames: set[str]) -> dict[str, Any]:
    """Return those of the fields of a row that hold one of ``attnames``."""
    found = {}
    for name, value in row.raw.fields.items():
        field = row.model._meta.get_field(name)
        columns = field.local_related_fields if field.is_relation else [field]
        if attnames.intersection(column.attname for column in columns):
            found[name] = plain(value)
    return found


def _spoken(row: Row, field: Any) -> Any:
    """Return what a row says of a field, as something that can be compared."""
    reference = row.references.get(field)
    if reference is not None:
        return spoken_part(reference)
    columns = field.local_related_fields if hasattr(field, "columns_of") else [field]
    return tuple(repr(row.values.get(one.attname, ABSENT)) for one in columns)
