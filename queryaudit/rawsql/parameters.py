"""Put parameters into a statement: by name or by position, lists after IN one by one."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

from queryaudit.errors import ParameterError
from queryaudit.rawsql.refusals import Params, checked, missing, refuse
from queryaudit.rawsql.slots import Slot
from queryaudit.rawsql.statements import Statement
from queryaudit.rawsql.values import PLAIN, adapt, wrong_type

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
            raise missing(statement, statement.parameters[0])
        if not names:
            return statement.text, None
    elif statement.percent is not None:
        raise statement.percent.__class__(
            str(statement.percent), position=statement.percent.position
        )
    if type(params) is dict:
        if params.keys() != statement.names or (statement.count and not statement.names):
            refuse(statement, params)
        if statement.is_plain:
            if PLAIN.issuperset(map(type, params.values())):
                return statement.text, params
            adapted = {name: adapt(value, name, connection) for name, value in params.items()}
            return statement.text, adapted
    elif params is not None:
        params = checked(statement, params)
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
