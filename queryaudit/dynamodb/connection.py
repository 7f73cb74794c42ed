"""One client of botocore for each server, made once under a lock, and again after a fork."""

import os
from collections.abc import Callable
from threading import RLock
from typing import Any, Final

from botocore import exceptions as botos
from botocore.exceptions import ClientError
from botocore.session import get_session
from pynamodb.connection.base import Connection
from pynamodb.connection.table import TableConnection as PynamoTableConnection

from queryaudit import conf
from queryaudit.dynamodb.errors import (
    ConditionFailedError,
    ItemTooLargeError,
    ResumeKeyError,
    TableMissingError,
    ThrottledError,
    UnavailableError,
)
from queryaudit.dynamodb.parsing import ItemParserFactory

# Attempts after the first one, with botocore's pauses between them: at most 75 ms in all where
# nobody answers, 3 s where the server throttles. So a server that is silent takes
# 3 * READ_TIMEOUT seconds until it is an error, one that cannot be reached 3 * CONNECT_TIMEOUT.
RETRIES: Final = 2
MAX_ITEM: Final = 400 * 1024  # bytes, of DynamoDB

_SILENT = (
    botos.EndpointConnectionError,
    botos.ConnectTimeoutError,
    botos.ReadTimeoutError,
    botos.ConnectionClosedError,
    botos.SSLError,
    botos.ProxyConnectionError,
    botos.HTTPClientError,
)
_UNSET = (botos.NoCredentialsError, botos.PartialCredentialsError, botos.NoRegionError)
_THROTTLES = {
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}
_TABLE_CALLS = {"DescribeTable", "DeleteTable", "UpdateTable", "DescribeTimeToLive"}


class Epoch:
    """A stretch of time in which settings, test prefix and process are the same."""

    __slots__ = ("clients", "prefix")

    def __init__(self, prefix: str, clients: dict[Any, Any]) -> None:
        self.prefix = prefix  # of tests
        self.clients = clients  # by all that they were made with


lock = RLock()
epoch = Epoch("", {})
# Told of each table that a call writes to; the tests' runner and fixture empty these.
on_write: Callable[[str], None] | None = None
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}


def begin_epoch(prefix: str | None = None) -> None:
    """Have each model connect anew at its next call; ``prefix`` of tests is kept unless given."""
    global epoch  # noqa: PLW0603
    epoch = Epoch(epoch.prefix if prefix is None else prefix, epoch.clients)


def current() -> Epoch:
    """Return the epoch that connections must be of."""
    return epoch


def renew_clients() -> None:
    """Have clients made anew: who listens to botocore from now on is not heard by older ones."""
    global epoch  # noqa: PLW0603
    epoch = Epoch(epoch.prefix, {})


def _after_fork() -> None:
    # The parent's sockets are not ours to use, and another of its threads may hold the lock.
    global lock, epoch  # noqa: PLW0603
    lock = RLock()
    epoch = Epoch(epoch.prefix, {})


os.register_at_fork(after_in_child=_after_fork)
conf.when_changed(begin_epoch)


