"""Django's widgets for foreign keys, for references to keys of several columns."""

from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import NoReverseMatch, reverse
from django.utils.text import Truncator

from queryaudit.composite.admin.values import text_of
from queryaudit.hooks.composite_admin import AutocompleteSelect, ForeignKeyRawIdWidget, quote


class CompositeKeyAutocompleteSelect(AutocompleteSelect):
    """A choice that asks for rows while the user types; it shows the one that is chosen."""

    choices: Any

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:  # noqa: ARG002
        """Return the row that is chosen, and nothing where it may stay empty."""
        field, options = self.choices.field, []
        if not self.is_required:
            options.append(self.create_option(name, "", "", selected=False, index=0))
        keys = []
        for one in value:
            # What was posted may be no key; the field says so.
            with suppress(ValidationError):
                keys.append(field.queryset.model._meta.pk.to_python(text_of(str(one))))
        rows = self.choices.queryset.using(self.db).filter(pk__in=keys)
        options += [
            self.create_option(
                name,
                field.prepare_value(row),
                field.label_from_instance(row),
                selected=True,
                index=len(options) + number,
            )
            for number, row in enumerate(rows)
        ]
        return [(None, options, 0)]


class CompositeKeyRawIdWidget(ForeignKeyRawIdWidget):
    """A text field for the text of a key, with a link to choose from the list."""

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        """Return the name of the row, and the link to it; nothing where there is no such row."""
        model: Any = self.rel.model
        try:
            row = model._default_manager.using(self.db).get(pk=model._meta.pk.to_python(value))
        except (ValueError, ValidationError, model.DoesNotExist):
            return "", ""
        name = f"{self.admin_site.name}:{row._meta.app_label}_{row._meta.model_name}_change"
        try:
            url = reverse(name, args=(quote(str(row.pk)),))
        except NoReverseMatch:  # the model has no admin
            url = ""
        return Truncator(str(row)).words(14), url
