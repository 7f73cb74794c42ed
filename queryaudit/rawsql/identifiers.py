"""Names of columns as ``{sort}``: fields of the model, quoted, never text of a visitor."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from queryaudit.errors import IdentifierError
from queryaudit.rawsql.slots import Slot
from queryaudit.rawsql.statements import Statement, names_of


def quote(
    statement: Statement, identifiers: Mapping[str, str] | None, model: Any, connection: Any
) -> dict[str, str]:
    """Return the column that each ``{name}`` of the statement stands for, quoted."""
    given = identifiers or {}
    for name in given:
        if name not in statement.identifiers:
            msg = (
                f"identifier {name!r} is superfluous: outside of quotes the statement has no "
                f"{{{name}}}; it asks for: {', '.join(sorted(statement.identifiers)) or 'none'}"
            )
            raise IdentifierError(msg, name=name)
    quoted = {}
    for slot in statement.slots:
        if slot.is_identifier:
            where = statement.at(slot.start)
            if slot.name not in given:
                msg = (
                    f"identifier {slot.name!r} at {where} is missing: pass "
                    f'identifiers={{"{slot.name}": "name of a field"}}; given: {names_of(given)}'
                )
                raise IdentifierError(msg, name=slot.name, position=statement.position(slot.start))
            quoted[slot.name] = _column(statement, slot, given[slot.name], model, connection)
    return quoted


def _column(statement: Statement, slot: Slot, name: object, model: Any, connection: Any) -> str:
    position = statement.position(slot.start)
    if model is None:
        msg = (
            f"identifier {slot.name!r}: SQL of no model has no fields to check it against; "
            "fetch by the RawSQLManager of a model"
        )
        raise IdentifierError(msg, name=slot.name, position=position)
    if not isinstance(name, str):
        msg = f"identifier {slot.name!r} is {type(name).__name__}, not the name of a field"
        raise IdentifierError(msg, name=slot.name, position=position)
    is_descending = name.startswith("-") and slot.is_ordering
    column = _columns(model).get(name[is_descending:])
    if column is None:
        hint = "; -name is for ORDER BY" if name.startswith("-") else ""
        msg = (
            f"identifier {slot.name!r} at {statement.at(slot.start)} is {name!r}, which is no "
            f"field of {model._meta.label}: {', '.join(_columns(model))}{hint}"  # noqa: SLF001
        )
        raise IdentifierError(msg, name=slot.name, position=position)
    quoted: str = connection.ops.quote_name(column)
    return f"{quoted} DESC" if is_descending else quoted


def _columns(model: Any) -> dict[str, str]:
    """Return the columns of ``model`` by what its fields are called."""
    found = {}
    for field in model._meta.concrete_fields:  # noqa: SLF001
        found[field.name] = found[field.attname] = field.column
    try:
        found["pk"] = model._meta.get_field(model._meta.pk.name).column  # noqa: SLF001
    except FieldDoesNotExist:
        return found
    return {name: column for name, column in found.items() if column}
