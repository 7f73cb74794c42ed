"""What sort of statement an SQL text is, by its first word."""

import re
from enum import Enum
from typing import Final

MAX_TEXT: Final = 10_000  # characters kept of a text: a list of 2,000 ids has no more to tell

CUT: Final = " ..."  # how a text ends that was longer

_COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)+", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_TRANSACTION: Final = {"BEGIN", "START", "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK"}
_SESSION: Final = {"SET", "SHOW", "USE", "RESET"}
# The toolbar keeps its history in this table when it is told to use a database.
TOOLBAR_TABLE: Final = "debug_toolbar_historyentry"


class Sort(Enum):
    """What a statement counts as."""

    QUERY = "query"  # reads or writes rows or schema
    TRANSACTION = "transaction"
    UNCOUNTED = "uncounted"  # settings of the session, and the toolbar's own


def sort_of(sql: str) -> tuple[Sort, str]:
    """Return the sort of a statement and its first word in capitals, comments passed over."""
    if sql.startswith("SELECT ") and TOOLBAR_TABLE not in sql:  # most of them
        return Sort.QUERY, "SELECT"
    comment = _COMMENTS.match(sql)
    start = comment.end() if comment else 0
    found = _WORD.match(sql, start)
    word = found.group().upper() if found else ""
    if word in _TRANSACTION:
        return Sort.TRANSACTION, word
    # PRAGMA name(...) reads the schema, PRAGMA name = value sets the session.
    is_setting = word in _SESSION or (word == "PRAGMA" and "(" not in sql[start : start + 100])
    if is_setting or TOOLBAR_TABLE in sql:
        return Sort.UNCOUNTED, word
    return Sort.QUERY, word


def cut(sql: str) -> str:
    """Return the beginning of a long text, without the string literal that the cut went through."""
    if len(sql) <= MAX_TEXT:
        return sql
    start = sql[:MAX_TEXT]
    for quote in ("'", "$$"):
        if start.count(quote) % 2:
            start = start[: start.rindex(quote)]
    return start + CUT
