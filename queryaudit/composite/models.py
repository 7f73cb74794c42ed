"""The base of models with a key of several columns."""

from typing import Any

from django.db import models

from queryaudit.composite.managers import CompositeKeyManager


class CompositeKeyModel(models.Model):
    """A model whose new rows are written by one INSERT and never over a row that is there."""

    objects = CompositeKeyManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row. A new one is inserted; IntegrityError tells that its key is taken.

        Rows that were read are updated; ``force_update`` and ``update_fields`` mean what
        they mean to Django, and fixtures are loaded as Django loads them.
        """
        asked = args or kwargs.get("force_update") or kwargs.get("update_fields") is not None
        if self._state.adding and not asked:
            kwargs["force_insert"] = kwargs.get("force_insert") or True
        super().save(*args, **kwargs)
