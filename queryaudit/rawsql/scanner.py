"""Tell code from strings and comments in SQL text, as each database does.

What one database takes for the end of a string is a character of it to another, so the
text is scanned for the database that will run it: a second statement cannot hide.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple


class Sort(Enum):
    """What a stretch of SQL text is."""

    CODE = "code"
    QUOTED = "quoted"  # a string or a quoted name
    COMMENT = "comment"


class Stretch(NamedTuple):
    """A piece of the text from ``start`` to ``end``."""

    sort: Sort
    start: int
    end: int


# What follows an opening quote up to its end: doubled quotes stand for one, and where the
# database has them, backslashes take the next character's meaning away.
_PLAIN: Final = {
    quote: re.compile(rf"[^{quote}]*(?:{quote}{quote}[^{quote}]*)*{quote}") for quote in "'\"`"
}
_ESCAPED: Final = {
    quote: re.compile(rf"[^{quote}\\]*(?:(?:\\.|{quote}{quote})[^{quote}\\]*)*{quote}", re.DOTALL)
    for quote in "'\""
}
_LINE_END: Final = re.compile(r"[^\n]*")
_NESTED: Final = re.compile(r"/\*|\*/")
_DOLLAR: Final = re.compile(r"\$(?:[^\W\d]\w*)?\$")

_SQLITE: Final = re.compile(r"""['"`\[]|--|/\*""")
_POSTGRESQL: Final = re.compile(
    r"""(?P<escaped>(?<![\w$])[eE]')|['"]|--|/\*|(?<![\w$])\$(?:[^\W\d]\w*)?\$"""
)
# There -- begins a comment only before white space, and /*! ... */ is code.
_MYSQL: Final = re.compile(r"""['"`#]|--(?=[\s\x00-\x1f]|$)|/\*(?!M?!)""")
_OPENERS: Final = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL, "mysql": _MYSQL}


def scan(text: str, vendor: str) -> Iterator[Stretch]:
    """Yield the stretches of ``text``, one after the other, as ``vendor`` reads them."""
    openers = _OPENERS.get(vendor, _SQLITE)
    position = 0
    while (found := openers.search(text, position)) is not None:
        start = found.start()
        if found["escaped"] if "escaped" in openers.groupindex else None:
            start += 1  # the letter before the quote is code
        if start > position:
            yield Stretch(Sort.CODE, position, start)
        end = _end_of(text, start, found, vendor)
        is_comment = text[start] in "-#/"
        yield Stretch(Sort.COMMENT if is_comment else Sort.QUOTED, start, end)
        position = end
    if position < len(text):
        yield Stretch(Sort.CODE, position, len(text))


def _end_of(text: str, start: int, found: re.Match[str], vendor: str) -> int:
    """Return where what begins at ``start`` ends; the end of the text if it is left open."""
    first = text[start]
    if first in "-#":
        line = _LINE_END.match(text, start)
        return len(text) if line is None else line.end()
    if first == "/":
        return _end_of_comment(text, start + 2, is_nested=vendor == "postgresql")
    if first == "[":
        return text.find("]", start) + 1 or len(text)
    if first == "$":
        return (
            text.find(found[0], found.end()) + len(found[0])
            if found[0] in text[found.end() :]
            else len(text)
        )
    has_escapes = (vendor == "mysql" and first != "`") or (
        vendor == "postgresql" and found.start() < start
    )
    closing = (_ESCAPED if has_escapes else _PLAIN)[first].match(text, start + 1)
    return len(text) if closing is None else closing.end()


def _end_of_comment(text: str, position: int, *, is_nested: bool) -> int:
    depth = 1
    while depth:
        found = _NESTED.search(text, position)
        if found is None:
            return len(text)
        position = found.end()
        if found[0] == "*/":
            depth -= 1
        elif is_nested:
            depth += 1
        else:
            position -= 1  # "/*/" may end the comment that it does not begin
    return position
