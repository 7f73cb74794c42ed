"""Take a load back, by the journal alone: files and environment may have changed since."""

import logging
from types import SimpleNamespace
from typing import Any

from django.apps.registry import Apps
from django.db import Error, connections, transaction

from queryaudit.errors import MasterDataError, MasterDataInUseError
from queryaudit.masterdata.loading import existing, journal, keys, writing
from queryaudit.masterdata.loading.referrers import hanging
from queryaudit.masterdata.loading.values import is_same

_logger = logging.getLogger("queryaudit")


def take_back(alias: str, app: str, name: str, registry: Apps, done: str) -> None:
    """Delete what the load inserted, put back what it changed or deleted.

    A value that somebody changed since is left as it is, and the log says so. Raises
    MasterDataInUseError where rows that are not of the load refer to one that is to go, and
    MasterDataError where nothing is noted of the load.
    """
    noted = journal.Journal(alias, app, name) if journal.exists(alias) else None
    label = f"{app}.{name}"
    if noted is None or not noted.is_open():
        text = (
            "nothing is noted of this load, so that it cannot be taken back; where its migration "
            "was faked, take it back by migrate --fake. Nothing was written."
        )
        raise MasterDataError(label, text)
    entries = [
        (action, _model(registry, model, label), content)
        for action, model, content in noted.entries()
    ]
    _refuse_in_use(alias, label, entries, done)
    try:
        with transaction.atomic(using=alias):
            for action, model, content in entries:
                if action == journal.INSERT:
                    _delete(alias, model, content)
                    continue
                # What a row needs may be put back after it.
                with connections[alias].constraint_checks_disabled():
                    _BACK[action](alias, label, model, content)
            connections[alias].check_constraints()
            noted.forget()
    except Error as error:
        raise MasterDataInUseError(label, [str(error)], done) from error


def _model(registry: Apps, label: str, name: str) -> Any:
    try:
        return registry.get_model(label)
    except LookupError:
        text = f"the load wrote rows of {label}, which is no model of this state"
        raise MasterDataError(name, text) from None


def _refuse_in_use(alias: str, label: str, entries: list[Any], done: str) -> None:
    inserted: dict[Any, set[Any]] = {}
    for action, model, content in entries:
        if action == journal.INSERT:
            found = inserted.setdefault(model, set())
            found.update(journal.decoded_key(model, key) for key in content)
    deleted = {}
    for model, wanted in inserted.items():
        pk = [f.attname for f in keys.pk_of(model)]
        columns = [f.attname for f in model._meta.concrete_fields]
        rows = existing.read(model, alias, pk, wanted, columns)
        deleted[model] = [row for several in rows.values() for row in several]
    refused = hanging(alias, deleted, _moved(entries))
    if refused:
        texts = [text for several in refused.values() for text in several]
        raise MasterDataInUseError(label, texts, done)


def _moved(entries: list[Any]) -> dict[Any, set[Any]]:
    """Return the rows whose references the load has changed: they are put back first."""
    moved: dict[Any, set[Any]] = {}
    for action, model, content in entries:
        if action == journal.UPDATE:
            columns = {f.attname for f in model._meta.concrete_fields if f.is_relation}
            for key, told in content:
                if not columns.isdisjoint(told):
                    moved.setdefault(model, set()).add(journal.decoded_key(model, key))
    return moved


def _delete(alias: str, model: Any, content: list[Any]) -> None:
    wanted = [journal.decoded_key(model, key) for key in reversed(content)]
    writing.delete(model, alias, wanted)


def _put_back(alias: str, label: str, model: Any, content: list[Any]) -> None:
    fields = {f.attname: f for f in model._meta.concrete_fields}
    told = {journal.decoded_key(model, key): columns for key, columns in content}
    pk = [f.attname for f in keys.pk_of(model)]
    names = {name for columns in told.values() for name in columns}
    groups: dict[Any, list[Any]] = {}
    for key, (row, *_) in existing.read(model, alias, pk, told, names).items():
        values = {}
        for name, (before, after) in told[key].items():
            if is_same(fields[name], row[name], journal.decoded(fields[name], after)):
                values[name] = journal.decoded(fields[name], before)
            else:
                shown = keys.described(keys.pk_of(model), key)
                _logger.warning(
                    "queryaudit: %s is taken back, but %s %s keeps its %s = %r, which somebody "
                    "changed since.",
                    *(label, model._meta.label, shown, name, row[name]),
                )
        if values:
            instance = model(**{**dict(zip(pk, key, strict=True)), **values})
            instance._state.adding = False
            groups.setdefault(frozenset(values), []).append(instance)
    for chosen, instances in groups.items():
        writing.update(model, alias, [fields[name] for name in chosen], instances)


def _insert(alias: str, label: str, model: Any, content: list[Any]) -> None:
    fields = {f.attname: f for f in model._meta.concrete_fields}
    pk = [f.attname for f in keys.pk_of(model)]
    rows = {}
    for told in content:
        values = {name: journal.decoded(fields[name], value) for name, value in told.items()}
        rows[tuple(values[name] for name in pk)] = values
    taken = existing.read(model, alias, pk, rows, pk)
    for key in taken:
        shown = keys.described(keys.pk_of(model), key)
        _logger.warning(
            "queryaudit: %s is taken back, but %s %s is there again and stays as it is.",
            *(label, model._meta.label, shown),
        )
    holders = [
        SimpleNamespace(instance=model(**values), given=frozenset(fields))
        for key, values in rows.items()
        if key not in taken
    ]
    writing.insert(model, alias, holders)  # type: ignore[arg-type]  # what it needs of rows


_BACK = {journal.UPDATE: _put_back, journal.DELETE: _insert}