class SharedConnection(Connection):
    """PynamoDB's connection on a client that models share, with errors that name the setting."""

    model = ""

    @property
    def session(self) -> Any:
        """Return a new session; it is asked for under the lock."""
        session = get_session()
        if self._aws_access_key_id and self._aws_secret_access_key:
            session.set_credentials(
                self._aws_access_key_id, self._aws_secret_access_key, self._aws_session_token
            )
        session.register_component("response_parser_factory", ItemParserFactory())
        return session

    @property
    def client(self) -> Any:
        """Return the client of this server; made again where botocore found no credentials."""
        if self._client is None or not _has_credentials(self._client):
            with lock:
                clients = current().clients
                self._client = clients.get(self._identity())
                if self._client is None or not _has_credentials(self._client):
                    self._client = None
                    clients[self._identity()] = super().client
        return self._client

    def _identity(self) -> tuple[Any, ...]:
        return (
            self.host,
            self.region,
            self._aws_access_key_id,
            self._aws_secret_access_key,
            self._aws_session_token,
            self._connect_timeout_seconds,
            self._read_timeout_seconds,
            self._max_retry_attempts_exception,
            self._max_pool_connections,
            tuple((self._extra_headers or {}).items()),
        )

    def _make_api_call(self, operation_name: str, operation_kwargs: dict[str, Any]) -> Any:
        if on_write is not None and operation_name in _WRITES:
            for name in str(self._get_table_name_for_error_context(operation_kwargs)).split(","):
                on_write(name)
        try:
            return super()._make_api_call(operation_name, operation_kwargs)
        except ClientError as error:
            told = self._told(error, operation_name, operation_kwargs)
            if told is None:
                raise
            raise told from error
        except _UNSET as error:
            text = (
                f"{operation_name} cannot be sent: {str(error).removesuffix('.')}. Set "
                "AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of "
                'QUERYAUDIT["DYNAMODB"], or let botocore find them'
            )
            raise UnavailableError(text, error, model=self.model) from error
        except _SILENT as error:
            raise self._unavailable(error, operation_name) from error

    def _unavailable(self, error: Exception, operation: str) -> UnavailableError:
        host = self.host or f"dynamodb.{self.region}.amazonaws.com"
        text = (
            f"DynamoDB at {host} did not answer {operation} of {self.model}: "
            f"{str(error).removesuffix('.')}. {1 + self._max_retry_attempts_exception} attempts, "
            f"CONNECT_TIMEOUT {self._connect_timeout_seconds} s, READ_TIMEOUT "
            f'{self._read_timeout_seconds} s; these and HOST stand in QUERYAUDIT["DYNAMODB"]'
        )
        return UnavailableError(text, error, model=self.model, name=host)

    def _told(self, error: ClientError, operation: str, given: dict[str, Any]) -> Exception | None:
        """Return the error of ours that says more; None where the server's text says it all."""
        code = error.response["Error"].get("Code", "")
        text = error.response["Error"].get("Message", "")
        key = self._key_of(given)
        if code == "ConditionalCheckFailedException":
            msg = f"{operation} of {self.model} {key} lost: the item is not what it asks for"
            return ConditionFailedError(msg, error, model=self.model, name=key)
        if code in _THROTTLES:
            tries = self._max_retry_attempts_exception
            msg = (
                f"{operation} of {self.model} was throttled, also after {tries} retries: "
                f"{text.removesuffix('.')}. Raise the capacity of the table or make its "
                "BILLING_MODE PAY_PER_REQUEST, ask for less at once or for keys that lie "
                "apart; Meta.max_retry_attempts of the model has it wait longer"
            )
            return ThrottledError(msg, error, model=self.model)
        if code == "ResourceNotFoundException" and operation not in _TABLE_CALLS:
            table = self._get_table_name_for_error_context(given)
            msg = (
                f"{operation} of {self.model}: there is no table or index {table!r} at "
                f"{self.host or self.region}; `manage.py dynamodb create` makes it"
            )
            return TableMissingError(msg, error, model=self.model, name=str(table))
        if code == "ValidationException" and "starting key" in text.lower():
            msg = (
                f"{operation} of {self.model}: the resume key lies outside of what is asked for: "
                f"{text.removesuffix('.')}. It is of a query with another range"
            )
            return ResumeKeyError(msg, model=self.model)
        if code == "ValidationException" and "size" in text and "exceeded" in text:
            msg = (
                f"{operation} of {self.model} {key}: an item takes at most {MAX_ITEM:,} bytes, "
                "names of attributes included"
            )
            return ItemTooLargeError(msg, error, model=self.model, name=key)
        return None

    def _key_of(self, given: dict[str, Any]) -> str:
        """Return the key that a call names: ``('s1', 3)``."""
        table = self._tables.get(given.get("TableName", ""))
        item = given.get("Key") or given.get("Item")
        if table is None or not item:
            items = _batched(given)
            largest = max(items, key=lambda one: len(repr(one)), default=None)
            if largest is None or (table is None and not self._tables):
                return ""
            table, item = table or next(iter(self._tables.values())), largest
        names = [table.hash_keyname, table.range_keyname]
        found = [next(iter(item[name].values())) for name in names if name and name in item]
        return f"({', '.join(map(repr, found))})"


def _has_credentials(client: Any) -> bool:
    signer = client._request_signer  # as PynamoDB looks at it
    return not (signer and not signer._credentials)


def _batched(given: dict[str, Any]) -> list[Any]:
    return [
        request["PutRequest"]["Item"]
        for requests in given.get("RequestItems", {}).values()
        if isinstance(requests, list)
        for request in requests
        if "PutRequest" in request
    ]


class TableConnection(PynamoTableConnection):
    """The connection of one model, good for one epoch."""

    def __init__(self, model: Any, meta_table: Any, now: Epoch) -> None:
        meta = model.Meta
        self.epoch = now
        self.table_name = meta.table_name
        self.connection = SharedConnection(
            region=meta.region,
            host=meta.host,
            connect_timeout_seconds=meta.connect_timeout_seconds,
            read_timeout_seconds=meta.read_timeout_seconds,
            max_retry_attempts=meta.max_retry_attempts,
            max_pool_connections=meta.max_pool_connections,
            extra_headers=meta.extra_headers,
            aws_access_key_id=meta.aws_access_key_id,
            aws_secret_access_key=meta.aws_secret_access_key,
            aws_session_token=meta.aws_session_token,
        )
        self.connection.model = model.__name__
        self.connection.add_meta_table(meta_table)
