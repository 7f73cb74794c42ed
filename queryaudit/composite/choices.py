"""Choosing a row by its key of several columns in a form."""

from typing import Any

from django.forms import ModelChoiceField

from queryaudit.composite.keys import Key


class CompositeKeyChoiceField(ModelChoiceField):  # type: ignore[type-arg]
    """A choice of rows whose values are the texts of their keys.

    Widgets take a tuple, which such a key is, for several values.
    """

    def prepare_value(self, value: Any) -> Any:
        """Return the text of a row or of its key; nothing for a key that is not whole."""
        if hasattr(value, "_meta"):
            value = value.pk
        if isinstance(value, (tuple, list)):
            return None if None in value else str(Key(value))
        return value

    def to_python(self, value: Any) -> Any:
        """Return the row; raise ValidationError where there is none that may be chosen."""
        if isinstance(value, (tuple, list)):
            value = None if None in value else str(Key(value))
        return super().to_python(value)
