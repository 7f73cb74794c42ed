"""Writes that look first: create, get_or_create, update_or_create, each by one condition."""

from collections.abc import Callable
from typing import Any, Final

from queryaudit.dynamodb.errors import (
    ConditionFailedError,
    DynamoDBQuerySetError,
    FieldDoesNotExists,
    ValueTypeError,
)
from queryaudit.dynamodb.keys import check_values, keys_of
from queryaudit.dynamodb.parts import Part

_TRIES: Final = 5  # of writes that lose each time against others


class Writing(Part):
    """The methods of a queryset that write one item."""

    def create(self, **values: Any) -> Any:
        """Write a new item and return it. Raises ConditionFailedError where its key is taken."""
        check_values(self.model, self._known(values))
        made = self.model(**values)
        made.save(self._absent())
        return made

    def get_or_create(self, defaults: dict[str, Any] | None = None, **key: Any) -> tuple[Any, bool]:
        """Return the item with that key and False, or a new one with ``defaults`` and True.

        Of two callers at once one creates it, and both return it.
        """
        self._check_key(key, "get_or_create")
        new = self._without_key(defaults or {}, key, "get_or_create")
        for _ in range(_TRIES):
            try:
                return self._named(key), False
            except self.model.DoesNotExist:
                pass
            try:
                return self.create(**key, **_called(new)), True
            except ConditionFailedError:
                continue  # somebody else made it meanwhile
        raise self._lost("get_or_create", key)

    def update_or_create(
        self,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **key: Any,
    ) -> tuple[Any, bool]:
        """Change ``defaults`` of the item with that key, or create it; return it and which.

        The change is one UpdateItem that asks for the item to be there: other attributes,
        written by others meanwhile, are kept.
        """
        self._check_key(key, "update_or_create")
        changes = _called(self._without_key(defaults or {}, key, "update_or_create"))
        self._check_changes(changes)
        new = changes
        if create_defaults is not None:
            new = _called(self._without_key(create_defaults, key, "update_or_create"))
        attributes = self.model.get_attributes()
        for _ in range(_TRIES):
            made = self.model(**key)
            if made._version_attribute_name:
                # The item's own is not known: of one that has a version PynamoDB adds 1, in the
                # table, of one that has none it would begin again with 1.
                setattr(made, made._version_attribute_name, 0)
            try:
                if changes:
                    made.update(
                        actions=[
                            attributes[name].remove()
                            if value is None
                            else attributes[name].set(value)
                            for name, value in changes.items()
                        ],
                        condition=attributes[keys_of(self.model).hash].exists(),
                        add_version_condition=False,
                    )
                    return made, False
                return self._named(key), False
            except (ConditionFailedError, self.model.DoesNotExist):
                pass
            try:
                return self.create(**key, **new), True
            except ConditionFailedError:
                continue
        raise self._lost("update_or_create", key)

    def _named(self, key: dict[str, Any]) -> Any:
        return self.model.objects.get_queryset().consistent().set_index(None).get(**key)

    def _absent(self) -> Any:
        """Return the condition that no item has the key: any item has a hash key."""
        return self.model.get_attributes()[keys_of(self.model).hash].does_not_exist()

    def _known(self, values: dict[str, Any]) -> dict[str, Any]:
        attributes = self.model.get_attributes()
        for name in values:
            if name not in attributes:
                msg = (
                    f"{self.model.__name__} has no attribute {name!r}; allowed: "
                    f"{', '.join(attributes)}"
                )
                raise FieldDoesNotExists(msg, model=self.model.__name__, name=name)
        return values

    def _without_key(
        self, values: dict[str, Any], key: dict[str, Any], doing: str
    ) -> dict[str, Any]:
        """Return ``values`` without the key, which may stand there if it is the same."""
        for name in self._known(values).keys() & key.keys():
            if values[name] != key[name]:
                msg = (
                    f"{doing}() of {self.model.__name__} has {name}={values[name]!r} in defaults "
                    f"and {key[name]!r} as the key, which cannot be changed"
                )
                raise DynamoDBQuerySetError(msg, model=self.model.__name__, name=name)
        return {name: value for name, value in values.items() if name not in key}

    def _check_changes(self, changes: dict[str, Any]) -> None:
        check_values(self.model, changes)
        for name, value in changes.items():
            if value is None and not self.model.get_attributes()[name].null:
                msg = f"{self.model.__name__}.{name} cannot be None: it has not null=True"
                raise ValueTypeError(msg, model=self.model.__name__, name=name)

    def _check_key(self, key: dict[str, Any], doing: str) -> None:
        keys = keys_of(self.model)
        names = [name for name in (keys.hash, keys.range) if name]
        if set(key) != set(names):
            msg = (
                f"{doing}() takes the whole key of {self.model.__name__}, {', '.join(names)}, and "
                f"all else in defaults; {', '.join(key) or 'nothing'} came"
            )
            raise DynamoDBQuerySetError(msg, model=self.model.__name__)

    def _lost(self, doing: str, key: dict[str, Any]) -> ConditionFailedError:
        msg = f"{doing}() of {self.model.__name__} {key} lost {_TRIES} times against other writes"
        return ConditionFailedError(msg, model=self.model.__name__, name=str(key))


def _called(values: dict[str, Any] | None) -> dict[str, Any]:
    """Return values, callables called, as Django does."""
    return {
        name: value() if isinstance(value, Callable) else value  # type: ignore[arg-type]
        for name, value in (values or {}).items()
    }
