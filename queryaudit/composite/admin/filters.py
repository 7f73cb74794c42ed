"""Filtering a list by rows with keys of several columns."""

from typing import Any

from django.contrib.admin import FieldListFilter, RelatedFieldListFilter

from queryaudit.composite.fields import CompositeKey
from queryaudit.hooks.composite_admin import get_model_from_relation


def is_such_relation(field: Any) -> bool:
    """Return whether ``field`` leads to rows with keys of several columns."""
    return bool(field.remote_field) and isinstance(
        get_model_from_relation(field)._meta.pk, CompositeKey
    )


class CompositeKeyListFilter(RelatedFieldListFilter):
    """Django's filter by related rows, whose values in links are the texts of keys."""

    def __init__(
        self, field: Any, request: Any, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        # Django's own begins by asking for the one column that the relation leads to.
        step = "" if hasattr(field, "columns_of") else "__pk"
        self.lookup_kwarg = f"{field_path}{step}__exact"
        self.lookup_kwarg_isnull = f"{field_path}__isnull"
        self.lookup_val = params.get(self.lookup_kwarg)
        self.lookup_val_isnull = (params.get(self.lookup_kwarg_isnull) or [None])[-1]
        FieldListFilter.__init__(self, field, request, params, model, model_admin, field_path)
        self.lookup_choices = self.field_choices(field, request, model_admin)
        meta = get_model_from_relation(field)._meta
        self.title = self.lookup_title = str(getattr(field, "verbose_name", meta.verbose_name))
        self.empty_value_display = model_admin.get_empty_value_display()

    def field_choices(self, field: Any, request: Any, model_admin: Any) -> Any:
        """Return the rows to choose from: the texts of their keys, and their names."""
        choices = super().field_choices(field, request, model_admin)
        return [(str(key), label) for key, label in choices]

    def get_facet_queryset(self, changelist: Any) -> Any:
        """Return how many rows there are for each choice."""
        kept, numbers = self.lookup_choices, {}
        for number, (text, _) in enumerate(kept):
            numbers[text] = f"{number}__c"
        rows = changelist.get_queryset(self.request, exclude_parameters=self.expected_parameters())
        counted = self.get_facet_counts(changelist.pk_attname, rows)
        # Their names would be texts of keys, and a name in SQL has no spaces or quotes.
        named = {numbers.get(name.removesuffix("__c"), name): c for name, c in counted.items()}
        found = rows.aggregate(**named)
        return {name: found[numbers.get(name.removesuffix("__c"), name)] for name in counted}


class CompositeKeyRelatedOnlyListFilter(CompositeKeyListFilter):
    """The same, with those rows only that a row of the list belongs to."""

    def field_choices(self, field: Any, request: Any, model_admin: Any) -> Any:
        """Return the rows that are referred to."""
        rows = model_admin.get_queryset(request).order_by().distinct()
        keys = rows.values_list(f"{self.field_path}__pk", flat=True)
        ordering = self.field_admin_ordering(field, request, model_admin)
        choices = field.get_choices(
            include_blank=False,
            limit_choices_to={"pk__in": [key for key in keys if None not in key]},
            ordering=ordering,
        )
        return [(str(key), label) for key, label in choices]
