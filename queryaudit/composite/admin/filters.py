"""Filtering a list by rows with keys of several columns."""

from typing import Any

from django.contrib.admin import FieldListFilter, RelatedFieldListFilter
from django.db.models import Count, Q

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
        """Return how many rows there are for each choice.

        Asked for column by column: Django cannot count by a condition on several in a
        subquery. And by numbers: a name in SQL has no spaces and quotes, as texts of keys have.
        """
        rows = changelist.get_queryset(self.request, exclude_parameters=self.expected_parameters())
        key: Any = get_model_from_relation(self.field)._meta.pk
        path, counted = self.field_path, changelist.pk_attname
        names = [field.attname for field in key.fields]
        texts = [text for text, _ in self.lookup_choices]
        conditions = {
            f"c{number}": Q(
                **{f"{path}__{n}": part for n, part in zip(names, key.read(text), strict=True)}
            )
            for number, text in enumerate(texts)
        }
        conditions["none"] = Q(**{f"{path}__{names[0]}__isnull": True})
        found = rows.aggregate(
            **{name: Count(counted, filter=condition) for name, condition in conditions.items()}
        )
        counts = {f"{text}__c": found[f"c{number}"] for number, text in enumerate(texts)}
        return {**counts, "__c": found["none"]}


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
