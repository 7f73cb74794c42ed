"""What fixes need of the site's models: their managers by name, and their attributes."""

from inspect import CO_COROUTINE
from typing import Any

from django.apps import apps

from queryaudit.recording.events import AnyPlace, Place


def model_of(label: str) -> Any:
    """Return the model of ``app.Model``; None where there is none of that name."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def manager_of(label: str) -> str:
    """Return the code of a model's manager: ``Album.objects``, ``Album.genres.through.objects``."""
    name = label.rpartition(".")[2]
    model = model_of(label)
    owner = model and model._meta.auto_created  # noqa: SLF001
    if owner:
        for field in owner._meta.many_to_many:  # noqa: SLF001
            if field.remote_field.through is model:
                return f"{owner._meta.object_name}.{field.name}.through.objects"  # noqa: SLF001
    return f"{name}.objects"


def is_async(place: AnyPlace) -> bool:
    """Return whether a coroutine asks."""
    return isinstance(place, Place) and bool(place.code.co_flags & CO_COROUTINE)
