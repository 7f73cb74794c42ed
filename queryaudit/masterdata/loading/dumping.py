"""Write the file that people edit from a table."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import AutoField

from queryaudit.errors import MasterDataError
from queryaudit.masterdata.loading import keys
from queryaudit.masterdata.loading.formatting import WRITERS

_Row = dict[str, Any]


def dump(models: Iterable[Any], alias: str, suffix: str) -> str:
    """Return the rows of ``models`` as a file: references by natural key, parents first.

    Keys that count by themselves are left out where something else tells rows apart.
    """
    told = [row for model in models for row in _rows(model, alias)]
    return WRITERS[suffix](told)


def path_of(models: list[Any], dataset: str, suffix: str) -> Path:
    """Return where the edited file of ``models`` belongs. Raises MasterDataError for two apps."""
    labels = {model._meta.app_label for model in models}
    if len(labels) > 1:
        raise MasterDataError(", ".join(sorted(labels)), "a data set belongs to one app")
    folder = Path(apps.get_app_config(labels.pop()).path) / "masterdata"
    return folder / f"{dataset or models[0]._meta.model_name}.{suffix}"


def _rows(model: Any, alias: str) -> list[_Row]:
    pk = keys.pk_of(model)
    found = keys.candidates(model)
    natural = next(iter(found), None)
    has_pk = natural is None or (len(pk) == 1 and natural == pk)
    made = {f for f in pk if isinstance(f, AutoField)} if not has_pk else set(pk)
    relations = [f for f in model._meta.get_fields() if hasattr(f, "columns_of")]
    covered = {column for field in relations for column in field.local_related_fields} - set(pk)
    fields = [
        f
        for f in model._meta.concrete_fields
        if not f.generated and f not in made and f.column is not None and f not in covered
    ]
    rows = []
    for row in _in_order(model, alias):
        head: _Row = {"model": model._meta.label_lower}
        if has_pk:
            head["pk"] = _value(pk[0], row)
        written = {f.name: _written(f, row, alias) for f in fields}
        # A reference of several columns is written by these: they may be shared with others.
        written.update(
            {c.name: _written(c, row, alias) for f in relations for c in f.local_related_fields}
        )
        rows.append({**head, "fields": written})
    return rows


def _in_order(model: Any, alias: str) -> list[Any]:
    """Return the rows in the order of their keys, each after the row of its own table it needs."""
    names = keys.attnames(keys.pk_of(model))
    rows = list(model._base_manager.using(alias).order_by(*names))
    parents = [f for f in model._meta.concrete_fields if f.is_relation and f.related_model is model]
    if not parents:
        return rows
    by_pk = {row.pk: row for row in rows}
    ordered: dict[Any, Any] = {}
    for start in rows:
        path: list[Any] = []
        row = start
        while row is not None and row.pk not in ordered and row not in path:
            path.append(row)
            row = next((by_pk.get(getattr(row, f.attname)) for f in parents), None)
        ordered.update({one.pk: one for one in reversed(path)})
    return list(ordered.values())


def _written(field: Any, row: Any, alias: str) -> Any:
    if not field.is_relation:
        return _value(field, row)
    value = getattr(row, field.attname)
    if value is None:
        return None
    target, remote = field.related_model, field.target_field
    natural = next((key for key in keys.candidates(target) if key != keys.pk_of(target)), None)
    if natural is None or any(len(key) == len(natural) for key in _before(target, natural)):
        return _value(field, row)
    other = target._base_manager.using(alias).filter(**{remote.attname: value}).first()
    return _value(field, row) if other is None else [_written(f, other, alias) for f in natural]


def _before(target: Any, natural: keys.KeyFields) -> list[keys.KeyFields]:
    """Return the keys that a list of as many parts would be taken for before ``natural``."""
    found = keys.candidates(target)
    return found[: found.index(natural)]


def _value(field: Any, row: Any) -> Any:
    value = field.value_from_object(row)
    while field.is_relation:
        field = field.target_field
    if value is None or isinstance(value, (bool, int, str, list, dict)):
        return value
    if isinstance(value, float):
        return value
    if isinstance(value, Decimal):
        return str(value)
    holder = type("Holder", (), {field.attname: value})()
    return field.value_to_string(holder)
