"""Keys of several columns that work where a key works, on top of Django's own field.

Usable without the auditor, which is not loaded by it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from queryaudit.composite.constraints import CompositeForeignKeyConstraint
from queryaudit.composite.fields import CompositeKey
from queryaudit.composite.keys import format_key, parse_key
from queryaudit.composite.managers import CompositeKeyManager
from queryaudit.composite.models import CompositeKeyModel
from queryaudit.composite.relations import CompositeForeignKey

if TYPE_CHECKING:
    from queryaudit.composite.generic import CompositeGenericForeignKey, CompositeGenericRelation

__all__ = [
    "CompositeForeignKey",
    "CompositeForeignKeyConstraint",
    "CompositeGenericForeignKey",
    "CompositeGenericRelation",
    "CompositeKey",
    "CompositeKeyManager",
    "CompositeKeyModel",
    "format_key",
    "parse_key",
]


def __getattr__(name: str) -> Any:
    """Load generic relations when they are asked for: they need Django's content types."""
    if name in {"CompositeGenericForeignKey", "CompositeGenericRelation"}:
        return getattr(import_module("queryaudit.composite.generic"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
