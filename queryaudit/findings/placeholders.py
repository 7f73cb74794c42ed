"""Which column each placeholder of a statement is compared with or written to.

For masking: what is not known beyond doubt is not known at all.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from sqlparse import tokens
from sqlparse.lexer import tokenize

SAFE: Final = ""  # a LIMIT, an OFFSET: no column's value

PLACEHOLDER: Final = re.compile(r"%s|%\(\w+\)s")
_COMPARISONS: Final = {
    *("=", "<>", "!=", "<", "<=", ">", ">=", "~", "~*", "!~", "!~*"),
    *("LIKE", "ILIKE", "IS", "REGEXP", "GLOB", "NOT LIKE", "NOT ILIKE", "IS NOT"),
}
# What may stand before the column of a condition; after anything else it is part of more.
_BEFORE: Final = {"WHERE", "AND", "OR", "NOT", "ON", "SET", "HAVING", "WHEN", "(", ","}
_IDENTIFIER: Final = re.compile(r'"[^"]+"|`[^`]+`|\[[^\]]+\]|[^\W\d]\w*')
_RESERVED: Final = {"NOT", "AND", "OR", "WHERE", "NULL", "IN", "SELECT", "VALUES", "DEFAULT"}


@lru_cache(maxsize=256)
def columns_of(sql: str) -> tuple[str | None, ...]:
    """Return the column of each placeholder in order, ``SAFE``, or None where it is not known."""
    words = [
        text
        for kind, text in tokenize(sql)  # type: ignore[no-untyped-call]
        if kind not in tokens.Whitespace and kind not in tokens.Comment
    ]
    inserted = _inserted(words)
    return tuple(
        inserted[index] if index in inserted else _compared(words, index)
        for index, word in enumerate(words)
        if PLACEHOLDER.fullmatch(word)
    )


def names_of(sql: str) -> list[str]:
    """Return the names of the placeholders in order, "" for those without."""
    return [found[2:-2] for found in PLACEHOLDER.findall(sql)]


def holds_values(sql: str) -> bool:
    """Return whether values stand in the text itself, or may: strings, numbers, comments."""
    before = ""
    for kind, text in tokenize(sql):  # type: ignore[no-untyped-call]
        if kind in tokens.Whitespace:
            continue
        if kind in tokens.Comment or kind in tokens.Error:
            return True
        is_number = kind in tokens.Literal.Number and before in {"LIMIT", "OFFSET", "SELECT"}
        if kind in tokens.Literal and kind is not tokens.String.Symbol and not is_number:
            return True
        before = text.upper()
    # MySQL and SQLite take "..." for a string where it is compared; $$ is PostgreSQL's quote.
    return "$$" in sql or _QUOTED_VALUE.search(sql) is not None


_QUOTED_VALUE: Final = re.compile(
    r'(?:[=<>~]|\bLIKE\b|\bIN\s*\(|,)\s*"[^"]*"(?!\s*[.,]|\s+(?:AS|FROM)\b)', re.IGNORECASE
)


def _inserted(words: Sequence[str]) -> dict[int, str | None]:
    """Return the columns of the placeholders that stand among the VALUES of an INSERT."""
    upper = [word.upper() for word in words]
    if "INSERT" not in upper[:1] or "VALUES" not in upper:
        return {}
    values = upper.index("VALUES")
    names = _names(words[:values])
    found: dict[int, str | None] = {}
    item: list[int] = []
    row: list[list[int]] = []
    depth = 0
    for index in range(values + 1, len(words)):
        word = words[index]
        if depth == 0 and word not in {"(", ","}:
            break  # RETURNING, ON CONFLICT
        depth += (word == "(") - (word == ")")
        if (word == "," and depth == 1) or (word == ")" and depth == 0):
            row.append(item)
            item = []
        elif not (word == "(" and depth == 1) and depth:
            item.append(index)
        if word == ")" and depth == 0:
            found |= _of_row(words, row, names)
            row = []
    return found


def _of_row(words: Sequence[str], row: list[list[int]], names: list[str]) -> dict[int, str | None]:
    fits = len(row) == len(names)
    return {
        index: names[number] if fits and len(item) == 1 else None
        for number, item in enumerate(row)
        for index in item
        if PLACEHOLDER.fullmatch(words[index])
    }


def _names(words: Sequence[str]) -> list[str]:
    """Return the columns that an INSERT names; none where they are not plain names."""
    if "(" not in words or words[-1] != ")":
        return []
    listed = words[words.index("(") + 1 : -1]
    names, commas = listed[::2], listed[1::2]
    if any(comma != "," for comma in commas) or not all(map(_IDENTIFIER.fullmatch, names)):
        return []
    return [_bare(name) for name in names]


def _compared(words: Sequence[str], index: int) -> str | None:
    """Return the column that the placeholder at ``index`` is compared with."""
    upper = [word.upper() for word in words[: index + 2]]
    before = upper[index - 1] if index else ""
    if before in {"LIMIT", "OFFSET"} or (before == "SELECT" and upper[index + 1 :] == ["AS"]):
        return SAFE
    if before in {"(", ","}:
        at = _before_list(words, upper, index - 1)
    elif before == "AND" and upper[index - 3 : index - 2] == ["BETWEEN"]:
        at = index - 4
    elif before == "BETWEEN" or before in _COMPARISONS:
        at = index - 2
    else:
        return None
    if at > 0 and upper[at] == "NOT":  # LIKE, BETWEEN
        at -= 1
    if at > 1 and words[at - 1] == "::":  # a cast, as PostgreSQL's LIKE has
        at -= 2
    return _column_at(words, upper, at)


def _before_list(words: Sequence[str], upper: Sequence[str], at: int) -> int:
    """Return where the column of a list of placeholders ends; -1 where it is no list of IN."""
    while at > 0 and (upper[at] == "," or PLACEHOLDER.fullmatch(words[at])):
        at -= 1
    if upper[at] != "(":
        return -1
    if upper[at - 2 : at] == ["=", "ANY"]:
        return at - 3
    return at - 2 if upper[at - 1] in {"IN", "NOT IN"} else -1


def _column_at(words: Sequence[str], upper: Sequence[str], at: int) -> str | None:
    """Return the column whose name ends at ``at``, if nothing else is done with it."""
    if at < 0 or not _IDENTIFIER.fullmatch(words[at]) or upper[at] in _RESERVED:
        return None
    start = at
    while start > 1 and words[start - 1] == "." and _IDENTIFIER.fullmatch(words[start - 2]):
        start -= 2
    return _bare(words[at]) if start > 0 and upper[start - 1] in _BEFORE else None


def _bare(name: str) -> str:
    return name[1:-1] if name[:1] in {'"', "`", "["} else name
