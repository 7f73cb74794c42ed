"""The form of a row with a key of several columns, or with references to such keys."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import ModelChoiceField, ModelForm
from django.utils.translation import gettext_lazy as _

from queryaudit.composite.choices import CompositeKeyChoiceField
from queryaudit.composite.forms.declaring import CompositeKeyModelFormMetaclass
from queryaudit.composite.forms.settling import settle
from queryaudit.composite.keys import Key
from queryaudit.composite.references import references_of
from queryaudit.hooks.composite_forms import InlineForeignKeyField, leaves_out_parents


class CompositeKeyModelForm(ModelForm, metaclass=CompositeKeyModelFormMetaclass):  # type: ignore[type-arg]
    """Django's model form, with a field for each reference, and with keys that stay.

    The key of a row that is there cannot change: it would be written as a second row. Its
    fields are disabled; with ``disables_key = False`` they are not, and a change is an error.
    A column that a chosen row decides may be left empty.
    """

    disables_key = True
    _cleans_fields = False
    key_error = _("The key of a row that is there cannot change.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._filled: set[str] = set()  # required, unless a chosen row decides them
        for field in self.references:
            key = field.key_of(self.instance)
            if key is not None:
                self.initial.setdefault(field.name, key)
        if self.disables_key:
            for name in self.fixed_names & self.fields.keys():
                self.fields[name].disabled = True
        for field in self.references:
            for column in field.local_related_fields:
                mine = self.fields.get(column.name)
                if mine and mine.required and not mine.disabled:
                    mine.required = mine.widget.is_required = False
                    self._filled.add(column.name)
        self.narrow_choices()

    @property
    def references(self) -> list[Any]:
        """The references among the fields of the form."""
        return [field for field in references_of(self._meta.model) if field.name in self.fields]

    @property
    def fixed_names(self) -> set[str]:
        """The columns of the key of a row that is there, and references that are part of it."""
        if self.instance._state.adding:
            return set()
        return names_of_key(self._meta.model)

    def fixed_columns(self, field: Any) -> Iterator[tuple[Any, Any, Any]]:
        """Yield the columns of the reference ``field`` that this form cannot change.

        Each with the column of the key it refers to, and the value. These are those of the
        row's own key, of the row that an inline form belongs to, and of disabled fields.
        """
        pairs = zip(field.local_related_fields, field.foreign_related_fields, strict=True)
        for column, target in pairs:
            mine: Any = self.fields.get(column.name)
            if isinstance(mine, InlineForeignKeyField):
                parent = mine.parent_instance
                yield column, target, getattr(parent, column.target_field.attname)
            elif column.name in self.fixed_names or (mine and mine.disabled):
                yield column, target, getattr(self.instance, column.attname)

    def narrow_choices(self) -> None:
        """Offer those rows only that agree with the columns that cannot change."""
        for field in self.references:
            mine: Any = self.fields[field.name]
            if isinstance(mine, ModelChoiceField) and mine.queryset is not None:
                fixed = {target.attname: value for _, target, value in self.fixed_columns(field)}
                if None in fixed.values():
                    mine.queryset = mine.queryset.none()
                elif fixed:
                    mine.queryset = mine.queryset.filter(**fixed)

    def get_initial_for_field(self, field: Any, field_name: str) -> Any:
        """Return what the field begins with; the text of a key for fields that know no keys."""
        value = super().get_initial_for_field(field, field_name)
        if not isinstance(value, Key) or isinstance(field, CompositeKeyChoiceField):
            return value
        parent = getattr(field, "parent_instance", None)
        if None in value or (parent is not None and parent._state.adding):
            return None
        return str(value)

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        self._keep_key()
        for name in self.fixed_names.intersection(self.changed_data, self.cleaned_data):
            self.add_error(name, ValidationError(self.key_error, code="key_changed"))
        for field in self.references:
            settle(self, field)
        for name in self._filled:
            if name in self.cleaned_data:
                mine = self.fields[name]
                if self.cleaned_data[name] in mine.empty_values:
                    message = mine.error_messages["required"]
                    self.add_error(name, ValidationError(message, code="required"))

    def _keep_key(self) -> None:
        """Put the key as it is in place of what disabled fields make of it.

        They would clean it, strip spaces and so on, and write a second row.
        """
        for name in self.fixed_names & self.fields.keys():
            if self.fields[name].disabled:
                field = self._meta.model._meta.get_field(name)
                if not field.is_relation:
                    self.cleaned_data[name] = getattr(self.instance, field.attname)
                self.errors.pop(name, None)

    def _get_validation_exclusions(self) -> set[str]:
        """Return what is not validated; columns whose values are known are.

        The key of a row that is there counts for uniqueness, and is itself as it is.
        """
        exclude: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        known = {column.name for field in self._chosen() for column in field.local_related_fields}
        known |= self.fixed_names
        exclude -= {name for name in known if name not in self.fields}
        if self._cleans_fields:
            exclude |= self.fixed_names
        names = {field.name for field in self._meta.model._meta.pk_fields}
        if exclude.isdisjoint(names):
            exclude.discard("pk")
        for field in references_of(self._meta.model):
            if field.name not in self.fields and self._leads_elsewhere(field):
                exclude.discard(field.name)
        return exclude

    def _chosen(self) -> list[Any]:
        cleaned = self.cleaned_data
        return [field for field in self.references if cleaned.get(field.name) is not None]

    def _leads_elsewhere(self, field: Any) -> bool:
        """Whether the form writes columns of a reference that it has no field for."""
        names = {column.name for column in field.local_related_fields}
        is_whole = names <= self.fields.keys() or not self.instance._state.adding
        return is_whole and names.isdisjoint(self.errors) and not names.isdisjoint(self.fields)

    def _update_errors(self, errors: Any) -> None:
        """Tell the errors of what is no field of this form at the field that decides it."""
        if hasattr(errors, "error_dict"):
            placed: dict[str, list[Any]] = {}
            for name, told in errors.error_dict.items():
                placed.setdefault(self._place(name), []).extend(told)
            errors = ValidationError(placed)
        super()._update_errors(errors)  # type: ignore[misc]

    def _place(self, name: str) -> str:
        if name in self.fields or name == NON_FIELD_ERRORS:
            return name
        for field in references_of(self._meta.model):
            columns = [column.name for column in field.local_related_fields]
            if name == field.name or name in columns:
                names = [field.name, *reversed(columns)]
                return next((one for one in names if one in self.fields), NON_FIELD_ERRORS)
        is_known = name in {field.name for field in self._meta.model._meta.fields}
        return NON_FIELD_ERRORS if is_known and name in self.fixed_names else name

    def validate_unique(self) -> None:
        """Tell of keys and other values that are taken; Django comes here when fields are clean."""
        self._cleans_fields = False
        super().validate_unique()

    def _post_clean(self) -> None:
        self._cleans_fields = True
        super()._post_clean()  # type: ignore[misc]
        self._cleans_fields = False
        if leaves_out_parents() and self._validate_unique:  # type: ignore[attr-defined]
            self._validate_constraints_of_parents()
        # Formsets look for equal rows among the values that are cleaned.
        for field in self._chosen():
            for column in field.local_related_fields:
                if column.name not in self.fields:
                    self.cleaned_data[column.name] = getattr(self.instance, column.attname)

    def _validate_constraints_of_parents(self) -> None:
        """Check the constraints that hold a column of the key, or of the row above."""
        is_below = any(isinstance(field, InlineForeignKeyField) for field in self.fields.values())
        if not is_below and not self.fixed_names:
            return
        told = {message for messages in self.errors.values() for message in messages}
        try:
            self.instance.validate_constraints(exclude=self._get_validation_exclusions())
        except ValidationError as error:
            for name, errors in error.update_error_dict({}).items():
                new = [one for one in errors if one.messages[0] not in told]
                if new:
                    self._update_errors(ValidationError({name: new}))


def names_of_key(model: Any) -> set[str]:
    """Return the names of the key's columns, and of the references that have no others."""
    keys = model._meta.pk_fields
    if len(keys) < 2:
        return set()
    within = {
        field.name
        for field in references_of(model)
        if all(column in keys for column in field.local_related_fields)
    }
    return within | {field.name for field in keys}
