"""What of an admin's options does not fit keys of several columns, told at start."""

from typing import Any

from django.contrib.admin import RelatedOnlyFieldListFilter
from django.contrib.admin.exceptions import NotRegistered
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist

from queryaudit.composite.admin.filters import is_such_relation
from queryaudit.composite.fields import CompositeKey
from queryaudit.composite.forms.formsets import CompositeKeyInlineFormSet
from queryaudit.composite.forms.models import CompositeKeyModelForm, names_of_key
from queryaudit.composite.references import references_of
from queryaudit.hooks.composite_admin import (
    InlineModelAdminChecks,
    ModelAdminChecks,
    get_foreign_key,
)

_MODULE = "queryaudit.composite"


def _error(number: str, admin: Any, text: str, hint: str) -> CheckMessage:
    kind = CheckWarning if number.startswith("W") else Error
    return kind(f"{text}.", hint=hint, obj=type(admin), id=f"{_MODULE}.{number}")


def _field(model: Any, name: Any) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


class _CompositeKeyChecks:
    """Checks of fields and forms. Django's own refuse references where foreign keys may be."""

    def check(self, admin_obj: Any, **kwargs: Any) -> Any:
        """Return what is wrong."""
        checks: Any = super()
        return [
            *checks.check(admin_obj, **kwargs),
            *self._check_key(admin_obj),
            *self._check_form_of_key(admin_obj),
        ]

    def _check_key(self, admin: Any) -> list[CheckMessage]:
        key = admin.model._meta.pk
        if not admin.model._meta.is_composite_pk or isinstance(key, CompositeKey):
            return []
        text = (
            f"{admin.model._meta.label}.pk is a {type(key).__name__}, which has no text for links"
        )
        return [_error("E007", admin, text, f"Make it a {_MODULE}.CompositeKey.")]

    def _check_form_of_key(self, admin: Any) -> list[CheckMessage]:
        model = admin.model
        needs_it = model._meta.is_composite_pk or references_of(model)
        is_form = isinstance(admin.form, type)  # Django says what else it may not be
        if not needs_it or not is_form or issubclass(admin.form, CompositeKeyModelForm):
            return []
        text = f"The form {admin.form.__name__} would write a row twice whose key is changed"
        hint = f"Derive it from {_MODULE}.forms.CompositeKeyModelForm."
        return [_error("E008", admin, text, hint)]

    def _check_autocomplete_fields_item(self, obj: Any, field_name: Any, label: str) -> Any:
        field = _field(obj.model, field_name)
        if not hasattr(field, "columns_of"):
            checks: Any = super()
            return checks._check_autocomplete_fields_item(obj, field_name, label)
        target = field.remote_field.model
        name = getattr(target, "__name__", target)
        try:
            related = obj.admin_site.get_model_admin(target)
        except NotRegistered:
            text = f"{label} is '{field_name}', and {name} has no admin to search with"
            return [_error("E009", obj, text, f"Register {name} with a CompositeKeyAdmin.")]
        if related.search_fields:
            return []
        text = f"{label} is '{field_name}', and {type(related).__name__} has no search_fields"
        return [_error("E009", obj, text, f"Give {type(related).__name__} search_fields.")]

    def _check_raw_id_fields_item(self, obj: Any, field_name: Any, label: str) -> Any:
        if hasattr(_field(obj.model, field_name), "columns_of"):
            return []
        checks: Any = super()
        return checks._check_raw_id_fields_item(obj, field_name, label)

    def _check_radio_fields_key(self, obj: Any, field_name: Any, label: str) -> Any:
        if hasattr(_field(obj.model, field_name), "columns_of"):
            return []
        checks: Any = super()
        return checks._check_radio_fields_key(obj, field_name, label)


class CompositeKeyAdminChecks(_CompositeKeyChecks, ModelAdminChecks):
    """The checks of a CompositeKeyAdmin."""

    def _check_list_editable_item(self, obj: Any, field_name: str, label: str) -> Any:
        errors = super()._check_list_editable_item(obj, field_name, label)  # type: ignore[misc]
        if not errors and field_name in names_of_key(obj.model):
            text = (
                f"{label} is '{field_name}', of the key, which cannot change in a row that is there"
            )
            errors = [_error("E010", obj, text, "Leave it out of list_editable.")]
        return errors

    def _check_search_fields(self, obj: Any) -> Any:
        errors = super()._check_search_fields(obj)  # type: ignore[misc]
        if isinstance(obj.search_fields, (list, tuple)):
            for name in obj.search_fields:
                errors = [*errors, *self._check_searched(obj, str(name))]
        return errors

    def _check_searched(self, obj: Any, name: str) -> list[CheckMessage]:
        model, field = obj.model, None
        for step in name.lstrip("^=@").split("__"):
            found = model._meta.pk if step == "pk" else _field(model, step)
            if found is None:
                break
            field = found
            model = getattr(field, "related_model", None) or model
        if not isinstance(field, CompositeKey) and not hasattr(field, "columns_of"):
            return []
        columns = model._meta.pk_fields
        names = ", ".join(column.name for column in columns)
        text = f"search_fields has '{name}', which is several columns"
        return [_error("E011", obj, text, f"Name the columns one by one: {names}.")]

    def _check_list_filter_item(self, obj: Any, item: Any, label: str) -> Any:
        errors = super()._check_list_filter_item(obj, item, label)  # type: ignore[misc]
        if errors or not isinstance(item, (list, tuple)):
            return errors
        field = _field(obj.model, item[0])
        if field and issubclass(item[1], RelatedOnlyFieldListFilter) and is_such_relation(field):
            text = f"{label} filters by '{item[0]}' with Django's {item[1].__name__}"
            hint = f"Take {_MODULE}.admin.CompositeKeyRelatedOnlyListFilter."
            errors = [_error("E012", obj, text, hint)]
        return errors

    def _check_inlines_item(self, obj: Any, inline: Any, label: str) -> Any:
        errors = super()._check_inlines_item(obj, inline, label)  # type: ignore[misc]
        if errors or issubclass(inline.checks_class, CompositeKeyInlineChecks):
            return errors
        try:
            reference = get_foreign_key(inline(obj.model, obj.admin_site))
        except ValueError:  # an inline by another relation, a generic one
            reference = None
        if inline.model._meta.is_composite_pk or hasattr(reference, "columns_of"):
            text = f"{inline.__name__} is an inline that knows no keys of several columns"
            hint = f"Derive it from CompositeKeyTabularInline or its like of {_MODULE}.admin."
            errors = [_error("W001", obj, text, hint)]
        return errors


class CompositeKeyInlineChecks(_CompositeKeyChecks, InlineModelAdminChecks):  # type: ignore[misc]
    """The checks of inlines for rows with such keys, or below a row with such a key."""

    def _check_formset(self, obj: Any) -> Any:
        errors = super()._check_formset(obj)  # type: ignore[misc]
        try:
            reference = get_foreign_key(obj)
        except ValueError:
            return errors  # Django's check of the relation says so
        is_own = issubclass(obj.formset, CompositeKeyInlineFormSet) if not errors else True
        if hasattr(reference, "columns_of") and not is_own:
            text = (
                f"The formset {obj.formset.__name__} knows no parent with a key of several columns"
            )
            hint = f"Derive it from {_MODULE}.forms.CompositeKeyInlineFormSet."
            errors = [_error("E013", obj, text, hint)]
        return errors
