"""The key of several columns as a field: Django's own, that also reads and writes texts."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CompositePrimaryKey, Model

from queryaudit.composite.keys import Fields, Key, KeySet, read_key, read_keys
from queryaudit.composite.lookups import KEY_LOOKUPS
from queryaudit.errors import CompositeKeyError
from queryaudit.hooks.composite import CompositeAttribute


class _KeyAttribute(CompositeAttribute):
    """``row.pk``: a Key when read; a tuple, a text or None may be assigned."""

    field: "CompositeKey"

    def __get__(self, instance: Model | None, cls: type[Model] | None = None) -> Any:
        if instance is None:
            return self
        return Key([getattr(instance, attname) for attname in self.attnames])

    def __set__(self, instance: Model, values: Any) -> None:
        if values is not None:
            values = self.field.read(values)
        super().__set__(instance, values)


class CompositeKey(CompositePrimaryKey):
    """A primary key of several columns, ``pk = CompositeKey("company_id", "country_code")``.

    Migrations write it as Django's own field, so that a model that changes to it needs none.
    A key is a tuple and reads as text, too: ``get(pk="1,JP")``.
    """

    descriptor_class = _KeyAttribute

    def deconstruct(self) -> Any:
        """Return the description of Django's own field: migrations import nothing of ours."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CompositePrimaryKey", args, kwargs

    @property
    def key_fields(self) -> Fields:
        """The fields of the columns, in order."""
        fields: Any = self.fields
        return fields  # type: ignore[no-any-return]

    def read(self, value: Any) -> Key:
        """Return ``value`` as a key; raise CompositeKeyError where it is none."""
        return read_key(value, self.key_fields, f"{self.model._meta.label}.{self.name}")

    def read_all(self, values: list[Any]) -> KeySet | list[Any]:
        """Return ``values`` as keys at once; as they are where other things are among them."""
        if any(not issubclass(type_, (tuple, list, str)) for type_ in set(map(type, values))):
            return values
        parts = {type(part) for value in values if type(value) is not str for part in value}
        if any(hasattr(type_, "resolve_expression") for type_ in parts):
            return values
        return read_keys(values, self.key_fields, f"{self.model._meta.label}.{self.name}")

    def to_python(self, value: Any) -> Any:
        """Return the key that a text stands for, ours or Django's JSON of fixtures.

        Raises ValidationError, as fields do for what people type and links carry.
        """
        if not isinstance(value, str):
            return value
        problem = CompositeKeyError(str(self), value, "texts without a NUL")
        if "\0" not in value:  # PostgreSQL has none in texts, and refuses to look for one
            try:
                return self.read(value)
            except CompositeKeyError as error:
                problem = error
        raise ValidationError(str(problem), code="invalid") from problem

    def value_to_string(self, obj: Model) -> str:
        """Return the text of a row's key, as fixtures hold it."""
        return str(self.value_from_object(obj))

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a key where it is a text."""
        return self.read(value) if isinstance(value, str) else value


for _lookup in KEY_LOOKUPS:
    CompositeKey.register_lookup(_lookup)
