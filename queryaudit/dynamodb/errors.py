"""What goes wrong with DynamoDB, named by model, attribute, index or setting.

Errors of the server stay what handlers written for PynamoDB expect: each is one of its own
exceptions, too.
"""

from queryaudit.dynamodb import requirement  # noqa: F401  # names the extra

# isort: split

from django.core import exceptions
from pynamodb import exceptions as theirs

from queryaudit.errors import DynamoDBError

__all__ = [
    "ConditionFailedError",
    "DynamoDBQueryException",
    "DynamoDBQuerySetError",
    "FieldDoesNotExists",
    "InvalidOperator",
    "ItemTooLargeError",
    "MultipleObjectsReturned",
    "ObjectDoesNotExist",
    "ResumeKeyError",
    "TableMissingError",
    "ThrottledError",
    "UnavailableError",
    "UnknownIndexError",
    "UnprocessedError",
    "ValueTypeError",
]


class DynamoDBQueryException(DynamoDBError):  # noqa: N818  # pydjamodb's name
    """A condition cannot be asked; pydjamodb's name."""


class FieldDoesNotExists(DynamoDBQueryException, AttributeError):  # type: ignore[misc]  # noqa: N818
    """A name is no attribute of the model; pydjamodb's name."""

    __reduce__ = DynamoDBError.__reduce__


class InvalidOperator(DynamoDBQueryException, ValueError):  # noqa: N818
    """A lookup is none, or not one that this attribute can be asked by; pydjamodb's name."""


class ValueTypeError(DynamoDBQueryException, TypeError):
    """A value is not of the type that the attribute holds."""


class DynamoDBQuerySetError(DynamoDBError):
    """A queryset cannot be read as it stands, as without a hash key; pydjamodb's name."""


class ObjectDoesNotExist(  # noqa: N818  # pydjamodb's name, and Django's
    DynamoDBQuerySetError, exceptions.ObjectDoesNotExist, theirs.DoesNotExist
):
    """No item is what was asked for: Django's, PynamoDB's and pydjamodb's exception."""

    def __init__(
        self,
        msg: str | None = None,
        cause: Exception | None = None,
        *,
        model: str = "",
        name: str = "",
    ) -> None:
        self.msg = msg or theirs.DoesNotExist.msg
        self.cause = cause
        DynamoDBError.__init__(self, self.msg, model=model, name=name)


class MultipleObjectsReturned(  # noqa: N818  # pydjamodb's name, and Django's
    DynamoDBQuerySetError, exceptions.MultipleObjectsReturned
):
    """Several items are what one was asked for."""


class UnknownIndexError(DynamoDBQuerySetError):
    """A name is no index of the model."""


class ResumeKeyError(DynamoDBQuerySetError):
    """A resume key belongs to another query, table or index."""


class _ServerError(
    DynamoDBError,
    theirs.GetError,
    theirs.QueryError,
    theirs.ScanError,
    theirs.PutError,
    theirs.UpdateError,
    theirs.DeleteError,
    theirs.TableError,
):
    """What the server, or its silence, tells; ``cause`` is botocore's exception.

    It is each of PynamoDB's errors, since handlers name the operation that they guard.
    """

    def __init__(
        self, text: str, cause: Exception | None = None, *, model: str = "", name: str = ""
    ) -> None:
        DynamoDBError.__init__(self, text, model=model, name=name)
        self.msg = text
        self.cause = cause


class UnavailableError(_ServerError):
    """The server does not answer, or not in time; the text names its address and the setting."""


class ThrottledError(_ServerError):
    """The server still refuses for lack of capacity after all retries."""


class UnprocessedError(_ServerError):
    """A batch was not wholly processed within the time for retries.

    ``unprocessed`` counts what is left of it.
    """

    unprocessed = 0


class ConditionFailedError(_ServerError):
    """A conditional write lost: the item is not, or no longer, what the condition asks for."""


class TableMissingError(_ServerError, theirs.TableDoesNotExist):
    """The table, or the index, is not there; ``name`` is its full name."""


class ItemTooLargeError(_ServerError, ValueError):
    """An item is over the 400 KB that DynamoDB takes; ``name`` is its key."""
