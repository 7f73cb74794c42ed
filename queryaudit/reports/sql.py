"""An SQL text as HTML: broken into lines and coloured by sqlparse, within a bound."""

from contextlib import suppress
from typing import Final

import sqlparse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from sqlparse import tokens
from sqlparse.exceptions import SQLParseError
from sqlparse.lexer import tokenize

# sqlparse groups before it breaks lines, which takes a minute for a list of 2,000 values.
MAX_BROKEN: Final = 1_500  # characters of a text that is broken into lines
MAX_SHOWN: Final = 10_000  # characters of a text that is shown

_CLASSES: Final = (
    (tokens.Keyword, "keyword"),
    (tokens.Literal, "value"),
    (tokens.Name.Placeholder, "value"),
    (tokens.Comment, "comment"),
)


def render(sql: str) -> SafeString:
    """Return ``sql`` as HTML, every part of it escaped."""
    text = sql[:MAX_SHOWN]
    if len(text) <= MAX_BROKEN:
        with suppress(SQLParseError):  # a hundred brackets within each other
            text = sqlparse.format(text, reindent=True)
    parts = [_part(kind, value) for kind, value in tokenize(text)]  # type: ignore[no-untyped-call]
    if len(sql) > MAX_SHOWN:
        parts.append("...")
    return mark_safe("".join(parts))  # noqa: S308  # each part is escaped


def _part(kind: object, value: str) -> str:
    for token, name in _CLASSES:
        if kind in token:
            return f'<span class="qa-sql-{name}">{escape(value)}</span>'
    return escape(value)
