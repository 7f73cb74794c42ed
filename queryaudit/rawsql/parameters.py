"""Put parameters into a statement: by name or by position, lists after IN one by one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from queryaudit.errors import ParameterError
from queryaudit.rawsql.slots import Slot
from queryaudit.rawsql.statements import Statement, names_of
from queryaudit.rawsql.values import PLAIN, adapt, wrong_type

Params: TypeAlias = Mapping[str, Any] | Sequence[Any] | None
Bound: TypeAlias = dict[str, Any] | list[Any] | tuple[Any, ...] | None

# What an empty list after IN means: an error, or a condition that is never met, so that NOT IN
# is always met. It is never (NULL), to which NOT IN is never met.
Empty: TypeAlias = Literal["raise", "match_none"]

_NO_LIST: Final = (str, bytes, bytearray, memoryview, Mapping)


def bind(
    statement: Statement, params: Params, connection: Any, empty: Empty, names: Mapping[str, str]
) -> tuple[str, Bound]:
    """Return the text to run and its parameters; ``names`` are the identifiers, quoted."""
    try:
        return _bind(statement, params, connection, empty, names)
    except ParameterError as error:
        raise _placed(error, statement) from error.__cause__


def _placed(error: ParameterError, statement: Statement) -> ParameterError:
    """Return ``error`` with the position of its parameter, where it has one."""
    if error.position is None:
        for number, slot in enumerate(statement.parameters, 1):
            if error.name == (slot.name or str(number)):
                error.position = statement.position(slot.start)
                break
    return error


def _bind(  # noqa: C901
    statement: Statement, params: Params, connection: Any, empty: Empty, names: Mapping[str, str]
) -> tuple[str, Bound]:
    if params is None:
        if statement.parameters:
            raise _missing(statement, statement.parameters[0])
        if not names:
            return statement.text, None
    elif statement.percent is not None:
        raise statement.percent.__class__(
            str(statement.percent), position=statement.percent.position
        )
    if type(params) is dict:
        if params.keys() != statement.names or (statement.count and not statement.names):
            _refuse(statement, params)
        if statement.is_plain:
            if PLAIN.issuperset(map(type, params.values())):
                return statement.text, params
            adapted = {name: adapt(value, name, connection) for name, value in params.items()}
            return statement.text, adapted
    elif params is not None:
        params = _checked(statement, params)
        if statement.is_plain and not isinstance(params, Mapping):
            return statement.text, [
                adapt(value, str(number), connection)
                for number, value in enumerate(params or (), 1)
            ]
    return _render(statement, params, connection, empty, names)


def _render(
    statement: Statement, params: Params, connection: Any, empty: Empty, names: Mapping[str, str]
) -> tuple[str, Bound]:
    """Return the text with lists and identifiers put in; its parameters go by position."""
    pieces: list[str] = []
    values: list[Any] = []
    text, done, number = statement.text, 0, 0
    for slot in statement.slots:
        if slot.is_identifier:
            name = names[slot.name]
            # Beside parameters the driver reads a % of the name, too.
            pieces += text[done : slot.start], name if params is None else name.replace("%", "%%")
            done = slot.end
            continue
        if isinstance(params, Mapping):
            shown, value = slot.name, params[slot.name]
        else:
            shown, value = str(number + 1), (params or ())[number]
            number += 1
        if slot.is_list:
            given = _list(statement, slot, shown, value)
            if not given:
                pieces += (
                    text[done : slot.begin],
                    _no_value(statement, slot, shown, connection, empty),
                )
            else:
                pieces += text[done : slot.start], _places(given)
                for each in given:
                    parts = each if isinstance(each, (tuple, list)) else (each,)
                    values += [adapt(part, shown, connection) for part in parts]
        else:
            pieces += text[done : slot.start], "%s"
            values.append(adapt(value, shown, connection))
        done = slot.end
    return "".join((*pieces, text[done:])), None if params is None else values


def _list(statement: Statement, slot: Slot, shown: str, value: Any) -> list[Any]:
    if isinstance(value, _NO_LIST) or not isinstance(value, Iterable):
        msg = (
            f"parameter {shown} at {statement.at(slot.start)} stands after IN and is "
            f"{type(value).__name__}, not a list: pass a list, or compare by ="
        )
        raise ParameterError(msg, name=shown, position=statement.position(slot.start))
    return list(value)


def _places(given: list[Any]) -> str:
    each = (
        "({})".format(", ".join(["%s"] * len(value))) if isinstance(value, (tuple, list)) else "%s"
        for value in given
    )
    return f"({', '.join(each)})"


def _no_value(statement: Statement, slot: Slot, shown: str, connection: Any, empty: Empty) -> str:
    """Return the condition that an empty list is: never met, with NOT always."""
    if empty != "match_none":
        msg = (
            f"parameter {shown} at {statement.at(slot.start)} is an empty list: do not ask where "
            'nothing is wanted, or pass empty="match_none", by which IN is never met and NOT IN '
            "always"
        )
        raise ParameterError(msg, name=shown, position=statement.position(slot.start))
    if connection.vendor == "postgresql":  # typed by what it is compared with
        return "<> ALL('{}')" if slot.is_negated else "= ANY('{}')"
    dual = " FROM DUAL" if connection.vendor == "mysql" else ""
    return f"{'NOT ' if slot.is_negated else ''}IN (SELECT 1{dual} WHERE 1 = 0)"


def _checked(statement: Statement, params: Any) -> Params:
    """Return parameters that are no plain dict; ParameterError if they do not fit."""
    if isinstance(params, Mapping):
        if params.keys() != statement.names:
            _refuse(statement, params)
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
        raise _missing(statement, statement.parameters[len(params)], len(params) + 1)
    if len(params) > statement.count:
        msg = (
            f"parameter {statement.count + 1} is superfluous: {len(params)} were given, the "
            f"statement has {statement.count} %s; take it away or write its %s"
        )
        raise ParameterError(msg, name=str(statement.count + 1))
    return params


def _refuse(statement: Statement, params: Mapping[str, Any]) -> None:
    if statement.count:
        msg = (
            f"the statement has {statement.count} %s and takes a list, not a dict: "
            "write %(name)s for each, or pass a list"
        )
        raise ParameterError(msg, position=statement.position(statement.parameters[0].start))
    for slot in statement.parameters:
        if slot.name not in params:
            raise _missing(statement, slot, given=names_of(params))
    for name in params:
        if name not in statement.names:
            known = ", ".join(sorted(statement.names)) or "none"
            cure = f"the statement has no %({name})s; it asks for: {known}"
            if name in statement.identifiers:
                cure = f"{{{name}}} is an identifier: pass it in identifiers"
            msg = f"parameter {name!r} is superfluous: {cure}"
            raise ParameterError(msg, name=name)


def _missing(
    statement: Statement, slot: Slot, number: int = 1, given: str = "none"
) -> ParameterError:
    name = slot.name or str(number)
    shown = repr(name) if slot.name else name
    cure = f"pass {{{name!r}: ...}}; given: {given}" if slot.name else "pass a value for each %s"
    msg = f"parameter {shown} at {statement.at(slot.start)} is missing: {cure}"
    return ParameterError(msg, name=name, position=statement.position(slot.start))


def culprit(error: Exception, params: Bound, statement: Statement) -> ParameterError | None:
    """Return the error of the parameter that the driver refused; None where it is another one."""
    text = str(error)
    if "adapt" not in text and "not supported" not in text:
        return None
    items = params.items() if isinstance(params, dict) else enumerate(params or (), 1)
    for name, value in items:
        if type(value) not in PLAIN and f"'{type(value).__name__}'" in text:
            return _placed(wrong_type(str(name), value), statement)
    return None
