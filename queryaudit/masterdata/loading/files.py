"""Find the files of a data set, and read what rows they hold."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.apps import apps

from queryaudit.masterdata.loading.environments import BASE, NAME, Kind
from queryaudit.masterdata.loading.parsing import READERS, UnreadableError
from queryaudit.masterdata.loading.problems import ABSENT, Problem, Problems

_ALLOWED = f"allowed: ENVIRONMENT.{'|'.join(READERS)}, ENVIRONMENT.MODEL.csv, where ENVIRONMENT "
_ALLOWED += "is base or a name, with .repair or .test after the name"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of rows; ``model`` is that of a CSV file, written in its name."""

    path: Path
    environment: str
    kind: Kind
    model: str = ""

    @property
    def checksum(self) -> str:
        """The SHA-256 of the text; how its lines end does not count."""
        return sha256(self.path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


@dataclass(slots=True)
class RawRow:
    """A row as it is written; ``model`` is its label in lower case."""

    file: DataFile
    line_of: Callable[[str], int]
    model: str
    pk: Any
    fields: dict[str, Any]
    remove: bool = False
    # Where the value of a field stands, if not in this file: a row of another was merged in.
    origins: dict[str, "RawRow"] = field(default_factory=dict)

    def problem(self, text: str, *, field: str = "", key: str = "", value: Any = ABSENT) -> Problem:
        """Return a problem of this row, or of one of its fields."""
        row = self.origins.get(field, self)
        path, line = str(row.file.path), row.line_of(field)
        return Problem(path, line, text, model=self.model, key=key, field=field, value=value)


def folder_of(app_label: str, name: str) -> Path | None:
    """Return the folder of a frozen data set, None where there is none.

    Raises MasterDataFileError where there are two.
    """
    root = Path(apps.get_app_config(app_label).path)
    found = [
        path for path in (root / "masterdata" / name, root / "fixtures" / name) if path.is_dir()
    ]
    if len(found) > 1:
        text = f"and {found[1]} both hold this data set; remove one of them"
        Problems([Problem(str(found[0]), None, text)]).refuse(f"{app_label}.{name}")
    return found[0] if found else None


def files_in(folder: Path, name: str) -> list[DataFile]:
    """Return the data files of a folder, base first. Raises MasterDataFileError for others."""
    problems = Problems()
    found: list[DataFile] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_dir():
            continue
        data_file = _named(path)
        if data_file is None:
            problems.append(Problem(str(path), None, f"no name of a data file; {_ALLOWED}"))
        elif data_file.environment == BASE and data_file.kind is not Kind.MASTER:
            text = f"{data_file.kind.value} data belongs to an environment; base is for every one"
            problems.append(Problem(str(path), None, text))
        else:
            found.append(data_file)
    by_place: dict[tuple[str, Kind, str], DataFile] = {}
    for one in found:
        place = (one.environment, one.kind, one.model.lower())
        other = by_place.setdefault(place, one)
        if other is not one:
            problems.append(Problem(str(one.path), None, f"{other.path.name} stands for the same"))
    problems.refuse(name)
    return sorted(found, key=lambda one: (one.environment != BASE, one.kind.value, one.path.name))


def _named(path: Path) -> DataFile | None:
    environment, *others = path.stem.split(".")
    suffix = path.suffix.removeprefix(".").lower()
    kinds = {kind.value: kind for kind in Kind if kind.value}
    kind = kinds[others.pop(0)] if others and others[0] in kinds else Kind.MASTER
    models = (1, 2) if suffix == "csv" else (0,)
    if suffix not in READERS or not NAME.fullmatch(environment) or len(others) not in models:
        return None
    return DataFile(path, environment, kind, ".".join(others))


def read(data_file: DataFile, app_label: str, problems: Problems) -> list[RawRow]:
    """Return the rows of a file; what cannot be read is added to ``problems``."""
    path = str(data_file.path)
    rows: list[RawRow] = []
    try:
        text = data_file.path.read_text(encoding="utf-8-sig")
        for data, line in READERS[data_file.path.suffix.removeprefix(".").lower()](text):
            row = _row(data, line, data_file, app_label)
            if isinstance(row, str):
                problems.append(Problem(path, line(""), row))
            else:
                rows.append(row)
    except UnreadableError as error:
        problems.append(Problem(path, error.line, str(error)))
    except UnicodeDecodeError as error:
        problems.append(Problem(path, None, f"no UTF-8 text: {error}"))
    except OSError as error:
        problems.append(Problem(path, None, f"cannot be read: {error}"))
    return rows


def _row(data: Any, line: Any, data_file: DataFile, app_label: str) -> RawRow | str:
    if not isinstance(data, dict):
        return f"a row is a mapping with model and fields, not {data!r:.60}"
    unknown = data.keys() - {"model", "pk", "fields", "remove"}
    if unknown:
        names = ", ".join(sorted(map(repr, unknown)))
        return f"a row has no {names}; allowed: model, pk, fields, remove"
    model = data_file.model or data.get("model")
    fields = data.get("fields")
    fields = {} if fields is None else fields
    if not isinstance(model, str) or not model:
        return "the row names no model; write model: app.model"
    if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
        return f"fields is {fields!r:.60}; allowed: a mapping of field names to values"
    if data.get("remove", False) not in (True, False):
        return f"remove is {data['remove']!r:.60}; allowed: true, false"
    label = model.lower() if "." in model else f"{app_label}.{model.lower()}"
    pk = data.get("pk")
    return RawRow(
        data_file, line, label, ABSENT if pk is None else pk, fields, bool(data.get("remove"))
    )


def chosen(files: Iterable[DataFile], environment: str) -> Iterator[DataFile]:
    """Yield those of ``files`` that are loaded in ``environment``, base first."""
    for one in files:
        if one.environment in {BASE, environment}:
            yield one
