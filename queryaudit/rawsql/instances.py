"""Rows as instances of the model, made by Django's own raw queryset."""

from typing import Any

from django.db.models.query import RawQuerySet

from queryaudit.errors import ColumnError, StatementError
from queryaudit.hooks import events
from queryaudit.rawsql.execution import Question


class _Instances(RawQuerySet):  # type: ignore[type-arg]  # at run time it takes none
    """A raw queryset that refuses to defer columns."""

    _question: Question

    defer = False

    def resolve_model_init_order(self) -> Any:
        """Return what Django's does, once the columns of the statement are known."""
        meta: Any = self._question.model._meta  # noqa: SLF001
        spell = self._question.connection.introspection.identifier_converter
        missing = [f for f in meta.concrete_fields if spell(f.column) not in self.columns]
        keys = [field for field in missing if field.primary_key or field in meta.pk_fields]
        if keys or (missing and not self.defer):
            names = ", ".join(field.column for field in missing)
            cure = "each instance needs its key" if keys else (
                "select them, or pass defer=True: each access is then one more query, and "
                "save() writes the others only"
            )  # fmt: skip
            msg = f"columns of {meta.label} are missing: {names}; {cure}"
            raise ColumnError(msg, name=missing[0].column)
        for number, name in enumerate(self.columns, 1):
            first = self.columns.index(name) + 1
            if first != number:
                msg = (
                    f"columns {first} and {number} are both named {name!r}, and the first would "
                    f"win: leave one out, or give it an alias: ... AS other_{name}"
                )
                raise ColumnError(msg, name=name, position=(number,))
        return super().resolve_model_init_order()


def read_instances(question: Question, *, defer: bool) -> list[Any]:
    """Return the instances that ``question`` brings."""
    if question.model is None:
        msg = "SQL of no model brings no instances: fetch by the RawSQLManager of a model"
        raise StatementError(msg)
    connection = question.connection
    given: Any = question.params
    queryset = _Instances(question.text, model=question.model, params=given, using=connection.alias)
    queryset._question = question  # noqa: SLF001
    queryset.defer = defer
    if events.raw_queries.listeners:
        with events.raw_queries.telling(question.model):
            return list(queryset)
    return list(queryset)
