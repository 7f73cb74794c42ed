"""See every write to DynamoDB of this process, by whichever client, through botocore's events."""

import logging
from typing import Any, Final, Protocol
from weakref import WeakSet

from queryaudit.dynamodb import connection
from queryaudit.errors import QueryAuditError
from queryaudit.hooks import botocore

_READS: Final = {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}
_ASKING: Final = ("Describe", "List")  # how operations begin that change nothing
_STATEMENTS: Final = {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}
_KEY: Final = "queryaudit_written"

_logger = logging.getLogger("queryaudit")


class Shelf(Protocol):
    """What holds items of a table. ``poll`` tells that other processes are to hear of writes."""

    poll: float | None

    @property
    def table(self) -> str:
        """The full name of its table."""
        ...

    def drop(self, why: str) -> None:
        """Forget the items."""
        ...


class _Watcher:
    """Drops what a call has written, when it is answered, and also when it is not."""

    def __init__(self) -> None:
        self.shelves: WeakSet[Shelf] = WeakSet()

    def begin(self, operation: str, params: Any, context: dict[str, Any]) -> None:
        """Note which tables the call writes, None for any."""
        if operation not in _READS and not operation.startswith(_ASKING):
            context[_KEY] = None if operation in _STATEMENTS else _tables_in(params)

    def receive(self, response: Any, context: dict[str, Any]) -> None:
        """Nothing is to be known of one attempt."""

    def end(self, operation: str, parsed: Any, context: dict[str, Any]) -> None:
        """Drop what is held of them: the server may have done it before the answer was lost."""
        if _KEY not in context:
            return
        tables = context.pop(_KEY)
        told = set()
        for shelf in list(self.shelves):
            table = shelf.table
            if tables is None or table in tables:
                shelf.drop("a write")
                if shelf.poll is not None:
                    told.add(table)
        for table in told:
            _tell(table)


def _tell(table: str) -> None:
    from queryaudit.dynamodb.versions import bump  # noqa: PLC0415  # makes a model

    try:
        bump(table)
    except QueryAuditError as error:
        _logger.warning(
            "queryaudit: other processes do not hear of a write to %s before their ttl is over: %s",
            table,
            error,
        )


def _tables_in(params: Any) -> frozenset[str] | None:
    """Return the tables that a call names, without the address of an ARN; None for any."""
    names: list[str] = [params["TableName"]] if "TableName" in params else []
    names += params.get("RequestItems") or ()
    for item in params.get("TransactItems") or ():
        names += [one["TableName"] for one in item.values()]
    return frozenset(name.rpartition("/")[2] for name in names) if names else None


_watcher = _Watcher()


def watch(shelf: Shelf) -> None:
    """Tell ``shelf`` of writes from now on.

    Clients of models that were made before the first of them are made anew, to be heard.
    """
    if not _watcher.shelves:
        botocore.subscribe(_watcher)
        connection.renew_clients()
    _watcher.shelves.add(shelf)
