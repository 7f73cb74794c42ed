"""From a place in the recording to a line that a person can open, and to what identifies it."""

import ast
import os
import re
import sys
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from queryaudit.recording.codes import position_of
from queryaudit.recording.events import AnyPlace, DeclaredPlace, Place, TemplatePlace
from queryaudit.recording.lines import line_at, parse, text_of
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
    if isinstance(place, DeclaredPlace):
        return locate_declaration(place.cls, *names_of(place))
    return _location(place.code.co_filename, place.line, own=place.own)


def names_of(place: DeclaredPlace) -> list[str]:
    """Return the names to look for in the class: a column of its list before any other text."""
    return [f"list_display.{place.detail}", place.detail]


def locate_declaration(cls: type, *names: str) -> Location:
    """Return the line of the class that assigns or mentions the first of ``names`` it has.

    The line of the class itself where it has none of them.
    """
    filename = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
    lines = _source(filename, _version(filename)).lines_of_class(cls.__qualname__)
    line = next((lines[name] for name in names if name in lines), lines.get("", 1))
    return _location(filename, line, own=True)


def locate_queryset(place: AnyPlace) -> Location:
    """Return the line on which the expression of a queryset begins.

    Of a chain over several lines it is the line of the model, where a reader
    looks for it, not the line of the method that ran last.
    """
    if isinstance(place, DeclaredPlace):
        place = place.package
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
    if isinstance(place, DeclaredPlace):
        return _identify_declaration(place)
    return _identify(place, locate_queryset(place))


def identify_use(place: AnyPlace) -> tuple[str, ...]:
    """Return what names the place of a question, in the same way."""
    if isinstance(place, TemplatePlace):
        return place.name, place.text
    if isinstance(place, DeclaredPlace):
        return _identify_declaration(place)
    return _identify(place, locate_use(place))


def _identify_declaration(place: DeclaredPlace) -> tuple[str, ...]:
    """Return what names a declaration: its file, class and the field it names."""
    return locate_declaration(place.cls).path, place.cls.__qualname__, place.detail


def function_of(place: Place) -> tuple[str, str]:
    """Return file and qualified name of the function that a place belongs to."""
    return place.code.co_filename, _COMPREHENSION.sub("", place.code.co_qualname)


def _identify(place: Place, location: Location) -> tuple[str, ...]:
    _, name = function_of(place)
    if not place.own:
        return location.path, name
    filename = place.code.co_filename
    text = _text(filename, location.line)
    source = _source(filename, _version(filename))
    equal = source.count_equal(text, source.function_start(location.line), location.line)
    return location.path, name, text, str(equal)


def location_of(filename: str, line: int) -> Location:
    """Return a line of a file of own code."""
    return _location(filename, line, own=True)


def _location(filename: str, line: int, *, own: bool) -> Location:
    text = _text(filename, line)[:MAX_TEXT]
    return Location(relative(filename), line, _resolved(filename), text, own)


@cache
def _resolved(filename: str) -> str:
    """Return the file for editors; what links lead to does not change while a process runs."""
    return "" if filename.startswith("<") else str(Path(filename).resolve())


def _text(filename: str, line: int) -> str:
    return " ".join(line_at(filename, line).split())


def _start_of_chain(place: Place) -> int:
    """Return the line on which the method chain of the place's call begins."""
    positions = position_of(place.code, place.lasti)
    if positions is None or positions[1] is None or positions[3] is None:
        return place.line
    filename = place.code.co_filename
    starts = _source(filename, _version(filename)).chain_starts
    start = starts.get((positions[1], positions[3]), place.line)
    # A class statement ends where the last call in it ends.
    return start if start <= (positions[0] or start) else place.line


def _version(filename: str) -> float:
    try:
        return os.stat(filename).st_mtime  # noqa: PTH116  # a Path takes four times as long to make
    except (OSError, ValueError):
        return 0.0


class _Source:
    """What a file's syntax tells: where chains of calls and functions begin."""

    def __init__(self, text: str) -> None:
        # The line of a chain's beginning, by line and column (in bytes) of a call's end.
        self.chain_starts: dict[tuple[int, int], int] = {}
        self._functions: list[tuple[int, int]] = []
        self._classes: dict[str, ast.ClassDef] = {}
        self._equal: defaultdict[str, list[int]] = defaultdict(list)  # lines by their text
        lines = text.split("\n")
        self._end = len(lines)
        for number, line in enumerate(lines, start=1):
            self._equal[" ".join(line.split())].append(number)
        try:
            tree = parse(text)
        except (SyntaxError, ValueError):
            return
        self._collect_classes(tree, "")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                end = node.end_lineno or node.lineno, node.end_col_offset or 0
                self.chain_starts[end] = node.lineno
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._functions.append((node.lineno, node.end_lineno or node.lineno))

    def _collect_classes(self, tree: ast.AST, prefix: str) -> None:
        for node in ast.iter_child_nodes(tree):
            if isinstance(node, ast.ClassDef):
                self._classes[prefix + node.name] = node
                self._collect_classes(node, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._collect_classes(node, f"{prefix}{node.name}.<locals>.")
            else:
                self._collect_classes(node, prefix)

    def lines_of_class(self, name: str) -> dict[str, int]:
        """Return the lines of what the class assigns or defines and, after these, of its texts.

        A text within an assignment stands under both: ``"list_display.user"``. Under
        ``""`` is the line of the class itself.
        """
        cls = self._classes.get(name)
        if cls is None:
            return {}
        lines = {"": cls.lineno}
        for node in cls.body:
            targets = node.targets if isinstance(node, ast.Assign) else [node]
            for target in targets:
                if isinstance(target, ast.AnnAssign):
                    target = target.target  # noqa: PLW2901
                called = getattr(target, "id", getattr(target, "name", None))
                if isinstance(called, str):
                    lines.setdefault(called, node.lineno)
                    for inner in ast.walk(node):
                        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                            lines.setdefault(f"{called}.{inner.value}", inner.lineno)
        for inner in ast.walk(cls):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                lines.setdefault(inner.value, inner.lineno)
        return lines

    def count_equal(self, text: str, first: int, line: int) -> int:
        """Return how many lines from ``first`` to before ``line`` have this text.

        Lines after the end have none: those of generated code, or of a file that is shorter now.
        """
        numbers = self._equal.get(text, [])
        after = 0 if text else max(0, line - max(first, self._end + 1))
        return bisect_left(numbers, line) - bisect_left(numbers, first) + after

    def function_start(self, line: int) -> int:
        """Return the first line of the innermost function around ``line``, else 1."""
        return max((start for start, end in self._functions if start <= line <= end), default=1)


@lru_cache(maxsize=256)
def _source(filename: str, version: float) -> _Source:  # noqa: ARG001  # a newer file is another key
    return _Source(text_of(filename, anew=True))
