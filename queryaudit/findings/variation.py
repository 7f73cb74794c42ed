"""What varies between statements of one shape: tells a loop from a batch, a page, a repeat."""

import re
from collections.abc import Sequence
from enum import Enum
from typing import Final

from queryaudit.findings.placeholders import PLACEHOLDER
from queryaudit.recording.ledger import Group


class Variation(Enum):
    """What the statements of one place are to each other."""

    LOOP = "loop"  # one value after the other
    BATCH = "batch"  # lists of values: chunks, levels of a tree
    PAGE = "page"  # one stretch of rows after the other
    REPEAT = "repeat"  # nothing varies


# A list of two placeholders or more; and any list.
_LIST: Final = re.compile(r"\bIN\s*\(\s*(?:%s|\?)(?:\s*,\s*(?:%s|\?))+\s*\)", re.IGNORECASE)
# Many keys of several columns: tuples, Django's own OR where a database has none, and the one
# parameter that stands for a whole list.
_TUPLES: Final = re.compile(
    r"\bIN\s*\((?:VALUES\s*)?\((?:%s|\?)[^()]*\),"
    r"|\(([^()]*=\s*(?:%s|\?)(?:\s+AND\s+[^()]*=\s*(?:%s|\?))+)\)\s+OR\s+\(\1\)"
    r"|\bFROM\s+(?:json_each|unnest)\(",
    re.IGNORECASE,
)
_ANY_LIST: Final = re.compile(r"\bIN\s*\(\s*(?:%s|\?)(?:\s*,\s*(?:%s|\?))*\s*\)", re.IGNORECASE)
_ROWS: Final = re.compile(r"\bVALUES\s*\([^()]*\)\s*,\s*\(", re.IGNORECASE)
_LIMIT: Final = re.compile(r"\b(LIMIT|OFFSET)\s+(\d+)", re.IGNORECASE)
_PAGING: Final = re.compile(r"\b(LIMIT|OFFSET)\s*$", re.IGNORECASE)
_FIGURE: Final = re.compile(r"SELECT (?:1|%s|COUNT\(\*\)) AS ", re.IGNORECASE)
# The comparison that a placeholder ends, other placeholders of its list passed over.
_COMPARED: Final = re.compile(
    r"""["`\]]?(\w+)["`\]]?\s*(=|<=|>=|<|>|LIKE|BETWEEN|IN)\s*\(?"""
    r"""(?:\s*(?:%s|%\(\w+\)s)\s*(?:,|AND\b))*\s*$""",
    re.IGNORECASE,
)


# Several columns compared at once: ("a", "b") = (%s, %s).
_TOGETHER: Final = re.compile(
    r"""\(([\w."`\[\], ]+)\)\s*(=|<=|>=|<|>|IN)\s*\(+((?:(?:%s|\?)\s*,\s*)*)$""", re.IGNORECASE
)


def variation_of(groups: Sequence[Group]) -> Variation:  # noqa: PLR0911  # a table of answers
    """Return what varies in ``groups``, which have one shape and one place."""
    if any(_writes_many(group) for group in groups) or _asks_many(groups[0].query.sql):
        return Variation.BATCH
    if len(groups) > 1:
        return _between_texts([group.query.sql for group in groups])
    group = groups[0]
    if not group.varied:
        return Variation.REPEAT
    roles = roles_of(group.query.sql)
    varied = {roles[n][1] for n in group.varied if n < len(roles)}
    if varied and varied <= {"LIMIT", "OFFSET"}:
        return Variation.PAGE
    if varied == {"IN"}:
        is_batch = _LIST.search(group.query.sql) and not _FIGURE.match(group.query.sql)
        return Variation.BATCH if is_batch else Variation.LOOP
    if varied and varied <= {"<", ">", "<=", ">=", "BETWEEN"}:
        limit = _LIMIT.search(group.query.sql)
        bounds = len([n for n in group.varied if n < len(roles)])
        columns = {roles[n][0] for n in group.varied if n < len(roles)}
        # Windows of keys are chunks; of other columns, each is a question of its own.
        if (bounds > 1 and columns == {group.key}) or (limit and int(limit.group(2)) > 1):
            return Variation.PAGE
    return Variation.LOOP


def _writes_many(group: Group) -> bool:
    """Return whether a statement writes several rows; the last of a batch may write one."""
    sql, word = group.query.sql, group.query.word
    return bool(_ROWS.search(sql) or (word in {"UPDATE", "DELETE"} and _LIST.search(sql)))


def _asks_many(sql: str) -> bool:
    """Return whether rows are read by a list of keys of several columns."""
    return bool(_TUPLES.search(sql)) and not _FIGURE.match(sql)


def roles_of(sql: str) -> list[tuple[str, str]]:
    """Return for each placeholder its column and what it is compared by: ``("id", "=")``.

    Values of an INSERT have ``"VALUES"``, those that an UPDATE sets ``"SET"``.
    """
    roles = []
    where = re.search(r"\bWHERE\b", sql, re.IGNORECASE)
    is_update = sql.lstrip()[:6].upper() == "UPDATE"
    for found in PLACEHOLDER.finditer(sql):
        before = sql[max(0, found.start() - 2_000) : found.start()]
        compared = _COMPARED.search(before)
        column, role = compared.groups() if compared else _together(before)
        if is_update and (where is None or found.start() < where.start()):
            role = "SET"
        elif paging := _PAGING.search(before):
            role = paging[1]
        elif re.search(r"\bVALUES\s*\([^()]*$", before, re.IGNORECASE):
            role = "VALUES"
        roles.append((column, role.upper()))
    return roles


def _together(before: str) -> tuple[str, str]:
    """Return the column of a tuple that the placeholder after ``before`` is for."""
    found = _TOGETHER.search(before)
    if found is None:
        return "", ""
    columns, passed = found[1].split(","), found[3].count(",")
    if passed >= len(columns):
        return "", ""
    return columns[passed].rpartition(".")[2].strip(' "`[]'), found[2]


def _between_texts(texts: list[str]) -> Variation:
    """Return what varies where the texts themselves differ: lists, limits, or literals."""
    without_lists = {_ANY_LIST.sub("IN ()", text) for text in texts}
    if len(without_lists) == 1:
        # Rows are read in chunks; whether there are any, or how many, is asked of one thing each.
        return Variation.LOOP if _FIGURE.match(texts[0]) else Variation.BATCH
    if len({_LIMIT.sub(r"\1", text) for text in without_lists}) == 1:
        limits = {
            int(n) for text in texts for word, n in _LIMIT.findall(text) if word.upper() == "LIMIT"
        }
        return Variation.LOOP if limits == {1} else Variation.PAGE
    return Variation.LOOP
