"""From a place in the recording to a line that a person can open, and to what identifies it."""

import ast
import linecache
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from queryaudit.recording.events import AnyPlace, TemplatePlace
from queryaudit.recording.owncode import relative

MAX_TEXT: Final = 100  # characters of a line that are shown


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a file. ``path`` is relative to its root of own code, with slashes.

    ``str()`` is ``"shop/views.py:17"``. ``file`` is the absolute path for editors,
    ``text`` what stands on the line, ``own`` False where it belongs to a package.
    """

    path: str
    line: int
    file: str = field(default="", compare=False)
    text: str = field(default="", compare=False)
    own: bool = field(default=True, compare=False)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def locate_use(place: AnyPlace) -> Location:
    """Return the line of a question: a template's line where a template asks."""
    if isinstance(place, TemplatePlace):
        return _location(place.path, place.line, own=place.own)
    return _location(place.code.co_filename, place.line, own=place.own)


def locate_queryset(place: AnyPlace) -> Location:
    """Return the line on which the expression of a queryset begins.

    Of a chain over several lines it is the line of the model, where a reader
    looks for it, not the line of the method that ran last.
    """
    if isinstance(place, TemplatePlace):
        return locate_use(place)
    filename = place.code.co_filename
    return _location(filename, _start_of_chain(filename, place.line), own=place.own)


def identify_queryset(place: AnyPlace) -> tuple[str, ...]:
    """Return what names a queryset's place and outlives edits above it.

    File within its root, qualified name of the function, normalised text of the
    line, and which of the equal lines of that function it is.
    """
    if isinstance(place, TemplatePlace):
        return place.name, place.text
    code, location = place.code, locate_queryset(place)
    text = _text(code.co_filename, location.line)
    first = code.co_firstlineno
    # Class bodies and modules begin with their first line too, so counting from
    # there tells equal lines of one body apart.
    equal = sum(_text(code.co_filename, line) == text for line in range(first, location.line))
    return location.path, code.co_qualname, text, str(equal)


def _location(filename: str, line: int, *, own: bool) -> Location:
    text = _text(filename, line)[:MAX_TEXT]
    return Location(relative(filename), line, str(Path(filename).resolve()), text, own)


def _text(filename: str, line: int) -> str:
    return " ".join(linecache.getline(filename, line).split())


def _start_of_chain(filename: str, line: int) -> int:
    """Return the first line of the method chain that has a call's name on ``line``."""
    return _chains(filename, _version(filename)).get(line, line)


def _version(filename: str) -> float:
    try:
        return Path(filename).stat().st_mtime
    except OSError:
        return 0.0


@lru_cache(maxsize=256)
def _chains(filename: str, version: float) -> dict[int, int]:  # noqa: ARG001  # a newer file is another key
    """Return for each line on which a chain goes on the line on which it began."""
    linecache.checkcache(filename)
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return {}
    starts: dict[int, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.end_lineno != node.lineno:
            starts[node.end_lineno or node.lineno] = min(
                node.lineno, starts.get(node.end_lineno or 0, node.lineno)
            )
    return starts
