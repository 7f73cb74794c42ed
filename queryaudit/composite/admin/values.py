"""Keys in links and as values of the admin's choices."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from queryaudit.composite.choices import CompositeKeyChoiceField
from queryaudit.composite.keys import Key
from queryaudit.hooks import composite_admin as hooks


def quote_keys(quote: Callable[..., Any]) -> Callable[..., Any]:
    """Quote a key in links as the text that it stands for."""

    @wraps(quote)
    def wrapper(s: Any) -> Any:
        return quote(str(s) if isinstance(s, Key) else s)

    return wrapper


def value_of(key: Any) -> str:
    """Return the value that stands for ``key``, a Key or its text, in a choice of the admin.

    It is the text, quoted as in links: Django's script puts the value chosen into the links
    beside the choice. The comma, which links may have, stays.
    """
    text: str = hooks.quote(str(key))
    return text.replace("_2C", ",")


def text_of(value: str) -> str:
    """Return the text of the key that a value of a choice, or of a link, stands for."""
    text: str = hooks.unquote(value)
    return text


class CompositeKeyAdminField(CompositeKeyChoiceField):
    """A choice of rows whose values may stand in links."""

    def prepare_value(self, value: Any) -> Any:
        """Return the value of a row, of its key, or of what was posted."""
        if isinstance(value, str):
            value = text_of(value)
        text = super().prepare_value(value)
        return value_of(text) if isinstance(text, str) else text

    def to_python(self, value: Any) -> Any:
        """Return the row."""
        return super().to_python(text_of(value) if isinstance(value, str) else value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether another row was chosen."""
        return super().has_changed(initial, self.prepare_value(data))


def give_value(serialize_result: Callable[..., Any]) -> Callable[..., Any]:
    """Offer a row to an autocomplete field by the value that the field reads."""

    @wraps(serialize_result)
    def wrapper(self: Any, obj: Any, to_field_name: str) -> Any:
        result = serialize_result(self, obj, to_field_name)
        key = getattr(obj, to_field_name)
        return {**result, "id": value_of(key)} if isinstance(key, Key) else result

    return wrapper
