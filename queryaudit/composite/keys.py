"""A key of several columns as a value: a tuple that can be written as one text, and read again."""

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, Model
from django.utils.duration import duration_iso_string

from queryaudit.errors import CompositeKeyError

Fields = Sequence["Field[Any, Any]"]


class Key(tuple[Any, ...]):
    """The values of a key, in the order of its columns; ``str()`` is the key's text.

    A key that is not whole yet (a part is None) has no text and shows itself as a tuple.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return repr(self) if None in self else format_key(self)


def format_key(key: Iterable[Any]) -> str:
    r"""Return the text of a key: its parts joined by commas, ``1,JP``.

    Dates, times, UUIDs are in ISO form. A backslash stands before a comma or a backslash
    within a part, and before a bracket at the very beginning, so that any text can be a
    part. Raises CompositeKeyError where a part is None: such a row has no key yet.
    """
    parts = tuple(key)
    if None in parts:
        raise CompositeKeyError("a key", parts, "parts that are not None")
    text = ",".join([_escape(part if type(part) is str else _format(part)) for part in parts])
    return f"\\{text}" if text.startswith("[") else text


def _format(part: object) -> str:
    if isinstance(part, (date, datetime, time)):
        return part.isoformat()
    if isinstance(part, timedelta):
        return duration_iso_string(part)
    if isinstance(part, (bytes, memoryview)):
        return base64.b64encode(part).decode()
    return str(part)


def _escape(part: str) -> str:
    return part.replace("\\", "\\\\").replace(",", "\\,")


def parse_key(text: str, model: type[Model]) -> Key:
    """Return the key of ``model`` that ``text`` stands for, each part typed by its field.

    Reads what ``format_key`` writes, and Django's own JSON of such a key. Raises
    CompositeKeyError where the parts are too few, too many or of a wrong type.
    """
    return read_key(text, model._meta.pk_fields, f"{model._meta.label}.{model._meta.pk.name}")


def read_key(value: Any, fields: Fields, name: str) -> Key:
    """Return ``value``, a text or a sequence, as a key of ``fields``; ``name`` is for errors."""
    if isinstance(value, str):
        parts: Sequence[Any] = _split(value, fields, name)
    elif isinstance(value, (tuple, list)):
        parts = value
    else:
        raise CompositeKeyError(name, value, _allowed(fields))
    if len(parts) != len(fields):
        raise CompositeKeyError(name, value, _allowed(fields))
    return Key([_typed(part, field, name) for part, field in zip(parts, fields, strict=True)])


class KeySet(dict[Key, None]):
    """Keys that have been read, once each and in order; neither list nor tuple on purpose.

    Django looks for expressions in each part of each item of those.
    """


def read_keys(values: Iterable[Any], fields: Fields, name: str) -> KeySet:
    """Return all ``values`` as keys of ``fields``, read by the column."""
    if isinstance(values, KeySet):
        return values
    values = list(values)
    keys: Iterable[Key]
    try:
        keys = _read_columns(values, fields)
    except (ValidationError, ValueError, TypeError):  # a text among them, or one to be named
        keys = [read_key(value, fields, name) for value in values]
    return KeySet((key, None) for key in keys)


def _read_columns(values: list[Any], fields: Fields) -> Iterable[Key]:
    if not all(issubclass(type_, tuple) for type_ in set(map(type, values))):
        raise TypeError("not all are tuples")
    columns = zip(*values, strict=True)
    read = [_typed_column(column, field) for column, field in zip(columns, fields, strict=True)]
    return map(Key, zip(*read, strict=True))


def _typed_column(column: tuple[Any, ...], field: "Field[Any, Any]") -> Sequence[Any]:
    if any(hasattr(type_, "resolve_expression") for type_ in set(map(type, column))):
        return column
    return list(map(field.to_python, column))


def _typed(part: Any, field: "Field[Any, Any]", name: str) -> Any:
    if part is None or hasattr(part, "resolve_expression"):
        return part
    try:
        return field.to_python(part)
    except (ValidationError, ValueError, TypeError):
        allowed = f"a value of {type(field).__name__}"
        part_name = f"{name}, part {field.name},"
        raise CompositeKeyError(part_name, part, allowed) from None


def _allowed(fields: Fields) -> str:
    names = ", ".join(field.name for field in fields)
    return f"{len(fields)} parts ({names}), as a tuple or as text with commas"


def _split(text: str, fields: Fields, name: str) -> Sequence[Any]:
    if text.startswith("["):
        try:
            parts = json.loads(text)
        except ValueError:
            raise CompositeKeyError(name, text, _allowed(fields)) from None
        return parts  # type: ignore[no-any-return]  # a bracket begins a list
    if "\\" not in text:
        return text.split(",")
    parts, part = [], ""
    characters = iter(text)
    for character in characters:
        if character == ",":
            parts.append(part)
            part = ""
        else:
            part += next(characters, "") if character == "\\" else character
    return [*parts, part]
