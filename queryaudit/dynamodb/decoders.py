"""Functions made for each model that turn items into instances, dicts and tuples.

They do what ``Model.from_raw_data`` does for the attributes of PynamoDB, in one expression a
row. Attributes of other classes are deserialized by themselves; a row that is not as
expected, and models that build their instances in a way of their own, take PynamoDB's way.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from json import JSONDecoder
from typing import Any, Final

from pynamodb import attributes as theirs
from pynamodb.attributes import Attribute, AttributeContainer
from pynamodb.models import Model

Item = dict[str, dict[str, Any]]
Decoder = Callable[[Iterable[Item]], list[Any]]

_scan = JSONDecoder().scan_once  # type: ignore[attr-defined]  # read by json.loads() as well
_NAMES: Final[dict[str, Any]] = {"scan": _scan, "fromiso": datetime.fromisoformat}
# What a class may have of its own, so that its instances are left to PynamoDB.
_OWN_WAYS: Final = (
    "__init__",
    "__new__",
    "__setattr__",
    "_instantiate",
    "_set_attributes",
    "_set_defaults",
    "deserialize",
)


# The expression that reads {"S": ...} of each class of PynamoDB: {v} is the value of its type.
_EXPRESSIONS: Final[dict[type, str]] = {
    theirs.UnicodeAttribute: "{v}",
    theirs.NumberAttribute: "scan({v}, 0)[0]",
    theirs.BooleanAttribute: "{v}",
    theirs.UnicodeSetAttribute: "set({v})",
    # PynamoDB's only format of dates; others are left to the attribute.
    theirs.UTCDateTimeAttribute: (
        '(fromiso(text) if (text := {v})[26:] == "+0000" else read_{n}(text))'
    ),
}
# Attributes that set themselves as any other does: their instances may be filled directly.
_PLAIN_SET: Final = Attribute.__set__


def _expression(number: int, attribute: Attribute[Any], names: dict[str, Any]) -> str | None:
    """Return the expression of one attribute of ``item``; None where only setattr() will do."""
    if type(attribute).__set__ is not _PLAIN_SET or isinstance(attribute, AttributeContainer):
        return None
    value = f"item[{attribute.attr_name!r}][{attribute.attr_type!r}]"
    made = _EXPRESSIONS.get(type(attribute))
    names[f"read_{number}"] = attribute.deserialize
    if made is None:
        made = "read_{n}({v})"
    return made.format(v=value, n=number)


@cache
def instances_decoder(model: Any) -> Decoder:
    """Return the function that makes instances of ``model``."""
    attributes = model.get_attributes()
    names: dict[str, Any] = {**_NAMES, "new": object.__new__, "cls": model}
    expressions = {
        name: _expression(number, attribute, names)
        for number, (name, attribute) in enumerate(attributes.items())
    }

    def slow(item: Item) -> Any:
        return model._instantiate(item)

    if (
        model._discriminator
        or None in expressions.values()
        or any(_defines(model, name) for name in _OWN_WAYS)
    ):
        return lambda items: [slow(item) for item in items]
    names["slow"] = slow
    always = [name for name, attribute in attributes.items() if not attribute.null]
    shown = ", ".join(f"{name!r}: {expressions[name]}" for name in always)
    lines = [
        "def decode(items):",
        "    rows = []",
        "    for item in items:",
        "        try:",
        f"            values = {{{shown}}}",
    ]
    for name, attribute in attributes.items():
        if name in always:
            continue
        # NULL, and another type, are for PynamoDB to read or to refuse.
        lines += [
            f"            if {attribute.attr_name!r} in item:",
            f"                values[{name!r}] = {expressions[name]}",
        ]
        if attribute.default is not None:
            names[f"default_{name}"] = attribute.default
            call = "()" if callable(attribute.default) else ""
            lines += [
                "            else:",
                f"                values[{name!r}] = default_{name}{call}",
            ]
    lines += [
        "        except (KeyError, TypeError, StopIteration):",
        "            rows.append(slow(item))",
        "            continue",
        "        row = new(cls)",
        "        row.attribute_values = values",
        "        rows.append(row)",
        "    return rows",
    ]
    return _made("\n".join(lines), names)


def _defines(model: Any, name: str) -> bool:
    """Return whether a class of the site has ``name``, which PynamoDB's model has as well."""
    found = getattr(model, name, None)
    return getattr(found, "__func__", found) is not getattr(
        getattr(Model, name, None), "__func__", getattr(Model, name, None)
    )


def _made(source: str, names: dict[str, Any]) -> Decoder:
    exec(compile(source, "<queryaudit.dynamodb decoder>", "exec"), names)  # noqa: S102  # repr()s
    return names["decode"]  # type: ignore[no-any-return]


@cache
def values_decoder(model: Any, fields: tuple[str, ...], shape: str) -> Decoder:
    """Return the function that makes dicts (``"values"``), tuples, or single values (``"flat"``).

    A value that an item lacks is None, as it is on an instance, or the attribute's default.
    """
    names: dict[str, Any] = dict(_NAMES)
    attributes = model.get_attributes()
    parts, careful = [], []
    for number, name in enumerate(fields):
        attribute = attributes[name]
        names[f"get_{number}"] = _getter(attribute)
        slow = f"get_{number}(item)"
        fast = _expression(number, attribute, names) or slow
        if attribute.null and fast is not slow:
            fast = f"({fast} if {attribute.attr_name!r} in item else {slow})"
        parts.append(fast)
        careful.append(slow)
    source = "\n".join(
        [
            "def decode(items):",
            "    try:",
            f"        return [{_row(shape, fields, parts)} for item in items]",
            "    except (KeyError, TypeError, StopIteration):",
            f"        return [{_row(shape, fields, careful)} for item in items]",
        ]
    )
    return _made(source, names)


def _row(shape: str, fields: tuple[str, ...], parts: list[str]) -> str:
    if shape == "flat":
        return parts[0]
    if shape == "values":
        pairs = zip(fields, parts, strict=True)
        return f"{{{', '.join(f'{name!r}: {part}' for name, part in pairs)}}}"
    return f"({', '.join(parts)},)"


def _getter(attribute: Attribute[Any]) -> Callable[[Item], Any]:
    """Return what reads one attribute as PynamoDB does: missing, NULL, of a wrong type."""
    default = attribute.default

    def get(item: Item) -> Any:
        stored = item.get(attribute.attr_name)
        if not stored or "NULL" in stored:
            return default() if callable(default) else default
        return attribute.deserialize(attribute.get_value(stored))

    return get
