"""Rows that refer to rows which are to be deleted."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import connections, router
from django.db.models import Q

from queryaudit.masterdata.loading import keys

_BATCH = 200
_SHOWN = 5  # rows of one table

Key = tuple[Any, ...]


def hanging(
    alias: str,
    deleted: Mapping[Any, Collection[Mapping[str, Any]]],
    moved: Mapping[Any, Collection[Key]],
) -> dict[tuple[Any, Key], list[str]]:
    """Return, by model and key of each row of ``deleted`` that others refer to, these as texts.

    Rows come as columns by attname. Rows that are deleted themselves do not count, nor those
    of ``moved``, which are about to refer elsewhere.
    """
    passing: dict[Any, set[Key]] = {model: set(several) for model, several in moved.items()}
    for model, rows in deleted.items():
        own = {tuple(row[f.attname] for f in keys.pk_of(model)) for row in rows}
        passing.setdefault(model, set()).update(own)
    for model in list(passing):
        for parent in model._meta.all_parents:  # the same rows, in the table above
            passing.setdefault(parent, set()).update(passing[model])
    with connections[alias].cursor() as cursor:
        tables = set(connections[alias].introspection.table_names(cursor))
    found: dict[tuple[Any, Key], list[str]] = {}
    for model, rows in deleted.items():
        for relation in model._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and not relation.concrete and relation.is_relation):
                continue
            other, field = relation.related_model, getattr(relation, "field", None)
            if field is None or getattr(field, "many_to_many", False) or other._meta.proxy:
                continue
            if other._meta.db_table not in tables or not router.allow_migrate_model(alias, other):
                continue
            passed = passing.get(other, set())
            for key, text in _referring(alias, model, list(rows), other, field, passed):
                found.setdefault((model, key), []).append(text)
    return found


def _referring(
    alias: str, model: Any, rows: list[Any], other: Any, field: Any, passed: set[Key]
) -> Iterator[tuple[Key, str]]:
    pairs = field.related_fields
    pk = keys.pk_of(model)
    by_columns = {
        tuple(row[remote.attname] for _, remote in pairs): tuple(row[f.attname] for f in pk)
        for row in rows
    }
    own = [f.attname for f in keys.pk_of(other)]
    locals_ = [local.attname for local, _ in pairs]
    remaining = list(by_columns)
    shown = 0
    for start in range(0, len(remaining), _BATCH):
        batch = remaining[start : start + _BATCH]
        question = Q(pk__in=[])
        if len(locals_) == 1:
            question = Q(**{f"{locals_[0]}__in": [value for (value,) in batch]})
        for columns in batch if len(locals_) > 1 else ():
            question |= Q(**dict(zip(locals_, columns, strict=True)))
        found = other._base_manager.using(alias).filter(question).order_by()
        for values in found.values_list(*own, *locals_).iterator(chunk_size=500):
            key, columns = values[: len(own)], values[len(own) :]
            if key in passed or columns not in by_columns:
                continue
            shown += 1
            if shown <= _SHOWN:
                named = keys.described(keys.pk_of(other), key)
                target = keys.described(pk, by_columns[columns])
                text = f"{other._meta.label} {named} refers by {field.name} to "
                yield by_columns[columns], f"{text}{model._meta.label} {target}"
            elif columns:
                yield by_columns[columns], f"another row of {other._meta.label}"
