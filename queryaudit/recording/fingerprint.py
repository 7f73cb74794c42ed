"""From an SQL text to its shape: literals, lists and spacing taken out.

Two statements that differ in values alone have one shape, and a shape holds no
value that somebody wrote into the text.
"""

import hashlib
import re
from functools import lru_cache
from typing import Final

from sqlparse import tokens
from sqlparse.lexer import tokenize

from queryaudit.recording.statements import cut

MAX_SHAPE: Final = 1_000  # characters kept

_ROWS = re.compile(r"(\([?, ]+\))(?:\s*,\s*\([?, ]+\))+")  # rows of one INSERT
_VALUES = (tokens.Literal, tokens.Name.Placeholder)


def shape_of(sql: str) -> str:
    """Return the shape of ``sql``; a longer one is cut, ends in ``...`` and a hash of the whole."""
    return _shape_of(cut(sql))


@lru_cache(maxsize=512)
def _shape_of(sql: str) -> str:
    parts: list[str] = []
    for kind, text in tokenize(sql):  # type: ignore[no-untyped-call]
        if kind in tokens.Whitespace or kind in tokens.Comment:
            if parts and parts[-1] != " ":
                parts.append(" ")
        elif kind in tokens.Error:  # a quote without an end: all that follows may be a value
            parts.append("?...")
            break
        elif any(kind in value for value in _VALUES) and kind is not tokens.String.Symbol:
            _append_value(parts)
        else:
            parts.append(text)
    shape = _ROWS.sub(r"\1", "".join(parts).strip())
    if len(shape) <= MAX_SHAPE:
        return shape
    # Wide models have a thousand characters of columns before the first condition.
    whole = hashlib.sha256(shape.encode()).hexdigest()[:8]
    return f"{shape[:MAX_SHAPE]}... #{whole}"


def _append_value(parts: list[str]) -> None:
    """Add ``?``, unless the list it belongs to has one already."""
    if "".join(parts[-3:]).endswith("?, "):
        del parts[-2:]
    elif parts[-2:] == ["?", ","]:
        parts.pop()
    elif parts[-1:] != ["?"]:
        parts.append("?")
