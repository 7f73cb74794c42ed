"""DynamoDB models with Django's manners, on PynamoDB 6.

Usable without the auditor, which is not loaded by it. Names are imported when they are asked
for: the system checks of this room run where PynamoDB is not installed, too.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queryaudit.dynamodb.models import DynamoModel
    from queryaudit.dynamodb.paginator import KeyPaginator
    from queryaudit.dynamodb.queryset import DynamoDBManager, DynamoDBQuerySet

__all__ = ["DynamoDBManager", "DynamoDBQuerySet", "DynamoModel", "KeyPaginator"]

_PLACES = {
    "DynamoDBManager": "queryset",
    "DynamoDBQuerySet": "queryset",
    "DynamoModel": "models",
    "KeyPaginator": "paginator",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found: object = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
