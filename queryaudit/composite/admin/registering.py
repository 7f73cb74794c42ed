"""Registration of models with keys of several columns, which Django's AdminSite refuses."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.admin.exceptions import AlreadyRegistered
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.db.models.base import ModelBase

from queryaudit.composite.admin.options import CompositeKeyAdmin


def admit(register: Callable[..., None]) -> Callable[..., None]:
    """``AdminSite.register()`` that takes models with such keys, with a CompositeKeyAdmin."""

    @wraps(register)
    def wrapper(
        self: Any,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type | None = None,
        **options: Any,
    ) -> None:
        is_one = isinstance(model_or_iterable, ModelBase)
        models: Any = [model_or_iterable] if is_one else model_or_iterable
        for model in models:
            if model._meta.abstract or not model._meta.is_composite_pk:
                register(self, model, admin_class, **options)
            elif admin_class is None or not issubclass(admin_class, CompositeKeyAdmin):
                came = admin_class.__name__ if admin_class else "ModelAdmin"
                msg = (
                    f"{model._meta.label} has a key of several columns: its admin is a "
                    f"queryaudit.composite.admin.CompositeKeyAdmin, and {came} is none."
                )
                raise ImproperlyConfigured(msg)
            else:
                _register(self, model, admin_class, options)

    return wrapper


def _register(site: Any, model: type[Model], admin_class: type, options: dict[str, Any]) -> None:
    if site.is_registered(model):
        registered = site.get_model_admin(model)
        msg = f"The model {model.__name__} is already registered with {str(registered)!r}."
        raise AlreadyRegistered(msg)
    if model._meta.swapped:
        return
    if options:
        options = {**options, "__module__": __name__}
        admin_class = type(f"{model.__name__}Admin", (admin_class,), options)
    site._registry[model] = admin_class(model, site)
