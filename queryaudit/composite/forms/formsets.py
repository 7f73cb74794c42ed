"""Inline formsets whose rows have keys of several columns, or parents with such keys."""

from typing import Any

from django.forms import BaseInlineFormSet


class CompositeKeyInlineFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Django's inline formset that leaves to the parent what the parent decides.

    The columns of a reference to the parent are no fields of the forms, and choices are those
    that fit the parent.
    """

    fk: Any

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add the fields for key and parent, and take those away that the parent decides."""
        super().add_fields(form, index)
        for column in getattr(self.fk, "local_related_fields", ()):
            if column is not self.fk:
                form.fields.pop(column.name, None)
        if hasattr(form, "narrow_choices"):
            form.narrow_choices()
