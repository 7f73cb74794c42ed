"""What the code asks of a set beyond the relation: ``.filter(state="active").count()``.

Read from the source of the line that asks; SQL knows the values, not the names that the
site's developers would write.
"""

import ast
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple

from queryaudit.recording.events import AnyPlace, Place, TemplatePlace
from queryaudit.recording.lines import parse, text_of

# Calls that end a queryset; the rest of the chain is what can stand in a Prefetch.
_ENDS: Final = {
    *("count", "exists", "first", "last", "get", "earliest", "latest", "aggregate", "iterator"),
    *("acount", "aexists", "afirst", "alast", "aget", "aearliest", "alatest", "aaggregate"),
    *("aiterator", "contains", "acontains", "in_bulk"),
    *("delete", "adelete", "update", "aupdate"),
}
_GETS: Final = {"get", "aget"}
# What a Prefetch refuses; the loop reads attributes of its rows.
_SHAPES: Final = {"values", "values_list", "dates", "datetimes"}
# Whether the row that they take is the last of their order.
_NEWEST: Final = {"latest": True, "alatest": True, "earliest": False, "aearliest": False}
# Calls that change neither how many rows there are nor what they add up to.
_NEUTRAL: Final = {
    "all",
    "order_by",
    "select_related",
    "prefetch_related",
    "only",
    "defer",
    "using",
}


@dataclass(slots=True)
class Narrowing:
    """``code`` are the calls that narrow a queryset: ``.filter(state="active")``.

    ``conditions`` are the arguments of its filters, True for filter() and False for
    exclude(); ``is_known`` tells that these are all there is to it, ``is_complete`` that
    ``code`` says all and can stand on another line. ``aggregates`` are
    those of aggregate(): name, function and column; ``values`` what values() names,
    ``is_distinct`` whether each counts once.
    """

    code: str = ""
    conditions: list[tuple[bool, list[tuple[str, str]]]] = field(default_factory=list)
    is_known: bool = True
    is_complete: bool = True
    aggregates: list[tuple[str, str, str]] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    is_distinct: bool = False

    def forget(self, names: set[str]) -> None:
        """Leave out what depends on ``names``, which another line has not."""
        found = False
        for number, (is_filter, arguments) in enumerate(self.conditions):
            for index, (name, value) in enumerate(arguments):
                if not names.isdisjoint(re.findall(r"[A-Za-z_]\w*", value)):
                    arguments[index] = name, "..."
                    found = True
            self.conditions[number] = is_filter, arguments
        if found:
            self.is_known = self.is_complete = False
            self.code = "".join(
                f".{'filter' if is_filter else 'exclude'}("
                + ", ".join(argument(name, value) for name, value in arguments)
                + ")"
                for is_filter, arguments in self.conditions
            )

    def condition(self, prefix: str) -> str:
        """Return the filter of an aggregate over ``prefix``: ``Q(tracks__seconds__gt=60)``."""
        if not self.is_known and not self.conditions:
            return "Q(...)"
        return " & ".join(
            f"{'' if is_filter else '~'}Q("
            + ", ".join(argument(f"{prefix}__{name}", value) for name, value in arguments)
            + ")"
            for is_filter, arguments in self.conditions
        )


def narrowing_of(calls: str) -> Narrowing:
    """Return what ``calls``, as ``calls_after`` gives them, narrow a set to."""
    found = Narrowing()
    if not calls.startswith("."):
        found.is_known = found.is_complete = not calls
        return found
    try:
        node: Any = getattr(parse(f"x{calls}", "eval"), "body", None)
    except SyntaxError:
        found.is_known = False
        return found
    chain: list[ast.Call] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            chain.insert(0, node)
            node = node.func.value
        elif isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value
        else:
            found.is_known = False
            return found
    for call in chain:
        _add(found, call)
        if call.func.attr in _ENDS:  # type: ignore[attr-defined]
            break  # what follows is asked of the answer
    return found


