"""The admin of a model with a key of several columns, or with references to such keys."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError

from queryaudit.composite.admin.base import CompositeKeyOptions
from queryaudit.composite.admin.changelist import CompositeKeyChangeList
from queryaudit.composite.admin.checks import CompositeKeyAdminChecks
from queryaudit.composite.admin.values import text_of, value_of
from queryaudit.composite.fields import CompositeKey
from queryaudit.composite.forms.declaring import replaced_columns
from queryaudit.composite.forms.models import CompositeKeyModelForm, names_of_key

_POPUP = "popup_response_data"


class CompositeKeyAdmin(CompositeKeyOptions, ModelAdmin):  # type: ignore[type-arg]
    """Django's ModelAdmin for rows with such keys or references.

    The key of a row that is there is shown and cannot be changed. With ``save_as`` it can, for
    the new row; saving the old one with another key is an error.
    """

    checks_class = CompositeKeyAdminChecks

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """Return the fields that are shown only, the key among them where there is a row."""
        names = [*super().get_readonly_fields(request, obj)]
        if obj is None or self.save_as:
            return names
        left_out = {*names, *(self.get_exclude(request, obj) or ())}
        if not self.fields and not self.fieldsets:
            left_out.update(replaced_columns(self.model, left_out))
        fixed = names_of_key(self.model) - left_out
        return [*names, *(field.name for field in self.opts.fields if field.name in fixed)]

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        """Return the fields, the key's first."""
        names = super().get_fields(request, obj)
        if self.fields:
            return names
        key = names_of_key(self.model)
        return sorted(names, key=lambda name: name not in key)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """Return the form, whose key can be changed where it may be saved as a new row."""
        form = super().get_form(request, obj, change, **kwargs)
        if self.save_as:
            form.disables_key = False  # type: ignore[attr-defined]
        return form

    def get_changelist(self, request: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        """Return the class of the list."""
        return CompositeKeyChangeList

    def get_changelist_form(self, request: Any, **kwargs: Any) -> Any:
        """Return the form of each row of a list that can be edited."""
        return super().get_changelist_form(request, **{"form": CompositeKeyModelForm, **kwargs})

    def response_action(self, request: Any, queryset: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what was chosen to be done; say so where a row that was chosen has no key."""
        to_python = self.opts.pk.to_python
        for text in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                to_python(text)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.WARNING)
                return None
        return super().response_action(request, queryset, *args, **kwargs)

    def response_add(self, request: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the form of a new row, in a popup with the value that the choice gets."""
        return self._give_values(super().response_add(request, obj, *args, **kwargs))

    def response_change(self, request: Any, obj: Any) -> Any:
        """Answer the form of a row, in a popup with the value that the choice has."""
        return self._give_values(super().response_change(request, obj))

    def response_delete(self, request: Any, obj_display: str, obj_id: Any) -> Any:
        """Answer a deletion, in a popup with the value that the choice loses."""
        return self._give_values(super().response_delete(request, obj_display, obj_id))

    def _give_values(self, response: Any) -> Any:
        told = getattr(response, "context_data", None) or {}
        if _POPUP in told and isinstance(self.opts.pk, CompositeKey):
            data = json.loads(told[_POPUP])
            if data.get("action") == "change":  # here it is what the link had
                data["value"] = text_of(data["value"])
            data |= {name: value_of(data[name]) for name in ("value", "new_value") if name in data}
            told[_POPUP] = json.dumps(data)
        return response
