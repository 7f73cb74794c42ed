"""Generic relations to rows with keys of several columns: the text of the key holds them.

Loaded on first use: it needs ``django.contrib.contenttypes`` among the installed apps.
"""

from typing import Any, NoReturn

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, TextField

from queryaudit.errors import CompositeNameError


class CompositeGenericForeignKey(GenericForeignKey):
    """Django's generic foreign key, to rows with keys of any number of columns.

    ``object_id`` is a CharField or TextField and holds the key's text; a check tells else.
    """

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Say where the key's text finds no room, beside what Django checks."""
        return [*super().check(**kwargs), *self._check_text()]

    def _check_text(self) -> list[CheckMessage]:
        try:
            held: Any = self.model._meta.get_field(self.fk_field)
        except FieldDoesNotExist:
            return []  # Django says so
        if isinstance(held, (CharField, TextField)):
            return []
        text = f"{self.model._meta.label}.{self.name} holds keys in {held.name}"
        return [
            Error(
                f"{text}, a {type(held).__name__}, which has no room for the text of a key.",
                hint="Make it a CharField or a TextField.",
                obj=self,
                id="queryaudit.composite.E006",
            )
        ]


class CompositeGenericRelation(GenericRelation):
    """The other side: ``branch.notes``, with prefetch, ``add``, ``create`` and cascade.

    A filter across it would need the key's text made in SQL, by each database in another
    way: it raises CompositeNameError, which says what to ask instead.
    """

    def get_path_info(self, filtered_relation: Any = None) -> NoReturn:  # noqa: ARG002
        """Refuse to be joined."""
        label = self.remote_field.model._meta.label
        instead = f"{label}.objects.filter({self.object_id_field_name}=str(row.pk))"
        raise CompositeNameError(self.model._meta.label, self.name, instead)