def _add(found: Narrowing, call: ast.Call) -> None:
    name = call.func.attr  # type: ignore[attr-defined]
    arguments = ", ".join(ast.unparse(each) for each in [*call.args, *call.keywords])
    if name in _ENDS:
        if name in _NEWEST and arguments:
            turned = [_turned(each) if _NEWEST[name] else ast.unparse(each) for each in call.args]
            found.code += f".order_by({', '.join(turned)})"
        if name in _GETS and arguments:
            found.code += f".filter({arguments})"
            _add_condition(found, call, is_filter=True)
        if name in {"contains", "acontains"}:
            found.is_known = False  # of one row, which the queryset's line does not know
        if name in {"aggregate", "aaggregate"}:
            _add_aggregates(found, call)
        return
    found.is_distinct |= name == "distinct"
    if name in _SHAPES:
        found.values += [str(each.value) for each in call.args if isinstance(each, ast.Constant)]
        return
    if name != "all":
        found.code += f".{name}({arguments})"
    if name in {"filter", "exclude"}:
        _add_condition(found, call, is_filter=name == "filter")
    elif name not in _NEUTRAL | {"distinct"}:
        found.is_known = False


def _add_aggregates(found: Narrowing, call: ast.Call) -> None:
    """Note the aggregates of one call, as far as they name a plain column."""
    for name, value in [("", each) for each in call.args] + [
        (str(keyword.arg), keyword.value) for keyword in call.keywords
    ]:
        function = getattr(value, "func", None)
        called = getattr(function, "attr", getattr(function, "id", ""))
        arguments = getattr(value, "args", [])
        column = getattr(arguments[0], "value", None) if len(arguments) == 1 else None
        if called and isinstance(column, str) and not getattr(value, "keywords", []):
            found.aggregates.append((name or f"{column}__{called.lower()}", called, column))
        else:
            found.is_known = found.is_complete = False


def _turned(argument: ast.expr) -> str:
    """Return a field of ``latest()`` as ``order_by()`` puts its last row first."""
    name = getattr(argument, "value", None)
    if not isinstance(name, str):
        return ast.unparse(argument)
    return repr(name[1:] if name.startswith("-") else f"-{name}").replace("'", '"')


def _add_condition(found: Narrowing, call: ast.Call, *, is_filter: bool) -> None:
    arguments = [pair for keyword in call.keywords for pair in _pairs_of(keyword)]
    if call.args or any(name is None for name, _ in arguments):
        found.is_known = False
        return
    found.conditions.append((is_filter, [(str(name), value) for name, value in arguments]))


def _pairs_of(keyword: ast.keyword) -> list[tuple[str | None, str]]:
    """Return the names and values of one argument; ``**{"a,b": key}`` written out has several."""
    if keyword.arg is not None or not isinstance(keyword.value, ast.Dict):
        return [(keyword.arg, ast.unparse(keyword.value))]
    names = [getattr(key, "value", None) for key in keyword.value.keys]
    values = [ast.unparse(value) for value in keyword.value.values]
    return [
        (name if isinstance(name, str) else None, value)
        for name, value in zip(names, values, strict=True)
    ]


def argument(name: str, value: str) -> str:
    """Return a keyword argument as code; a name with commas needs ``**{"a,b": value}``."""
    return f"{name}={value}" if name.isidentifier() else f'**{{"{name}": {value}}}'


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


def narrowing_at(place: AnyPlace) -> Narrowing | None:
    """Return what the chain of calls that ``place`` ends asks for; None where no call is found."""
    if not isinstance(place, Place):
        return None
    calls = [inner for call in _calls_at(place) for inner in _within(call)]
    chains = [text for text in map(_after_manager, calls) if text]
    # What list() and its like are given counts, and not their own brackets.
    chains = [text for text in chains if text.startswith(".")] or chains
    return narrowing_of(max(chains, key=len)) if chains else None


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


_MANAGERS: Final = {"objects", "_default_manager", "_base_manager"}


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
