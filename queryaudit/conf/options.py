"""What an option of the settings is: a default, a test of what fits, and what is allowed."""

import re
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any, Final

# What can be ignored: a relation as findings name it, app.Model.field or app.Model; a table of
# DynamoDB that is of no model, dynamodb.table; an id.
IGNORED: Final = re.compile(
    r"[A-Za-z_]\w*(\.\w+)+|dynamodb\.[A-Za-z0-9_.-]+|[A-Z][A-Z0-9]-[0-9a-f]{8}"
)

# Of modules: names, dots and what stands for any of them, as fnmatch reads it.
_PATTERN: Final = re.compile(r"(?:[\w.*?]|\[!?[\w.-]+\])+")
# A store: nothing of an address that stands after user and password can be part of them.
_STORE: Final = re.compile(
    r"memory|sqlite:.+"
    r"|rediss?://([^@/?#]*@)?(\[[0-9a-f:.]+\]|[^@/?#:\[\]]+)(:\d+)?(/\d*)?(\?.*)?"
    r"|unix://([^@/?#]*@)?/[^@?#]+(\?.*)?"
)


def option(default: Any, fits: Callable[[Any], bool], allowed: str) -> Any:
    """Return a field of a dataclass; ``allowed`` says in words what ``fits``."""
    metadata = {"fits": fits, "allowed": allowed}
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def is_bool(value: object) -> bool:
    """Return whether it is True or False."""
    return isinstance(value, bool)


def is_dotted_path(value: object) -> bool:
    """Return whether it can name something in a module."""
    return isinstance(value, str) and "." in value


def is_share(value: object) -> bool:
    """Return whether it is a number from 0 to 1."""
    return isinstance(value, (int, float)) and not is_bool(value) and 0 <= value <= 1


def is_count(least: int) -> Callable[[object], bool]:
    """Return a test for whole numbers from ``least``."""
    return lambda value: isinstance(value, int) and not is_bool(value) and value >= least


def is_list_of_paths(value: object) -> bool:
    """Return whether it is a list of files or folders."""
    return isinstance(value, (list, tuple)) and all(isinstance(v, (str, Path)) for v in value)


def is_dict_of_text(value: object) -> bool:
    """Return whether its keys and values are texts."""
    return isinstance(value, dict) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


def is_dict_of_ignores(value: object) -> bool:
    """Return whether each key can be ignored and each value gives a reason."""
    return is_dict_of_text(value) and all(
        IGNORED.fullmatch(target) and reason.strip()
        for target, reason in value.items()  # type: ignore[attr-defined]
    )


def is_dict_of_counts(value: object) -> bool:
    """Return whether each value is a whole number from 0."""
    return isinstance(value, dict) and all(
        isinstance(key, str) and key and is_count(0)(most) for key, most in value.items()
    )


def is_layers(value: object) -> bool:
    """Return whether it says which modules may ask, and what layers are called."""
    if not isinstance(value, dict) or not value.keys() <= {"allowed", "names"}:
        return False
    names = value.get("names", {})
    return _is_list_of_patterns(value.get("allowed", [])) and (
        isinstance(names, dict)
        and all(isinstance(name, str) and _is_list_of_patterns(one) for name, one in names.items())
    )


def _is_list_of_patterns(value: object) -> bool:
    """Return whether it is a list of patterns that modules may fit, as ``fnmatch`` reads them."""
    return isinstance(value, (list, tuple)) and all(
        isinstance(one, str) and _PATTERN.fullmatch(one) is not None for one in value
    )


def is_store(value: object) -> bool:
    """Return whether it names a store."""
    return value is None or (isinstance(value, str) and _STORE.fullmatch(value) is not None)


def is_text(value: object) -> bool:
    """Return whether it is a text."""
    return isinstance(value, str)


def is_address(value: object) -> bool:
    """Return whether it is the address of a server, or empty."""
    return isinstance(value, str) and re.fullmatch(r"(https?://[^\s/]+/?)?", value) is not None


def is_seconds(value: object) -> bool:
    """Return whether it is a number over 0."""
    return isinstance(value, (int, float)) and not is_bool(value) and value > 0
