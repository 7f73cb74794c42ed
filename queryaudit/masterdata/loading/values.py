"""Turn values as they are written into values of a column, and refuse what is none.

Stricter than a fixture: YAML reads ``NO`` as false, ``012`` as ten and ``12:30`` as 750, and a
column of texts would take all of them.
"""

import json
import math
import re
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.timezone import get_default_timezone, is_naive, make_aware

from queryaudit.masterdata.loading.parsing import Cell

_WHOLE: Final = re.compile(r"\s*[+-]?\d+\s*")
_TRUTHS: Final = {"true": True, "false": False, "1": True, "0": False, 1: True, 0: False}


class WrongValueError(ValueError):
    """A value that the column does not take; the text says what is allowed."""


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise WrongValueError(f"{type(value).__name__} for a text; write it in quotes")
    return str(value)


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise WrongValueError(f"{type(value).__name__} for a whole number")
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise WrongValueError("a text for a whole number")
    return int(value)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise WrongValueError(f"{type(value).__name__} for a number")
    if not math.isfinite(float(value)):
        raise WrongValueError("not a finite number")
    return value


def _decimal(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    _number(value)
    return repr(value) if isinstance(value, float) else value


def _truth(value: Any) -> Any:
    asked = value.lower() if isinstance(value, str) else value
    if not isinstance(asked, (bool, str, int)) or asked not in _TRUTHS:
        raise WrongValueError("allowed: true, false")
    return _TRUTHS[asked]


def _day(value: Any) -> Any:
    if isinstance(value, datetime) or not isinstance(value, (date, str)):
        raise WrongValueError(f"{type(value).__name__} for a date; write 2025-12-31")
    return value


def _moment(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    if not isinstance(value, (datetime, str)):
        raise WrongValueError(f"{type(value).__name__} for a time; write 2025-12-31T23:59:00Z")
    return value


def _clock(value: Any) -> Any:
    if not isinstance(value, (time, str)):
        raise WrongValueError(f'{type(value).__name__} for a time of day; write "23:59" in quotes')
    return value


def _span(value: Any) -> Any:
    if not isinstance(value, (timedelta, str)):
        raise WrongValueError(f'{type(value).__name__} for a duration; write "1 02:03:04"')
    return value


def _uuid(value: Any) -> Any:
    if not isinstance(value, (UUID, str)):
        raise WrongValueError(f"{type(value).__name__} for a UUID; write it in quotes")
    return value


def _any(value: Any) -> Any:
    return value


# The first that fits decides what may be written; other fields judge by their to_python().
_KINDS: Final[tuple[tuple[type[Any], Callable[[Any], Any]], ...]] = (
    (models.CharField, _text),
    (models.TextField, _text),
    (models.FileField, _text),
    (models.BooleanField, _truth),
    (models.IntegerField, _whole),
    (models.FloatField, _number),
    (models.DecimalField, _decimal),
    (models.DateTimeField, _moment),
    (models.DateField, _day),
    (models.TimeField, _clock),
    (models.DurationField, _span),
    (models.UUIDField, _uuid),
)


def reader_of(field: Any) -> Callable[[Any], Any]:
    """Return a function that returns the value of a column or raises WrongValueError."""
    read = _strict_reader(field)
    has_choices = bool(field.choices)
    longest = 0 if has_choices else _longest(field)

    def guarded(value: Any) -> Any:
        if type(value) is str and len(value) <= longest and "\0" not in value:
            return value  # as most are
        try:
            if isinstance(value, Cell):
                value = _of_cell(value, field)
            if value is not None:
                return read(value)
        except ValidationError as error:
            raise WrongValueError(" ".join(error.messages)) from None
        except WrongValueError:
            raise
        except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
            text = f"{type(value).__name__} for a {type(field).__name__}: {error}"
            raise WrongValueError(text) from None
        if not field.null:
            raise WrongValueError("the column takes no null")
        return None

    return guarded


def _strict_reader(field: Any) -> Callable[[Any], Any]:
    """Return a function that reads what is not null; it raises whatever the field raises."""
    check = next((check for kind, check in _KINDS if isinstance(field, kind)), _any)
    allowed = {value for value, _ in field.flatchoices} if field.choices else None
    validators = list(field.validators)
    convert = _any if isinstance(field, models.JSONField) else _converter(field)

    def read(value: Any) -> Any:
        value = convert(check(value))
        if allowed is not None and value not in allowed:
            raise WrongValueError(f"allowed: {', '.join(map(repr, sorted(allowed, key=str)))}")
        for validate in validators:
            validate(value)
        return value

    return read


def _converter(field: Any) -> Callable[[Any], Any]:
    to_python = field.to_python
    is_moment = isinstance(field, models.DateTimeField) and settings.USE_TZ

    def convert(value: Any) -> Any:
        value = to_python(value)
        if isinstance(value, str) and "\0" in value:
            raise WrongValueError("a NUL in a text")
        if is_moment and is_naive(value):
            return make_aware(value, get_default_timezone())
        return bytes(value) if isinstance(value, memoryview) else value

    return convert


def _longest(field: Any) -> int:
    """Return up to which length any text may stand in the column as it is; 0 for none."""
    validators = list(field.validators)
    is_own = type(field).to_python in {models.CharField.to_python, models.TextField.to_python}
    if not is_own or any(type(one) is not MaxLengthValidator for one in validators):
        return 0
    limits = [one.limit_value for one in validators]
    if any(callable(limit) for limit in limits):
        return 0
    return min(limits, default=sys.maxsize)


def _of_cell(cell: Cell, field: Any) -> Any:
    is_text = isinstance(field, (models.CharField, models.TextField, models.FileField))
    if not cell:
        return None if field.null or not is_text else ""
    return json.loads(cell) if isinstance(field, models.JSONField) else str(cell)


def is_same(field: Any, one: Any, other: Any) -> bool:
    """Return whether two values of a column are the same to the database."""
    if isinstance(one, (bytes, memoryview)) and isinstance(other, (bytes, memoryview)):
        return bytes(one) == bytes(other)
    if isinstance(field, models.JSONField):
        return json.dumps(one, sort_keys=True, cls=field.encoder) == json.dumps(
            other, sort_keys=True, cls=field.encoder
        )
    if one == other:
        return True
    if one is None or other is None:
        return False
    return bool(field.get_prep_value(one) == field.get_prep_value(other))
