"""A reference and its own columns in one form: which of them decides, and where they disagree."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from queryaudit.hooks.composite_forms import InlineForeignKeyField

_CONFLICT = _("The %(column)s of this choice is “%(chosen)s”, and “%(given)s” is given here.")
_INCOMPLETE = _("Fill in all of %(columns)s, or none.")


def settle(form: Any, field: Any) -> None:
    """Bring the reference ``field`` and its columns on ``form`` to one value, or tell an error.

    What the user changed decides: a row that is chosen fills the columns; columns that are
    changed, all of them on the form, choose the row. Where both were changed they must
    agree, as must columns that cannot change.
    """
    names = {field.name, *(column.name for column in field.local_related_fields)}
    if names & form.errors.keys() or field.name not in form.cleaned_data:
        return
    row = form.cleaned_data[field.name]
    given = [column for column in field.local_related_fields if column.name in form.fields]
    changed = {column.name for column in given} & set(form.changed_data)
    has_all = len(given) == len(field.local_related_fields)
    is_fixed = isinstance(form.fields[field.name], InlineForeignKeyField)
    is_new = is_fixed or field.name in form.changed_data
    if has_all and changed and not is_new:
        _choose_by_columns(form, field)
    elif row is not None:
        _fill_columns(form, field, row, changed)
    elif is_new:
        _empty_columns(form, field, changed)


def _empty_columns(form: Any, field: Any, changed: set[str]) -> None:
    """Empty the columns that are not shown, or, where all are, those left as they were."""
    hidden = [column for column in field.emptied_fields if column.name not in form.fields]
    for column in hidden:
        setattr(form.instance, column.attname, None)
    for column in field.emptied_fields:
        if not hidden and column.name not in changed and column.name in form.cleaned_data:
            form.cleaned_data[column.name] = None


def _fill_columns(form: Any, field: Any, row: Model, changed: set[str]) -> None:
    fixed = {column: value for column, _, value in form.fixed_columns(field)}
    pairs = zip(field.local_related_fields, field.foreign_related_fields, strict=True)
    for column, target in pairs:
        part = getattr(row, target.attname)
        if column in fixed:
            if fixed[column] != part:
                _tell_conflict(form, field, column, part, fixed[column])
            continue
        if column.name not in form.cleaned_data:
            continue
        value = _raw(form.cleaned_data[column.name], column)
        if value == part:
            continue
        if value not in form.fields[column.name].empty_values and column.name in changed:
            _tell_conflict(form, field, column, part, value)
            continue
        try:
            form.cleaned_data[column.name] = _cleaned(form, column, part)
        except ValidationError as error:
            form.add_error(column.name, error)


def _cleaned(form: Any, column: Any, part: Any) -> Any:
    return form.fields[column.name].clean(part) if column.remote_field else part


def _choose_by_columns(form: Any, field: Any) -> None:
    columns = field.local_related_fields
    key = [_raw(form.cleaned_data.get(column.name), column) for column in columns]
    if None not in key:
        try:
            form.cleaned_data[field.name] = form.fields[field.name].clean(key)
        except ValidationError as error:
            form.add_error(field.name, error)
        return
    held = [c for c, part in zip(columns, key, strict=True) if part is not None]
    if any(column.null for column in held):
        labels = ", ".join(str(form.fields[column.name].label) for column in columns)
        told = ValidationError(_INCOMPLETE, code="incomplete", params={"columns": labels})
        form.add_error(field.name, told)
    else:
        form.cleaned_data[field.name] = None


def _tell_conflict(form: Any, field: Any, column: Any, chosen: Any, given: Any) -> None:
    params = {"column": column.verbose_name, "chosen": chosen, "given": given}
    form.add_error(field.name, ValidationError(_CONFLICT, code="conflict", params=params))


def _raw(value: Any, column: Any) -> Any:
    """Return what the column holds for ``value``, a row where the column is a foreign key."""
    if isinstance(value, Model):
        return getattr(value, column.target_field.attname)
    return None if value == "" and not column.blank else value
