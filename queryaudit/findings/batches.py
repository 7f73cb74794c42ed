"""How many statements are spared where one writes all rows, as far as that can be promised."""

import re
from collections.abc import Sequence
from typing import Final

from django.db.models import signals

from queryaudit.findings.models import key_columns, model_of
from queryaudit.findings.variation import roles_of
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.ledger import Group

_CREATE: Final = "bulk_create(rows)"
_UPDATE: Final = "bulk_update(rows, fields)"
# Ends of fixes that write all rows by one statement.
_AT_ONCE: Final = (
    _CREATE,
    _UPDATE,
    ".delete()",
    ".adelete()",
    "executemany(sql, rows)",
    ".update(...)",
    ".aupdate(...)",
)
# What SQLite takes in one statement, which takes the least.
_MAX_ROWS, _MAX_VALUES = 500, 999
# Django writes some NULLs out, which bulk_update() and bulk_create() count as values.
_NULLS: Final = re.compile(r'["`\[]?(\w+)["`\]]? = NULL')
_COLUMNS: Final = re.compile(r"\(([^()]*)\)")


def spared(group: Group, around: Sequence[Group], fix: str) -> int | None:
    """Return the statements that ``fix`` spares; None where it may need more than one.

    ``around`` are all statements of the line, of which ``group`` is one. With look-ups, related
    tables, several databases or more values than each database takes at once, how many are
    left differs.
    """
    words = {one.query.word for one in around}
    # save() tries an UPDATE where a key is given.
    tried = {"UPDATE"} if fix.endswith(_CREATE) else set()
    if (
        not fix.endswith(_AT_ONCE)
        or len({(one.model, one.query.alias) for one in around}) > 1
        or words - tried != {group.query.word} - tried
        or not _is_one(group, around, fix)
    ):
        return None
    rows = sum(one.count for one in around if one.query.word == group.query.word)
    if rows > _MAX_ROWS or rows * _values_of(group, around) > _MAX_VALUES:
        return None
    return sum(one.count for one in around) - 1


def _values_of(group: Group, around: Sequence[Group]) -> int:
    """Return the most values that one row needs."""
    columns = {role for one in around for role in roles_of(one.query.sql)}
    columns |= {(name, "SET") for one in around for name in _NULLS.findall(one.query.sql)}
    given = max(len(roles_of(one.query.sql)) for one in around)
    # bulk_update() names each key twice.
    return max(1, len(key_columns(group.model or ""))) + max(len(columns), given)


def _is_one(group: Group, around: Sequence[Group], fix: str) -> bool:
    """Return whether what the statements ``around`` do is one statement of ``fix``."""
    if fix.endswith(_UPDATE):
        # By another condition than the key it may be many rows, which nobody has read.
        roles = {role for one in around for role in roles_of(one.query.sql)}
        keys = set(key_columns(group.model or ""))
        return {column for column, role in roles if role != "SET"} <= keys
    if fix.endswith(_CREATE):
        return _is_one_create(group, around)
    if len({shape_of(one.query.sql) for one in around}) > 1:
        return False  # other columns, other conditions or another table
    # With a handler, delete() reads its rows first.
    model = model_of(group.model or "")
    return group.query.word != "DELETE" or not (
        signals.pre_delete.has_listeners(model) or signals.post_delete.has_listeners(model)
    )


def _is_one_create(group: Group, around: Sequence[Group]) -> bool:
    """Return whether all rows can be made at once: all with a key or none, and no row for another.

    Rows with a key and rows without are a statement each, and a tree takes one a level.
    """
    model = model_of(group.model or "")
    if model is None:
        return False
    keys = set(key_columns(group.model or ""))
    inserts = [(one, _inserted(one.query.sql)) for one in around if one.query.word == "INSERT"]
    have_keys = {keys <= set(columns) for _, columns in inserts}
    is_tried = len(inserts) < len(around)
    fields = model._meta.concrete_fields  # noqa: SLF001
    trees = {field.column for field in fields if field.related_model is model}
    varied = {
        columns[number]
        for one, columns in inserts
        for number in one.varied
        if number < len(columns)
    }
    return len(have_keys) == 1 and (not is_tried or True in have_keys) and trees.isdisjoint(varied)


def _inserted(sql: str) -> list[str]:
    """Return the columns that an INSERT names."""
    found = _COLUMNS.search(sql)
    return [] if found is None else [name.strip(' "`[]') for name in found[1].split(",")]
