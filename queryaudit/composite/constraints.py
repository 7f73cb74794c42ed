"""The constraint of a reference: ``FOREIGN KEY (a, b)`` in the database."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.backends.ddl_references import Columns, Statement, Table
from django.db.backends.utils import names_digest, truncate_name
from django.db.models import BaseConstraint, Model

_MAX_NAME = 30  # what Django allows the names of indexes, the shortest of all databases


class CompositeForeignKeyConstraint(BaseConstraint):
    """The constraint of the reference ``field``, named by hand in ``Meta.constraints``."""

    def __init__(self, field: str, *, name: str) -> None:
        super().__init__(name=name)
        self.field = field
        self.reference: Any = None  # the field itself, once its model has it

    @classmethod
    def of(cls, model: type[Model], field: str) -> "CompositeForeignKeyConstraint":
        """Return the constraint that comes by itself."""
        digest = names_digest(model._meta.label_lower, field, "fk", length=8)
        stem = truncate_name(f"{model._meta.model_name}_{field}", _MAX_NAME - 12, hash_len=0)
        return cls(field, name=f"{stem}_{digest}_fk")

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the part of CREATE TABLE for SQLite; elsewhere it comes when all tables are."""
        if schema_editor.connection.vendor == "sqlite":
            return self._statement("CONSTRAINT %(name)s {}", model, schema_editor)
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return None

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that adds the constraint to a table that is there."""
        return self._statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s {}", model, schema_editor
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that takes it away."""
        quote = schema_editor.quote_name
        return Statement(
            schema_editor.sql_delete_fk,
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
        )

    def _statement(self, template: str, model: type[Model], schema_editor: Any) -> Statement:
        field = self._field(model)
        quote, connection = schema_editor.quote_name, schema_editor.connection
        table, target = model._meta.db_table, field.related_model._meta.db_table
        columns = [one.column for one in field.local_related_fields]
        targets = [one.column for one in field.foreign_related_fields]
        return Statement(
            template.format(
                "FOREIGN KEY (%(columns)s) REFERENCES %(target)s (%(targets)s)"
                "%(on_delete)s%(deferrable)s"
            ),
            name=quote(self.name),
            table=Table(table, quote),
            columns=Columns(table, columns, quote),
            target=Table(target, quote),
            targets=Columns(target, targets, quote),
            on_delete=_on_delete_sql(field, schema_editor),
            deferrable=_deferrable_sql(connection),
        )

    def _field(self, model: type[Model]) -> Any:
        """Return the reference; SQLite makes tables anew from models that lack it."""
        try:
            return model._meta.get_field(self.field)
        except FieldDoesNotExist:
            if self.reference is None:
                raise
            return self.reference

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave it to the database: Django's foreign keys are no model's constraint either."""

    def deconstruct(self) -> Any:
        """Return the description that migrations write."""
        path = "queryaudit.composite.CompositeForeignKeyConstraint"
        return path, (self.field,), {"name": self.name}

    def clone(self) -> "CompositeForeignKeyConstraint":
        """Return a copy that knows its reference, as each class with the constraint makes one."""
        clone = type(self)(self.field, name=self.name)
        clone.reference = self.reference
        return clone

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CompositeForeignKeyConstraint):
            return (self.field, self.name) == (other.field, other.name)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.field, self.name))


def _deferrable_sql(connection: Any) -> str:
    """Return what defers the constraint to the commit, as Django's foreign keys are.

    Django writes it into its own statements for SQLite, and has no name for it there.
    """
    if connection.vendor == "sqlite":
        return " DEFERRABLE INITIALLY DEFERRED"
    return str(connection.ops.deferrable_sql())


def _on_delete_sql(field: Any, schema_editor: Any) -> str:
    """Return what the database does when the row goes, where that is its task: DB_CASCADE."""
    on_delete = field.remote_field.on_delete
    sql = getattr(on_delete, "on_delete_sql", None)
    return f" {str(sql(schema_editor)).strip()}" if sql else ""


def add_constraint(model: type[Model], field: Any) -> None:
    """Give ``model`` the constraint of ``field``, unless its Meta names one of that reference.

    Models of a migration's state have what its operations gave them, and nothing by itself.
    """
    meta: Any = model._meta
    if meta.abstract:
        return
    named = [one for one in meta.constraints if getattr(one, "field", None) == field.name]
    if not named and field.db_constraint and model.__module__ != "__fake__":
        named = [CompositeForeignKeyConstraint.of(model, field.name)]
        meta.constraints = [*meta.constraints, *named]
        meta.original_attrs["constraints"] = meta.constraints  # where the autodetector reads
    for constraint in named:
        constraint.reference = field
