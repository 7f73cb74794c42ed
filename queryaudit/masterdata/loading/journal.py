"""What each load did to each row, in a table of the database itself, made when first needed.

As Django notes its migrations: a table that no migration makes and no flush empties. Values
are written as they were before, so that a load can be taken back whatever became of its files.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from django.apps.registry import Apps
from django.db import connections, models
from django.utils.timezone import now

from queryaudit.masterdata.loading import keys
from queryaudit.masterdata.loading.planning import Change
from queryaudit.masterdata.loading.rows import Row

TABLE: Final = "queryaudit_masterdata"
_CHUNK: Final = 1_000  # rows in an entry
LOAD, INSERT, UPDATE, DELETE = "load", "insert", "update", "delete"


@cache
def entries_model() -> Any:
    """Return the model of the table: an entry is a load, or up to 1,000 rows of one."""

    class Entry(models.Model):
        id = models.BigAutoField(primary_key=True)
        app = models.CharField(max_length=255)
        name = models.CharField(max_length=255)
        action = models.CharField(max_length=10)
        model = models.CharField(max_length=255, default="")
        content = models.TextField()
        at = models.DateTimeField(default=now)

        class Meta:
            apps = Apps()
            app_label = "queryaudit"
            db_table = TABLE

        def __str__(self) -> str:
            return f"{self.action} of {self.app}.{self.name}"

    return Entry


def exists(alias: str) -> bool:
    """Return whether the database has the table."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        return TABLE in connection.introspection.table_names(cursor)


def make(alias: str) -> None:
    """Make the table where it is missing. On MariaDB this commits."""
    if not exists(alias):
        with connections[alias].cursor() as cursor:
            for statement in _creation(alias):
                cursor.execute(statement)


def _creation(alias: str) -> list[str]:
    """Return what makes the table; a schema editor is open already, and they do not nest."""
    editor = connections[alias].schema_editor(atomic=False)
    editor.deferred_sql = []
    statement, _ = editor.table_sql(entries_model())
    return [statement]


def loads(alias: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what is loaded, by app and name: ``environment``, ``files``, ``rows``, ``at``."""
    if not exists(alias):
        return {}
    found = entries_model().objects.using(alias).filter(action=LOAD).order_by("id")
    return {(one.app, one.name): {**json.loads(one.content), "at": one.at} for one in found}


class Journal:
    """The entries of one load."""

    def __init__(self, alias: str, app: str, name: str) -> None:
        self._rows = entries_model().objects.using(alias)
        self._own = self._rows.filter(app=app, name=name)
        self._app, self._name = app, name
        self._updates: dict[str, list[Any]] = {}
        self.counts = {INSERT: 0, UPDATE: 0, DELETE: 0}

    def inserted(self, rows: Sequence[Row]) -> None:
        """Note the keys of new rows, in the order in which they were written."""
        pk = keys.pk_of(rows[0].model)
        told = [[encoded(f, row.instance.__dict__[f.attname]) for f in pk] for row in rows]
        self._note(INSERT, rows[0].model, told)

    def updated(self, row: Row, changes: dict[Any, Change]) -> None:
        """Note what columns said before and say now."""
        known: Any = row.existing
        told = {
            f.attname: [encoded(f, before), encoded(f, after)]
            for f, (before, after) in changes.items()
        }
        key = [encoded(f, known[f.attname]) for f in keys.pk_of(row.model)]
        self._updates.setdefault(row.model._meta.label, []).append([key, told])

    def deleted(self, rows: Sequence[Row]) -> None:
        """Note rows that go, whole."""
        fields = [f for f in rows[0].model._meta.concrete_fields if not f.generated]
        told = []
        for row in rows:
            known: Any = row.existing
            told.append({f.attname: encoded(f, known[f.attname]) for f in fields})
        self._note(DELETE, rows[0].model, told)

    def flush(self) -> None:
        """Write what is told of updates, so that entries stand in the order of the writes."""
        for label, told in self._updates.items():
            self._note(UPDATE, label, told)
        self._updates.clear()

    def close(self, environment: str, files: dict[str, str]) -> None:
        """Note the load itself."""
        content = {"environment": environment, "files": files, "rows": self.counts}
        self._rows.create(app=self._app, name=self._name, action=LOAD, content=json.dumps(content))

    def _note(self, action: str, model: Any, told: list[Any]) -> None:
        label = model if isinstance(model, str) else model._meta.label
        self.counts[action] += len(told)
        entries = [
            self._rows.model(
                app=self._app,
                name=self._name,
                action=action,
                model=label,
                content=json.dumps(told[start : start + _CHUNK]),
            )
            for start in range(0, len(told), _CHUNK)
        ]
        self._rows.bulk_create(entries, 100)

    def is_open(self) -> bool:
        """Return whether the load is noted."""
        return bool(self._own.filter(action=LOAD).exists())

    def entries(self) -> Iterator[tuple[str, str, list[Any]]]:
        """Yield action, model and content of each entry about rows, the last one first."""
        for one in self._own.exclude(action=LOAD).order_by("-id"):
            yield one.action, one.model, json.loads(one.content)

    def forget(self) -> None:
        """Delete the load's entries: it is taken back."""
        self._own.delete()


def encoded(field: Any, value: Any) -> Any:
    """Return a column's value as JSON can hold it without losing any of it."""
    if (
        type(value) is int
        or value is None
        or (type(value) in {bool, int, float, str} and not _is_json(field))
    ):
        return value
    if _is_json(field):
        return {"json": json.dumps(value, cls=field.encoder)}
    while field.is_relation:
        field = field.target_field
    holder = type("Holder", (), {field.attname: value})()
    return {"text": field.value_to_string(holder)}


def decoded(field: Any, value: Any) -> Any:
    """Return the value that ``encoded`` was given."""
    if not isinstance(value, dict):
        return value
    if "json" in value:
        return json.loads(value["json"], cls=field.decoder)
    while field.is_relation:
        field = field.target_field
    found = field.to_python(value["text"])
    return bytes(found) if isinstance(found, memoryview) else found


def _is_json(field: Any) -> bool:
    return isinstance(field, models.JSONField)


def decoded_key(model: Any, told: Iterable[Any]) -> tuple[Any, ...]:
    """Return a primary key as it was noted."""
    return tuple(decoded(f, part) for f, part in zip(keys.pk_of(model), told, strict=True))
