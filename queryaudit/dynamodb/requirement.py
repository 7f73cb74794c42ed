"""Imported first by what sites import: names the extra where PynamoDB 6 is missing."""

from queryaudit.errors import MissingExtraError

try:
    import pynamodb
except ImportError as error:
    raise MissingExtraError("queryaudit.dynamodb", "dynamodb") from error

# Calls of PynamoDB 5 pass none of botocore's events, and its connections take other arguments.
if int(pynamodb.__version__.partition(".")[0]) < 6:
    raise MissingExtraError("queryaudit.dynamodb (PynamoDB 6 or newer)", "dynamodb")
