"""Read settings from environment variables, and say what is wrong with a bad one."""

import math
from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured


def read_milliseconds(environ: Mapping[str, str], name: str) -> float:
    """Return the variable as a number of milliseconds, 0 if it is not set."""
    text = environ.get(name, "0")
    try:
        milliseconds = float(text)
    except ValueError:
        milliseconds = math.nan
    # "nan" and "inf" are numbers to float(), but nobody can wait that long.
    if not math.isfinite(milliseconds) or milliseconds < 0:
        msg = f"{name} is {text!r}, but must be a number of milliseconds, 0 or more: {name}=5"
        raise ImproperlyConfigured(msg)
    return milliseconds
