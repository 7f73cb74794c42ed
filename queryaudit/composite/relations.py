"""A reference to a key of several columns."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import router
from django.db.models import ForeignKey, Model

from queryaudit.composite import checks as relation_checks
from queryaudit.composite.choices import CompositeKeyChoiceField
from queryaudit.composite.constraints import add_constraint
from queryaudit.composite.descriptors import ForwardDescriptor, ReverseDescriptor
from queryaudit.composite.keys import Key, read_key
from queryaudit.composite.lookups import RELATED_LOOKUPS
from queryaudit.composite.patches import patch_django, write_texts_in_xml
from queryaudit.errors import CompositeKeyError
from queryaudit.hooks.composite import ForeignObject, ManyToOneRel


class KeyRel(ManyToOneRel):
    """The reference as Django's forms, admin and serializers see it: one to the field ``pk``."""

    def __init__(self, field: Any, to: Any, **options: Any) -> None:
        super().__init__(field, to, "pk", **options)

    def get_related_field(self) -> Any:
        """Return the key, which Django would refuse: it has no column of its own."""
        return self.model._meta.pk


class CompositeForeignKey(ForeignObject):  # type: ignore[type-arg]
    """A foreign key of several columns to the key of ``to``, in the order of that key.

    ``from_fields`` are the fields of this model that hold it; they are declared beside it and
    may be shared with other references. ``null=True`` says that a row may do without: at
    least one of the fields is nullable then, and emptying the reference empties only those. A
    constraint in the database comes by itself; ``db_constraint=False`` leaves it out.
    """

    default_error_messages = {"invalid": ForeignKey.default_error_messages["invalid"]}
    rel_class = KeyRel
    related_accessor_class = ReverseDescriptor
    forward_related_accessor_class = ForwardDescriptor

    def __init__(
        self,
        to: str | type[Model],
        on_delete: Callable[..., Any],
        from_fields: Sequence[str],
        *,
        db_constraint: bool = True,
        **kwargs: Any,
    ) -> None:
        kwargs["serialize"] = False  # its columns are written; see contribute_to_related_class()
        kwargs.setdefault("blank", kwargs.get("null", False))
        kwargs.pop("to_fields", None)
        targets: list[Any] = [None] * len(
            from_fields
        )  # each a column of the key, known once models are
        super().__init__(to, on_delete, list(from_fields), targets, **kwargs)
        self.db_constraint = db_constraint

    def deconstruct(self) -> Any:
        """Return the description that migrations write."""
        name, _, args, kwargs = super().deconstruct()
        for known in ("to_fields", "serialize", "blank"):
            kwargs.pop(known, None)
        if self.blank != self.null:
            kwargs["blank"] = self.blank
        if not self.db_constraint:
            kwargs["db_constraint"] = False
        return name, "queryaudit.composite.CompositeForeignKey", args, kwargs

    def contribute_to_class(self, cls: type[Model], *args: Any, **kwargs: Any) -> None:
        """Join the model, with the constraint."""
        super().contribute_to_class(cls, *args, **kwargs)
        patch_django(self.name)
        add_constraint(cls, self)

    def contribute_to_related_class(self, cls: type[Model], related: Any) -> None:
        """Join the model that is referred to; fixtures name its rows by their natural keys."""
        super().contribute_to_related_class(cls, related)
        self.serialize = hasattr(self.remote_field.model, "natural_key")
        if self.serialize:
            write_texts_in_xml()

    def resolve_related_fields(self) -> list[tuple[Any, Any]]:
        """Return the pairs of columns: one of this model, one of the key it refers to."""
        target = self.remote_field.model
        if isinstance(target, str):
            raise CompositeKeyError(str(self), target, "a model that exists")
        keys = target._meta.pk_fields
        if len(keys) < 2 or len(keys) != len(self.from_fields):
            allowed = f"the fields for the key of {target._meta.label}: " + ", ".join(
                field.name for field in keys
            )
            raise CompositeKeyError(str(self), list(self.from_fields), allowed)
        try:
            columns = [self.opts.get_field(name) for name in self.from_fields]
        except FieldDoesNotExist:
            names = ", ".join(field.name for field in self.opts.concrete_fields)
            raise CompositeKeyError(str(self), list(self.from_fields), names) from None
        return list(zip(columns, keys, strict=True))

    @property
    def emptied_fields(self) -> list[Any]:
        """The columns that are emptied with the reference: those that may be NULL."""
        return [field for field in self.local_related_fields if field.null]

    def columns_of(self, value: Any) -> dict[str, Any]:
        """Return the columns that hold ``value``: a row, a key, a key's text, or None.

        Raises CompositeKeyError where it is none of them, or None and no column is nullable.
        """
        if value is None:
            emptied = self.emptied_fields
            if not emptied:
                raise CompositeKeyError(str(self), None, "a row: none of its columns is nullable")
            return {field.attname: None for field in emptied}
        if isinstance(value, Model):
            if not isinstance(value, self.remote_field.model):
                label = self.remote_field.model._meta.label
                raise CompositeKeyError(str(self), value, f"a row of {label}")
            key = Key(self.get_foreign_related_value(value))
        else:
            key = read_key(value, self.foreign_related_fields, str(self))
        columns = zip(self.local_related_fields, key, strict=True)
        return {field.attname: part for field, part in columns}

    def key_of(self, instance: Model) -> Key | None:
        """Return the key that the columns of ``instance`` hold, or None where one is empty."""
        key = Key(self.get_local_related_value(instance))
        return None if None in key else key

    def set_columns(self, instance: Model, key: Key) -> None:
        """Write ``key``, whole or not, into the columns of ``instance``."""
        for field, part in zip(self.local_related_fields, key, strict=True):
            setattr(instance, field.attname, part)

    def value_from_object(self, obj: Model) -> Key | None:
        """Return the key, as forms begin with it."""
        return self.key_of(obj)

    def validate_columns(self, instance: Model) -> None:
        """Raise ValidationError where the columns lead to no row that may be chosen."""
        key = self.key_of(instance)
        super().validate(key, instance)
        if key is None:
            return
        target: Any = self.remote_field.model
        rows = target._base_manager.using(router.db_for_read(target, instance=instance))
        rows = rows.filter(pk=key).complex_filter(self.get_limit_choices_to())
        if not rows.exists():
            params = {"model": target._meta.verbose_name, "field": "pk", "value": str(key)}
            raise ValidationError(self.error_messages["invalid"], code="invalid", params=params)

    def formfield(self, **kwargs: Any) -> Any:
        """Return the form field, whose values are the texts of keys."""
        manager: Any = self.remote_field.model._default_manager
        queryset = manager.using(kwargs.pop("using", None))
        defaults = {"form_class": CompositeKeyChoiceField, "queryset": queryset}
        return super().formfield(**{**defaults, **kwargs, "blank": self.blank})

    def save_form_data(self, instance: Model, data: Any) -> None:
        """Write what a form chose; nothing, where nothing was and the columns say so already."""
        if data is not None or (self.emptied_fields and self.key_of(instance) is not None):
            setattr(instance, self.name, data)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Say what of the reference does not fit, and Django's own checks where it does."""
        return relation_checks.check_reference(self) or super().check(**kwargs)

    def _check_to_fields_exist(self) -> list[checks.CheckMessage]:
        return []  # the key has them

    def _check_to_fields_composite_pk(self) -> list[checks.CheckMessage]:
        return []  # what Django refuses there is what this field is for


for _lookup in RELATED_LOOKUPS:
    CompositeForeignKey.register_lookup(_lookup)
