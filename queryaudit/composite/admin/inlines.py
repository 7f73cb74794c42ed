"""Rows below a row: with keys of several columns, or with a reference to the row above."""

from typing import Any

from django.contrib.admin import StackedInline, TabularInline
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import InlineModelAdmin

from queryaudit.composite.admin.base import CompositeKeyOptions
from queryaudit.composite.admin.checks import CompositeKeyInlineChecks
from queryaudit.composite.forms.formsets import CompositeKeyInlineFormSet
from queryaudit.hooks.composite_admin import get_foreign_key


class _CompositeKeyInline(CompositeKeyOptions, InlineModelAdmin):  # type: ignore[type-arg]
    formset = CompositeKeyInlineFormSet
    checks_class = CompositeKeyInlineChecks
    parent_model: Any

    def get_exclude(self, request: Any, obj: Any = None) -> Any:
        """Return what is no field: the columns that the row above decides are none."""
        exclude = super().get_exclude(request, obj)
        reference = get_foreign_key(self)
        if not hasattr(reference, "columns_of"):
            return exclude
        meta = getattr(self.form, "_meta", None)
        given = exclude if exclude is not None else getattr(meta, "exclude", None)
        return [*(given or ()), *(column.name for column in reference.local_related_fields)]

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Return the formset; keys can be changed where all is saved as new rows."""
        formset = super().get_formset(request, obj, **kwargs)
        try:
            above = self.admin_site.get_model_admin(self.parent_model)
        except NotRegistered:
            return formset
        if above.save_as:
            formset.form.disables_key = False  # type: ignore[attr-defined]
        return formset


class CompositeKeyTabularInline(_CompositeKeyInline, TabularInline):  # type: ignore[type-arg]
    """Django's TabularInline for rows with such keys, or below a row with such a key."""


class CompositeKeyStackedInline(_CompositeKeyInline, StackedInline):  # type: ignore[type-arg]
    """Django's StackedInline for rows with such keys, or below a row with such a key."""
