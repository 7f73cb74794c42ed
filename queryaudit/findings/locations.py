"""From a place in the recording to a line that a person can open, and to what identifies it."""

import ast
import linecache
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from queryaudit.recording.events import AnyPlace, Place, TemplatePlace
from queryaudit.recording.owncode import relative

MAX_TEXT: Final = 100  # characters of a line that are shown

# Python 3.12 runs comprehensions within their function (PEP 709), 3.11 beside it.
_COMPREHENSION = re.compile(r"\.<locals>\.<(?:list|set|dict)comp>")


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
    return _location(filename, _start_of_chain(place), own=place.own)


def identify_queryset(place: AnyPlace) -> tuple[str, ...]:
    """Return what names a queryset's place and outlives edits above it.

    File within its root, qualified name of the function, normalised text of the
    line, and which of the equal lines of that function it is. Of a package's place
    the text is left out: it is another one in the package's next version.
    """
    if isinstance(place, TemplatePlace):
        return place.name, place.text
    return _identify(place, locate_queryset(place))


def identify_use(place: AnyPlace) -> tuple[str, ...]:
    """Return what names the place of a question, in the same way."""
    if isinstance(place, TemplatePlace):
        return place.name, place.text
    return _identify(place, locate_use(place))


def _identify(place: Place, location: Location) -> tuple[str, ...]:
    name = _COMPREHENSION.sub("", place.code.co_qualname)
    if not place.own:
        return location.path, name
    filename = place.code.co_filename
    text = _text(filename, location.line)
    first = _source(filename, _version(filename)).function_start(location.line)
    equal = sum(_text(filename, line) == text for line in range(first, location.line))
    return location.path, name, text, str(equal)


def _location(filename: str, line: int, *, own: bool) -> Location:
    text = _text(filename, line)[:MAX_TEXT]
    file = "" if filename.startswith("<") else str(Path(filename).resolve())
    return Location(relative(filename), line, file, text, own)


def _text(filename: str, line: int) -> str:
    return " ".join(linecache.getline(filename, line).split())


def _start_of_chain(place: Place) -> int:
    """Return the line on which the method chain of the place's call begins."""
    positions = next(islice(place.code.co_positions(), place.lasti // 2, None), None)
    if positions is None or positions[1] is None or positions[3] is None:
        return place.line
    filename = place.code.co_filename
    starts = _source(filename, _version(filename)).chain_starts
    return starts.get((positions[1], positions[3]), place.line)


def _version(filename: str) -> float:
    try:
        return Path(filename).stat().st_mtime
    except OSError:
        return 0.0


class _Source:
    """What a file's syntax tells: where chains of calls and functions begin."""

    def __init__(self, text: str) -> None:
        # The line of a chain's beginning, by line and column (in bytes) of a call's end.
        self.chain_starts: dict[tuple[int, int], int] = {}
        self._functions: list[tuple[int, int]] = []
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                end = node.end_lineno or node.lineno, node.end_col_offset or 0
                self.chain_starts[end] = node.lineno
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._functions.append((node.lineno, node.end_lineno or node.lineno))

    def function_start(self, line: int) -> int:
        """Return the first line of the innermost function around ``line``, else 1."""
        return max((start for start, end in self._functions if start <= line <= end), default=1)


@lru_cache(maxsize=256)
def _source(filename: str, version: float) -> _Source:  # noqa: ARG001  # a newer file is another key
    linecache.checkcache(filename)
    return _Source("".join(linecache.getlines(filename)))
