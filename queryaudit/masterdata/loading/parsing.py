"""Read the text of a file into items, each with its line."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from json.decoder import WHITESPACE  # type: ignore[attr-defined]  # what json itself skips
from typing import Any, NamedTuple

from queryaudit.errors import MissingExtraError


class Item(NamedTuple):
    """A row as it is written; ``line(name)`` is the line of one of its fields, or of the row."""

    data: Any
    line: Callable[[str], int]


class UnreadableError(ValueError):
    """The text cannot be read from ``line`` on."""

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line


class Cell(str):
    """A value of a CSV file, which knows no types: an empty one may stand for NULL."""

    __slots__ = ()


def read_yaml(text: str) -> Iterator[Item]:
    """Yield the items of a YAML list. Raises MissingExtraError where PyYAML is missing."""
    try:
        import yaml  # noqa: PLC0415  # an optional package
    except ImportError:
        raise MissingExtraError("reading YAML files of master data", "yaml") from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        root = loader.get_single_node()
        if root is None:
            raise UnreadableError("the file is empty; a list of rows is expected, [] for none", 1)
        if not isinstance(root, yaml.SequenceNode):
            raise UnreadableError("a list of rows is expected", _line_of(root))
        construct = _constructor(loader)
        for node in root.value:
            yield Item(construct(node), _yaml_lines(node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        text = ", ".join(part for part in (error.context, error.problem) if part)
        raise UnreadableError(f"broken YAML: {text}", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise UnreadableError(f"broken YAML: {error}") from None


def _constructor(loader: Any) -> Callable[[Any], Any]:
    """Return a function that makes values of nodes as ``loader`` does, in a third of its time.

    Plain mappings, lists and texts are made here, other scalars are made once for each text;
    what is less plain, the loader makes.
    """
    scalars: dict[tuple[str, str], Any] = {}

    def construct(node: Any) -> Any:
        tag = node.tag
        if tag == "tag:yaml.org,2002:str":
            return node.value
        if tag == "tag:yaml.org,2002:map":
            if any(name.tag != "tag:yaml.org,2002:str" for name, _ in node.value):
                return loader.construct_object(node, deep=True)  # << or numbers
            found = {name.value: construct(value) for name, value in node.value}
            if len(found) != len(node.value):
                twice = _twice(node)
                raise UnreadableError(f"{twice.value!r} stands twice in one row", _line_of(twice))
            return found
        if tag == "tag:yaml.org,2002:seq":
            return [construct(value) for value in node.value]
        if tag not in _IMMUTABLE:
            return loader.construct_object(node, deep=True)
        known = (tag, node.value)
        if known not in scalars:
            scalars[known] = _scalar(loader, node)
        return scalars[known]

    return construct


def _scalar(loader: Any, node: Any) -> Any:
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:  # 2025-02-30
        raise UnreadableError(f"broken YAML: {error}", _line_of(node)) from None


_IMMUTABLE = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp")}


def _twice(node: Any) -> Any:
    """Return the second of the equal names of a mapping."""
    known: set[str] = set()
    for name, _ in node.value:
        if name.value in known:
            return name
        known.add(name.value)
    return node


def _line_of(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _yaml_lines(node: Any) -> Callable[[str], int]:
    def line(field: str) -> int:
        found = node
        if field and node.id == "mapping":
            below = {name.value: value for name, value in node.value}
            for name, _ in getattr(below.get("fields"), "value", ()):
                if name.value == field:
                    found = name
        return _line_of(found)

    return line


def read_json(text: str) -> Iterator[Item]:
    """Yield the items of a JSON list."""
    decoder = json.JSONDecoder(object_pairs_hook=_once)
    position = WHITESPACE.match(text, 0).end()
    if position == len(text):
        raise UnreadableError("the file is empty; a list of rows is expected, [] for none", 1)
    if text[position] != "[":
        raise UnreadableError("a list of rows is expected", _line(text, position))
    position = WHITESPACE.match(text, position + 1).end()
    lines, counted = 1, 0
    while text[position : position + 1] != "]":
        lines, counted = lines + text.count("\n", counted, position), position
        try:
            data, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise UnreadableError(f"broken JSON: {error.msg}", error.lineno) from None
        except UnreadableError as error:
            raise UnreadableError(str(error), lines) from None
        yield Item(data, _json_lines(text, position, end, lines))
        position = WHITESPACE.match(text, end).end()
        if text[position : position + 1] == ",":
            position = WHITESPACE.match(text, position + 1).end()
            if text[position : position + 1] != "]":
                continue
        elif text[position : position + 1] == "]":
            continue
        raise UnreadableError("broken JSON: a comma and a row, or ], expected", _line(text, end))
    rest = WHITESPACE.match(text, position + 1).end()
    if rest != len(text):
        raise UnreadableError("broken JSON: something stands after the list", _line(text, rest))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableError(f"{twice!r} stands twice in one row")
    return found


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _json_lines(text: str, start: int, end: int, first: int) -> Callable[[str], int]:
    def line(field: str) -> int:
        fields = text.find('"fields"', start, end)
        at = text.find(f'"{field}"', fields, end) if field and fields >= 0 else -1
        return first + (text.count("\n", start, at) if at >= 0 else 0)

    return line


def read_csv(text: str) -> Iterator[Item]:
    """Yield the rows of a CSV file as items; ``pk`` and ``[remove]`` may be columns."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] | None = None
    last = 0
    try:
        for cells in reader:
            first, last = last + 1, reader.line_num
            if not cells:
                continue
            if names is None:
                names = [cell.strip() for cell in cells]
                if len(set(names)) != len(names) or "" in names:
                    raise UnreadableError("the header names a field twice, or none", first)
            elif len(cells) != len(names):
                msg = f"{len(cells)} cells, and the header names {len(names)} fields"
                raise UnreadableError(msg, first)
            else:
                yield Item(_csv_item(names, cells), lambda _, line=first: line)  # type: ignore[misc]
    except csv.Error as error:
        raise UnreadableError(f"broken CSV: {error}", reader.line_num) from None
    if names is None:
        raise UnreadableError("the file is empty; a header of field names is expected", 1)


def _csv_item(names: list[str], cells: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: Cell(cell) for name, cell in zip(names, cells, strict=True)}
    item: dict[str, Any] = {"fields": fields}
    removed = fields.pop("[remove]", Cell())
    if removed:
        if removed.lower() != "true":
            msg = f"[remove] is {str(removed)!r}; allowed: true, or nothing"
            raise UnreadableError(msg)
        item["remove"] = True
        item["fields"] = {name: cell for name, cell in fields.items() if cell}
    if "pk" in fields:
        pk = item["fields"].pop("pk", Cell())
        if pk:
            item["pk"] = pk
    return item


READERS: dict[str, Callable[[str], Iterator[Item]]] = {
    "yaml": read_yaml,
    "yml": read_yaml,
    "json": read_json,
    "csv": read_csv,
}
