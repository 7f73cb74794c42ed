"""Read rows of a table by a key, many at once."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, Final

from django.db import connections
from django.db.models import Q

Key = tuple[Any, ...]
Found = dict[str, Any]  # attname to value

FEW: Final = 50  # keys; more are asked for with their whole table, if it is about as small
_BATCH: Final = 500  # keys in a statement
_BATCH_OF_PAIRS: Final = 100  # SQLite nests what it joins by OR


def read(
    model: Any, alias: str, key: Iterable[str], wanted: Collection[Key], columns: Iterable[str]
) -> dict[Key, list[Found]]:
    """Return the rows of ``model`` whose columns ``key`` hold one of ``wanted``, by that key.

    Names are attnames. Two texts that the database takes for the same count as the same.
    """
    key = tuple(key)
    names = list(dict.fromkeys([*key, *columns]))
    wanted = set(wanted)
    found: dict[Key, list[Found]] = {}
    others: dict[Key, Key] = {}
    for conditions in _questions(model, alias, key, wanted):
        rows = _rows(model, alias).filter(conditions).values_list(*names)
        for values in rows.iterator(chunk_size=2_000):
            one = values[: len(key)]
            if one in wanted:
                found.setdefault(one, []).append(dict(zip(names, values, strict=True)))
            elif (folded := _folded(one)) is not None:
                others[folded] = one
    if others:
        for one in wanted - found.keys():
            if _folded(one) in others:
                rows = _rows(model, alias).filter(_is_one_of(key, [one])).values_list(*names)
                several = [dict(zip(names, values, strict=True)) for values in rows]
                if several:
                    found[one] = several
    return found


def _rows(model: Any, alias: str) -> Any:
    return model._base_manager.using(alias).order_by()


def _questions(model: Any, alias: str, key: Key, wanted: set[Key]) -> Iterator[Q]:
    most = 4 * len(wanted) + 1_000
    if len(wanted) > FEW and _rows(model, alias)[:most].count() < most:
        yield Q()
        return
    size = _BATCH if len(key) == 1 else _BATCH_OF_PAIRS
    limit = connections[alias].features.max_query_params
    if limit:
        size = min(size, limit // len(key))
    remaining = iter(wanted)
    while batch := list(islice(remaining, size)):
        yield _is_one_of(key, batch)


def _is_one_of(key: Key, several: list[Key]) -> Q:
    if len(key) == 1:
        values = [value for (value,) in several if value is not None]
        question = Q(**{f"{key[0]}__in": values}) if values else Q(pk__in=[])
        if len(values) < len(several):
            question |= Q(**{f"{key[0]}__isnull": True})
        return question
    question = Q(pk__in=[])
    for one in several:
        parts = Q()
        for name, value in zip(key, one, strict=True):
            parts &= Q(**({f"{name}__isnull": True} if value is None else {name: value}))
        question |= parts
    return question


def _folded(key: Key) -> Key | None:
    """Return what keys share that a collation may take for the same; None without any text."""
    if not any(isinstance(part, str) for part in key):
        return None
    return tuple(part.rstrip().casefold() if isinstance(part, str) else part for part in key)
