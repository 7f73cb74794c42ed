"""A task of Django's own, which came with 6.0."""

from typing import Any

import django

from tests.music.models import Label

if django.VERSION >= (6, 0):
    from django.tasks import task  # type: ignore[import-not-found,unused-ignore]
else:

    def task(function: Any) -> Any:  # type: ignore[no-redef,unused-ignore]
        return function


@task
def count_labels() -> int:
    return Label.objects.count()
