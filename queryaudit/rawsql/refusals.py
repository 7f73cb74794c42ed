"""Say which parameters are missing or superfluous, and what to do about it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from queryaudit.errors import ParameterError
from queryaudit.rawsql.slots import Slot
from queryaudit.rawsql.statements import Statement, names_of

Params: TypeAlias = Mapping[str, Any] | Sequence[Any] | None


def checked(statement: Statement, params: Any) -> Params:
    """Return parameters that are no plain dict; ParameterError if they do not fit."""
    if isinstance(params, Mapping):
        if params.keys() != statement.names:
            refuse(statement, params)
        return dict(params)
    if isinstance(params, (str, bytes)) or not isinstance(params, Sequence):
        msg = (
            f"parameters are a dict or a list, not {type(params).__name__}: "
            "write {'name': value} or [value]"
        )
        raise ParameterError(msg)
    if statement.names and params:
        msg = (
            f"the statement names its parameters ({', '.join(sorted(statement.names))}): "
            "pass a dict of them, not a list"
        )
        raise ParameterError(msg, name=min(statement.names))
    if len(params) < len(statement.parameters):
        raise missing(statement, statement.parameters[len(params)], len(params) + 1)
    if len(params) > statement.count:
        msg = (
            f"parameter {statement.count + 1} is superfluous: {len(params)} were given, the "
            f"statement has {statement.count} %s; take it away or write its %s"
        )
        raise ParameterError(msg, name=str(statement.count + 1))
    return params


def refuse(statement: Statement, params: Mapping[str, Any]) -> None:
    """Raise the error of parameters whose names are not those of the statement."""
    if statement.count:
        msg = (
            f"the statement has {statement.count} %s and takes a list, not a dict: "
            "write %(name)s for each, or pass a list"
        )
        raise ParameterError(msg, position=statement.position(statement.parameters[0].start))
    for slot in statement.parameters:
        if slot.name not in params:
            raise missing(statement, slot, given=names_of(params))
    for name in params:
        if name not in statement.names:
            known = ", ".join(sorted(statement.names)) or "none"
            cure = f"the statement has no %({name})s; it asks for: {known}"
            if name in statement.identifiers:
                cure = f"{{{name}}} is an identifier: pass it in identifiers"
            msg = f"parameter {name!r} is superfluous: {cure}"
            raise ParameterError(msg, name=name)


def missing(
    statement: Statement, slot: Slot, number: int = 1, given: str = "none"
) -> ParameterError:
    """Return the error of a parameter that was not given."""
    name = slot.name or str(number)
    shown = repr(name) if slot.name else name
    cure = f"pass {{{name!r}: ...}}; given: {given}" if slot.name else "pass a value for each %s"
    msg = f"parameter {shown} at {statement.at(slot.start)} is missing: {cure}"
    return ParameterError(msg, name=name, position=statement.position(slot.start))
