"""The list of rows with keys of several columns, or with references to them."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey
from django.urls import reverse

from queryaudit.hooks.composite_admin import ChangeList, quote


class CompositeKeyChangeList(ChangeList):
    """Django's list, with links by the text of keys, and references read with the rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Facets count rows by this column; Django has no count of several.
        self.pk_attname = self.lookup_opts.pk_fields[0].attname

    def url_for_result(self, result: Any) -> str:
        """Return the link to a row."""
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_change",
            args=(quote(str(result.pk)),),
            current_app=self.model_admin.admin_site.name,
        )

    def get_ordering(self, request: Any, queryset: Any) -> list[Any]:
        """Return what the list is ordered by, with the columns of a key in its place.

        Django's SELECT DISTINCT writes the order of several columns into the list of columns.
        """
        ordering: list[Any] = []
        for part in super().get_ordering(request, queryset):
            if part in ("pk", "-pk"):
                sign = part.removesuffix("pk")
                ordering += [sign + field.attname for field in self.lookup_opts.pk_fields]
            else:
                ordering.append(part)
        return ordering

    def apply_select_related(self, qs: Any) -> Any:
        """Read the rows that the columns of the list show, unless the admin says which."""
        shown = [field for field in map(self._field, self.list_display) if field]
        if self.list_select_related is False and any(hasattr(f, "columns_of") for f in shown):
            return qs.select_related(*[field.name for field in shown])
        return super().apply_select_related(qs)

    def _field(self, name: Any) -> Any:
        """Return the reference or foreign key of that name, if it is one."""
        try:
            field = self.lookup_opts.get_field(name) if isinstance(name, str) else None
        except FieldDoesNotExist:
            return None
        is_one = isinstance(field, ForeignKey) or hasattr(field, "columns_of")
        return field if is_one and field and field.name == name else None
