"""DynamoDB models with Django's manners, on PynamoDB 6.

Usable without the auditor, which is not loaded by it.
"""

from queryaudit.errors import MissingExtraError

try:
    import pynamodb
except ImportError as error:
    raise MissingExtraError("queryaudit.dynamodb", "dynamodb") from error

if pynamodb.__version__.split(".")[0] in {"4", "5"}:
    # Its calls pass no events, and its connections take other arguments.
    msg = "queryaudit.dynamodb"
    raise MissingExtraError(msg, "dynamodb")

from queryaudit.dynamodb.models import DynamoModel
from queryaudit.dynamodb.queryset import DynamoDBManager, DynamoDBQuerySet

__all__ = ["DynamoDBManager", "DynamoDBQuerySet", "DynamoModel"]
