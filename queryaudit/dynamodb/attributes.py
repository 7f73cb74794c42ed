"""Attributes of pydjamodb, under its names."""

from queryaudit.dynamodb import requirement  # noqa: F401  # names the extra

# isort: split
from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import STRING

__all__ = ["BooleanUnicodeAttribute", "StringJoinAttribute"]


class StringJoinAttribute(Attribute[Any]):
    """Several values as one text, each written by an attribute of ``fields``.

    A value with the separator in it cannot be told apart when it is read, and is refused.
    """

    attr_type = STRING

    def __init__(
        self, fields: Sequence[Attribute[Any]], separator: str = "||", **options: Any
    ) -> None:
        super().__init__(**options)
        self._fields = fields
        self._separator = separator

    def serialize(self, value: Any) -> str:
        """Return the text; a text is taken as it is."""
        if isinstance(value, str):
            return value
        pairs = zip(value, self._fields, strict=True)
        parts = [str(field.serialize(one) or "") for one, field in pairs]
        for part in parts:
            if self._separator in part:
                msg = f"{part!r} holds the separator {self._separator!r} of {self.attr_name}"
                raise ValueError(msg)
        return self._separator.join(parts)

    def deserialize(self, value: str) -> list[Any]:
        """Return the values."""
        parts = zip(value.split(self._separator), self._fields, strict=True)
        return [field.deserialize(part) for part, field in parts]


class BooleanUnicodeAttribute(Attribute[bool]):
    """True or False as text, which a key can be."""

    attr_type = STRING

    def serialize(self, value: bool | None) -> str | None:  # noqa: FBT001  # PynamoDB's signature
        """Return ``"True"`` or ``"False"``."""
        return None if value is None else str(bool(value))

    def deserialize(self, value: str) -> bool:
        """Return the truth."""
        return value == "True"
