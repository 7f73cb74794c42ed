"""What rows become: instances with some attributes, dicts, tuples, single values."""

from typing import Self

from queryaudit.dynamodb.errors import DynamoDBQuerySetError, FieldDoesNotExists
from queryaudit.dynamodb.keys import keys_of
from queryaudit.dynamodb.parts import Part


class Shapes(Part):
    """The methods of a queryset that say what is read of each item, and as what."""

    def values(self, *fields: str) -> Self:
        """Return dicts of ``fields``, all attributes by default."""
        return self._with(fields=self._fields(fields) or None, shape="values")

    def values_list(self, *fields: str, flat: bool = False, named: bool = False) -> Self:
        """Return tuples of ``fields``: the values alone with ``flat``, named with ``named``."""
        if flat and named:
            msg = "'flat' and 'named' can't be used together."
            raise TypeError(msg)
        if flat and len(fields) != 1:
            msg = "'flat' is valid when values_list is called with exactly one field."
            raise TypeError(msg)
        shape = "flat" if flat else "named" if named else "tuples"
        return self._with(fields=self._fields(fields) or None, shape=shape)

    def only(self, *fields: str) -> Self:
        """Return instances with these attributes and the key; all others are None.

        They are not loaded later, which would be a call for each item. Such an instance is
        not to be saved: the other attributes would be lost.
        """
        if self._plan.shape != "instances":
            msg = "Cannot call only() after .values() or .values_list()"
            raise TypeError(msg)
        if not fields:
            return self._with(fields=None)
        keys = keys_of(self.model)
        names = [name for name in (keys.hash, keys.range) if name]
        return self._with(fields=tuple(dict.fromkeys([*names, *self._fields(fields)])))

    def _fields(self, fields: tuple[str, ...]) -> tuple[str, ...]:
        attributes = self.model.get_attributes()
        for name in fields:
            if name not in attributes:
                allowed = ", ".join(attributes)
                msg = f"{self.model.__name__} has no attribute {name!r}; allowed: {allowed}"
                raise FieldDoesNotExists(msg, model=self.model.__name__, name=name)
        if len(set(fields)) < len(fields):
            msg = f"a field is named twice: {', '.join(fields)}"
            raise DynamoDBQuerySetError(msg, model=self.model.__name__)
        return fields
