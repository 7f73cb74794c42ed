"""Keys of several columns that work where a key works, on top of Django's own field.

Usable without the auditor, which is not loaded by it.
"""

from queryaudit.composite.constraints import CompositeForeignKeyConstraint
from queryaudit.composite.fields import CompositeKey
from queryaudit.composite.keys import format_key, parse_key
from queryaudit.composite.managers import CompositeKeyManager
from queryaudit.composite.models import CompositeKeyModel
from queryaudit.composite.relations import CompositeForeignKey

__all__ = [
    "CompositeForeignKey",
    "CompositeForeignKeyConstraint",
    "CompositeKey",
    "CompositeKeyManager",
    "CompositeKeyModel",
    "format_key",
    "parse_key",
]
