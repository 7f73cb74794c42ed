"""Which fields a form has: those of Django's forms, and the references."""

from types import SimpleNamespace
from typing import Any

from django.db.models import Model
from django.forms import ALL_FIELDS

from queryaudit.composite.references import references_of
from queryaudit.hooks.composite_forms import ModelFormMetaclass


class CompositeKeyModelFormMetaclass(ModelFormMetaclass):
    """Makes a form's fields of the model's columns and of its references.

    Django's metaclass asks the model for fields that are columns. It is given a model to
    ask that has the references among them, and so reads all of Meta for them, too.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        """Make the class of a form."""
        meta = attrs.get("Meta") or next(
            (base.Meta for base in bases if hasattr(base, "Meta")), None
        )
        model = getattr(meta, "model", None)
        if meta is None or model is None or not references_of(model):
            return super().__new__(cls, name, bases, attrs)
        fields, exclude = getattr(meta, "fields", None), getattr(meta, "exclude", None)
        changes: dict[str, Any] = {"model": _asked(model)}
        has_all = fields == ALL_FIELDS or (fields is None and exclude is not None)
        if has_all and not isinstance(exclude, str):  # Django says what is wrong with a text
            changes["exclude"] = [*(exclude or ()), *replaced_columns(model, exclude or ())]
        asked = type("Meta", (meta,), changes)
        made: Any = super().__new__(cls, name, bases, {**attrs, "Meta": asked})
        if "Meta" in attrs:
            made.Meta = meta
        else:
            del made.Meta
        made._meta.model, made._meta.exclude = model, exclude
        return made


def _asked(model: type[Model]) -> Any:
    """Return what Django asks of a model for its form, with the references among the columns."""
    meta: Any = model._meta
    fields = [*meta.concrete_fields, *references_of(model)]
    asked = {"private_fields": meta.private_fields, "many_to_many": meta.many_to_many}
    return SimpleNamespace(
        __name__=model.__name__, _meta=SimpleNamespace(concrete_fields=fields, **asked)
    )


def replaced_columns(model: type[Model], exclude: Any = ()) -> list[str]:
    """Return the names of columns that a form of all fields leaves to the references.

    These are the columns that are no foreign key themselves and have no value without the
    reference: a form has ``album`` in place of ``album_no``.
    """
    return [
        column.name
        for field in references_of(model)
        if field.editable and field.name not in exclude
        for column in field.local_related_fields
        if not column.remote_field and (column.null or not field.blank)
    ]
