"""The reference that an inline formset hangs on, where Django looks for a ForeignKey."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Model

from queryaudit.composite.references import references_of


def find_reference(get_foreign_key: Callable[..., Any]) -> Callable[..., Any]:
    """The field that leads from ``model`` to ``parent_model``, be it a composite reference."""

    @wraps(get_foreign_key)
    def wrapper(
        parent_model: type[Model],
        model: type[Model],
        fk_name: str | None = None,
        can_fail: bool = False,  # noqa: FBT001, FBT002  # Django's own parameters
    ) -> Any:
        found = [
            field
            for field in references_of(model)
            if fk_name in {None, field.name} and _is_of(parent_model, field.remote_field.model)
        ]
        if len(found) > 1:
            names = ", ".join(field.name for field in found)
            msg = (
                f"{model._meta.label} has several references to {parent_model._meta.label}; "
                f"fk_name takes one of: {names}."
            )
            raise ValueError(msg)
        if found:
            return found[0]
        return get_foreign_key(parent_model, model, fk_name=fk_name, can_fail=can_fail)

    return wrapper


def _is_of(parent: type[Model], target: type[Model]) -> bool:
    return issubclass(parent, target._meta.concrete_model or target)
