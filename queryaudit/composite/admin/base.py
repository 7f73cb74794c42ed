"""What the admin of a model and its inlines have in common."""

import json
from typing import Any

from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import BaseModelAdmin, get_content_type_for_model
from django.urls import reverse

from queryaudit.composite.admin.values import CompositeKeyAdminField
from queryaudit.composite.admin.widgets import (
    CompositeKeyAutocompleteSelect,
    CompositeKeyRawIdWidget,
)
from queryaudit.composite.forms.models import CompositeKeyModelForm
from queryaudit.composite.keys import Key
from queryaudit.hooks.composite_admin import RelatedFieldWidgetWrapper

_PERMISSIONS = ("add", "change", "delete", "view")


class CompositeKeyOptions(BaseModelAdmin):  # type: ignore[type-arg]
    """Form fields for references as Django's admin has them for foreign keys."""

    form: Any = CompositeKeyModelForm
    admin_site: Any

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the form field; for a reference with the links to add and change rows."""
        if not hasattr(db_field, "columns_of"):
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        kwargs = {**self.formfield_overrides.get(type(db_field), {}), **kwargs}
        field = self.formfield_for_foreignkey(db_field, request, **kwargs)
        if field and db_field.name not in self.raw_id_fields:
            self._add_links(field, db_field, request)
        return field

    def _add_links(self, field: Any, db_field: Any, request: Any) -> None:
        try:
            related = self.admin_site.get_model_admin(db_field.remote_field.model)
        except NotRegistered:
            allowed = {}
        else:
            allowed = {
                f"can_{name}_related": getattr(related, f"has_{name}_permission")(request)
                for name in _PERMISSIONS
            }
        field.widget = RelatedFieldWidgetWrapper(
            field.widget, db_field.remote_field, self.admin_site, **allowed
        )

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the form field for a reference, with the widget that the admin names."""
        if hasattr(db_field, "columns_of"):
            using = kwargs.get("using")
            is_raw = db_field.name in self.raw_id_fields
            if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
                kwargs["widget"] = CompositeKeyAutocompleteSelect(
                    db_field, self.admin_site, using=using
                )
            elif "widget" not in kwargs and is_raw:
                kwargs["widget"] = CompositeKeyRawIdWidget(
                    db_field.remote_field, self.admin_site, using=using
                )
            if not is_raw:  # there the user types the text
                kwargs.setdefault("form_class", CompositeKeyAdminField)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Return the link to the row's page on the site."""
        has_own = callable(self.view_on_site) or not self.view_on_site
        if obj is None or has_own or not hasattr(obj, "get_absolute_url"):
            return super().get_view_on_site_url(obj)
        text = str(obj.pk)
        if isinstance(obj.pk, Key) and ("/" in text or not text.isprintable()):
            # Django's address takes no line break, and parts of it at the last slash.
            text = json.dumps([str(part) for part in obj.pk]).replace("/", "\\u002f")
        return reverse(
            "admin:view_on_site",
            kwargs={"content_type_id": get_content_type_for_model(obj).pk, "object_id": text},
            current_app=self.admin_site.name,
        )
