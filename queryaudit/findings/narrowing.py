"""What the code asks of a set beyond the relation: ``.filter(state="active").count()``."""

import ast
import re
from dataclasses import dataclass, field
from typing import Any, Final

from queryaudit.findings.calls import chains_at
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.lines import parse

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


def narrowing_at(place: AnyPlace) -> Narrowing | None:
    """Return what the chain of calls that ``place`` ends asks for; None where no call is found."""
    chains = chains_at(place)
    return narrowing_of(max(chains, key=len)) if chains else None
