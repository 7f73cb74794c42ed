"""What the auditor hangs on Django's own objects is None until it does so.

A default of the class is read at once, where ``getattr(object, name, None)`` and a look into
``__dict__`` are calls. They stay when the hooks are left: rows and queries outlive an audit.
"""

from typing import Any, Final

from django.db.models.base import ModelState
from django.db.models.sql import Query

_MARKS: Final[dict[type[Any], tuple[str, ...]]] = {
    ModelState: ("queryaudit_rows",),
    Query: ("queryaudit_origin", "queryaudit_set"),
}


def install() -> None:
    """Give the classes their defaults."""
    for cls, names in _MARKS.items():
        for name in names:
            setattr(cls, name, None)
