"""Which calls stand in the source of the line that asks, and which loops around it.

SQL knows the values, not the names that the site's developers would write.
"""

import ast
import re
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from queryaudit.recording.events import AnyPlace, Place, TemplatePlace
from queryaudit.recording.lines import parse, text_of

_MANAGERS: Final = {"objects", "_default_manager", "_base_manager"}


def calls_after(place: AnyPlace, name: str) -> str:
    """Return the calls after the attribute ``name`` on the line of ``place``; "" for none."""
    if isinstance(place, TemplatePlace):
        found = re.search(rf"\b{re.escape(name)}((?:\.\w+)+)", place.text)
        return "" if found is None else "".join(f".{one}()" for one in found[1].split(".")[1:])
    if not isinstance(place, Place):
        return ""
    calls = [inner for call in _calls_at(place) for inner in _within(call)]
    texts = {text for text in (_calls_of(call, name) for call in calls) if text}
    # Calls of one chain begin alike; of several chains nobody can say which one it was.
    longest = max(texts, key=len, default="")
    return longest if all(longest.startswith(text) for text in texts) else "?"


def _calls_of(call: ast.Call, name: str) -> str:
    """Return the calls after the attribute ``name`` in one chain."""
    inner: ast.expr = call
    while isinstance(inner, ast.Call | ast.Attribute | ast.Subscript):
        if isinstance(inner, ast.Attribute) and inner.attr == name:
            return ast.unparse(call).removeprefix(ast.unparse(inner))
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return ""


def _calls_at(place: Place) -> list[ast.Call]:
    """Return the calls that end where the place's instruction ends, else those on its line."""
    positions = next(islice(place.code.co_positions(), place.lasti // 2, None), None)
    end = (None, None) if positions is None else (positions[1], positions[3])
    on_line = [
        call
        for call in _syntax(text_of(place.code.co_filename)).calls
        if call.lineno <= place.line <= (call.end_lineno or 0)
    ]
    return [call for call in on_line if (call.end_lineno, call.end_col_offset) == end] or on_line


def call_at(place: AnyPlace) -> ast.Call | None:
    """Return the call of a method that ends at ``place``; None where no one call is found."""
    if not isinstance(place, Place):
        return None
    calls = [call for call in _calls_at(place) if isinstance(call.func, ast.Attribute)]
    return calls[0] if len(calls) == 1 else None


def loop_names(place: AnyPlace) -> set[str]:
    """Return the names that loops around ``place`` bind: the queryset's line has none of them."""
    if not isinstance(place, Place):
        return set()
    return {
        name
        for start, end, names in _syntax(text_of(place.code.co_filename)).loops
        if start <= place.line <= end
        for name in names
    }


def chains_at(place: AnyPlace) -> list[str]:
    """Return the chains of calls that ``place`` ends, without what they begin with."""
    if not isinstance(place, Place):
        return []
    calls = [inner for call in _calls_at(place) for inner in _within(call)]
    chains = [text for text in map(_after_manager, calls) if text]
    # What list() and its like are given counts, and not their own brackets.
    return [text for text in chains if text.startswith(".")] or chains


def _within(call: ast.Call) -> list[ast.Call]:
    """Return a call, or those that a plain function is given: ``list(rows.filter())``."""
    if not isinstance(call.func, ast.Name):
        return [call]
    given = [node for each in call.args for node in ast.walk(each) if isinstance(node, ast.Call)]
    return given or [call]


def _after_manager(call: ast.Call) -> str:
    """Return the calls after ``Model.objects``, or after the name that a chain begins with."""
    inner: ast.expr = call
    while isinstance(inner, ast.Call | ast.Attribute | ast.Subscript):
        below = inner.func if isinstance(inner, ast.Call) else inner.value
        is_manager = isinstance(inner, ast.Attribute) and inner.attr in _MANAGERS
        if is_manager or isinstance(below, ast.Name):
            start = inner if is_manager else below
            return ast.unparse(call).removeprefix(ast.unparse(start))
        inner = below
    return ""


class _Syntax(NamedTuple):
    """The calls of a file, and its loops: first line, last line, names that they bind."""

    calls: list[ast.Call]
    loops: list[tuple[int, int, list[str]]]


@lru_cache(maxsize=8)  # the trees of a thousand lines take some megabytes
def _syntax(source: str) -> _Syntax:
    found = _Syntax([], [])
    try:
        tree = parse(source)
    except (SyntaxError, ValueError):
        return found
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Call):
            found.calls.append(node)
        elif isinstance(node, ast.For | ast.AsyncFor):
            targets = [node.target]
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            targets = [generator.target for generator in node.generators]
        names = [n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]
        if names:
            found.loops.append((node.lineno, node.end_lineno or node.lineno, names))  # type: ignore[attr-defined]
    return found
