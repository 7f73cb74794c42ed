"""Give values the types of the model's fields, column by column."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any, Final, TypeAlias

from django.core.signals import setting_changed
from django.db import connections
from django.db.models import Field
from django.db.models.expressions import Col, Expression

from queryaudit.errors import ColumnError
from queryaudit.rawsql.rows import row_class

Types: TypeAlias = Mapping[str, "Field[Any, Any]"]
Convert: TypeAlias = Callable[[Sequence[Any]], Iterable[Any]]  # of a whole column


class Plan:
    """How the rows of some columns are made: their class, and what converts which column."""

    __slots__ = ("converters", "names", "row")

    def __init__(self, names: tuple[str, ...], row: Any, converters: dict[int, Convert]) -> None:
        self.names = names
        self.row = row
        self.converters = converters

    def make(self, chunk: Sequence[Any]) -> Iterable[Any]:
        """Return the rows of ``chunk``, tuples as the driver gave them."""
        # The class's own __new__ would be a call of Python for each row.
        return map(tuple.__new__, repeat(self.row), self.convert(chunk))

    def convert(self, chunk: Sequence[Any]) -> Iterable[Any]:
        """Return the tuples of ``chunk`` with their values converted."""
        if not self.converters or not chunk:
            return chunk
        columns: list[Any] = list(zip(*chunk, strict=True))
        for number, convert in self.converters.items():
            try:
                columns[number] = list(convert(columns[number]))
            except Exception as error:
                raise self._refused(number, columns[number], convert, error) from error
        return zip(*columns, strict=True)

    def _refused(
        self, number: int, column: Sequence[Any], convert: Convert, error: Exception
    ) -> ColumnError:
        name, what = self.names[number], ""
        for row, value in enumerate(column, 1):
            try:
                list(convert([value]))
            except Exception:  # noqa: BLE001  # this is the value
                what = f", {type(value).__name__} in row {row} of its chunk,"
                break
        msg = (
            f"column {number + 1}, {name!r}{what} is not what its type holds ({error!r}): "
            "change types, or give the column an alias that is no field of the model"
        )
        return ColumnError(msg, name=name, position=(number + 1,))


# The attribute of a connection that keeps its plans: converters differ by connection.
_PLANS: Final = "queryaudit_plans"


def _forget(**_: object) -> None:
    for connection in connections.all(initialized_only=True):
        vars(connection).pop(_PLANS, None)


# Whether MySQL converts dates depends on USE_TZ.
setting_changed.connect(_forget, dispatch_uid="queryaudit.rawsql")


def plan_of(
    connection: Any, model: Any, names: tuple[str, ...], types: Types | None, usual: Types | None
) -> Plan:
    """Return how rows with these columns are made; ``usual`` are the types of a manager.

    A column named as a field of ``model`` goes through that field's converters, as with
    ``raw()``; ``types`` come before, and must be columns.
    """
    plans: dict[Any, Plan] | None = vars(connection).get(_PLANS)
    if plans is None:
        plans = vars(connection)[_PLANS] = {}
    plan = plans.get((model, names))
    if plan is None:
        plan = Plan(names, row_class(names), _of_model(connection, model, names))
        if len(plans) < 1_000:
            plans[model, names] = plan
    if types or usual:
        return Plan(names, plan.row, _typed(connection, plan, types, usual))
    return plan


def value_plan(
    connection: Any, model: Any, name: str, types: Types | None, usual: Types | None
) -> Plan:
    """Return how the value of one column is made, which needs no name for an attribute."""
    plan = Plan((name,), None, _of_model(connection, model, (name,)))
    return Plan((name,), None, _typed(connection, plan, types, usual))


def _typed(
    connection: Any, plan: Plan, types: Types | None, usual: Types | None
) -> dict[int, Convert]:
    """Return the converters of ``plan`` with those of the types in their place."""
    names = plan.names
    given = {name: field for name, field in (usual or {}).items() if name in names}
    given.update(_checked(types or {}, names))
    converters = {
        number: convert for number, convert in plan.converters.items() if names[number] not in given
    }
    for name, field in given.items():
        convert = _of_field(connection, field, is_expected=False)
        if convert is not None:
            converters[names.index(name)] = convert
    return converters


def _checked(types: Types, names: tuple[str, ...]) -> Types:
    for name, field in types.items():
        if name not in names:
            msg = f"types names {name!r}, which is no column: {', '.join(names)}"
            raise ColumnError(msg, name=name)
        if not isinstance(field, Field):
            msg = (  # type: ignore[unreachable]
                f"types[{name!r}] is {field!r}, not a field of models such as DecimalField()"
            )
            raise ColumnError(msg, name=name, position=(names.index(name) + 1,))
    return types


def _of_model(connection: Any, model: Any, names: tuple[str, ...]) -> dict[int, Convert]:
    if model is None:
        return {}
    spell = connection.introspection.identifier_converter
    fields = {spell(field.column): field for field in model._meta.concrete_fields}  # noqa: SLF001
    found = {}
    for number, name in enumerate(names):
        field = fields.get(name)
        convert = None if field is None else _of_field(connection, field)
        if convert is not None:
            found[number] = convert
    return found


def _of_field(
    connection: Any, field: "Field[Any, Any]", *, is_expected: bool = True
) -> Convert | None:
    """Return what converts a column to the type of ``field``; None where the driver does.

    ``is_expected`` tells that the database keeps the column as it keeps that field.
    """
    # A Col has Django round decimals on SQLite, and wants to know to how many places.
    is_rounded = getattr(field, "decimal_places", 0) is not None
    computed: Any = Expression(output_field=field)
    expression: Any = Col("", field) if is_rounded else computed
    converters = [
        *connection.ops.get_db_converters(expression),
        *(expression if is_expected else computed).get_db_converters(connection),
    ]
    if not converters:
        return None
    return partial(_through, converters, expression, connection)


def _through(
    converters: list[Any], expression: Any, connection: Any, column: Sequence[Any]
) -> Iterable[Any]:
    for convert in converters:
        column = map(convert, column, repeat(expression), repeat(connection))  # type: ignore[assignment]
    return column
