"""What tells the rows of a model apart: read from the model, never from its methods."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import AutoField

KeyFields = tuple[Any, ...]  # fields with columns


def pk_of(model: Any) -> KeyFields:
    """Return the columns of the primary key."""
    return tuple(model._meta.pk_fields)


def candidates(model: Any) -> list[KeyFields]:
    """Return what is unique in ``model``, first the primary key where people choose it.

    Then unique fields, then constraints over all rows. A key that counts by itself is none.
    """
    found: list[KeyFields] = []
    pk = pk_of(model)
    if len(pk) > 1 or not _is_made(pk[0]):
        found.append(pk)
    fields = [f for f in model._meta.concrete_fields if f.unique and not f.primary_key]
    fields = [f for f in fields if not _is_made(f)]
    found += [(field,) for field in sorted(fields, key=lambda field: bool(field.null))]
    for owner in [model, *model._meta.all_parents]:
        names = [one.fields for one in owner._meta.total_unique_constraints]
        for several in [*names, *owner._meta.unique_together]:
            found.append(tuple(model._meta.get_field(name) for name in several))
    return list(dict.fromkeys(found))


def _is_made(field: Any) -> bool:
    """Return whether nobody writes this key: it counts by itself, or is the parent's."""
    return isinstance(field, AutoField) or bool(getattr(field.remote_field, "parent_link", False))


def identity(
    model: Any, given: Iterable[Collection[str]], chosen: Mapping[str, Sequence[str]]
) -> KeyFields | None:
    """Return the key by which rows are found that give the attnames ``given``, a set each row.

    ``chosen`` are the keys that somebody has named, by label in lower case. None: no key.
    """
    if model._meta.label_lower in chosen:
        return tuple(model._meta.get_field(name) for name in chosen[model._meta.label_lower])
    common: set[str] | None = None
    for names in {frozenset(several) for several in given}:
        common = set(names) if common is None else common & names
    for key in [pk_of(model), *candidates(model)]:
        if common is not None and common.issuperset(attnames(key)):
            return key
    return None


def attnames(key: KeyFields) -> list[str]:
    """Return the attributes that hold a key."""
    return [field.attname for field in key]


def named(model: Any, names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that are no fields of ``model`` with a column."""
    wrong = []
    for name in names:
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            field = None
        if getattr(field, "column", None) is None:
            wrong.append(name)
    return wrong


def described(key: KeyFields, values: Iterable[Any]) -> str:
    """Return a key as errors show it: ``code='JP'``."""
    return ", ".join(f"{f.name}={v!r}" for f, v in zip(key, values, strict=True))
