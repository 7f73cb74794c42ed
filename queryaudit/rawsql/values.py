"""Give a driver values that it knows to send, as fields of models would."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from django.db.models import Model
from django.utils.duration import duration_microseconds

from queryaudit.errors import ParameterError

# What every driver sends as it is.
PLAIN: Final = frozenset({str, int, float, bool, type(None), bytes})


def adapt(value: Any, name: str, connection: Any) -> Any:  # noqa: PLR0911  # a table of types
    """Return ``value`` as the driver takes it, stored as fields of models store theirs."""
    if type(value) in PLAIN:
        return value
    features = connection.features
    if isinstance(value, Enum):
        return adapt(value.value, name, connection)
    if isinstance(value, (datetime, date, time, Decimal)):
        return connection.ops.adapt_unknown_value(value)
    if isinstance(value, timedelta):
        return value if features.has_native_duration_field else duration_microseconds(value)
    if isinstance(value, UUID):
        return value if features.has_native_uuid_field else value.hex
    if isinstance(value, Model):
        msg = (
            f"parameter {name} is an instance of {type(value).__name__}, which no database takes: "
            f"pass its key, {name}.pk"
        )
        raise ParameterError(msg, name=name)
    if connection.vendor != "postgresql" and isinstance(value, (list, tuple, set, frozenset)):
        msg = (
            f"parameter {name} is a {type(value).__name__}, which {connection.display_name} "
            f"cannot compare with: write IN %({name})s, directly and without parentheses"
        )
        raise ParameterError(msg, name=name)
    if connection.vendor == "mysql" and not isinstance(value, (str, int, float, bytearray)):
        raise wrong_type(name, value)  # its driver would send str(value)
    if isinstance(value, str) or hasattr(value, "__proxy__"):
        return str(value)
    return value


def wrong_type(name: str, value: Any) -> ParameterError:
    """Return the error of a value that no driver knows how to send."""
    msg = (
        f"parameter {name} is of type {type(value).__name__}, which the driver cannot send: pass "
        "text, a number, a date, a UUID or bytes"
    )
    return ParameterError(msg, name=name)
