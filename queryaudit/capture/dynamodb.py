"""Record every call of DynamoDB that passes botocore: boto3's, PynamoDB's, ours."""

from time import perf_counter
from typing import Any

from queryaudit.errors import log_once
from queryaudit.hooks import botocore
from queryaudit.recording.dynamodb import DynamoCall
from queryaudit.recording.recorder import CURRENT

_NOTE = "queryaudit"  # in botocore's context, which lives as long as the call


class _Watcher:
    """Notes the beginning of a call and records its end, in the thread of the caller."""

    def begin(self, operation: str, params: Any, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Note when a call began, and what it asks for."""
        recorder = CURRENT.get()
        if recorder is not None and recorder.is_open:
            context[_NOTE] = recorder, perf_counter(), params

    def end(self, operation: str, parsed: Any, context: dict[str, Any]) -> None:
        """Count the call, also when the server refused it or was silent."""
        noted = context.pop(_NOTE, None)
        if noted is None:
            return
        seconds = perf_counter() - noted[1]
        try:
            recorder, start, params = noted
            recorder.record_call(_call(operation, params, start, seconds, parsed or {}))
        except Exception:  # noqa: BLE001
            log_once("recording a call of DynamoDB")


def _call(
    operation: str, params: Any, start: float, seconds: float, parsed: dict[str, Any]
) -> DynamoCall:
    get = parsed.get
    metadata: Any = get("ResponseMetadata")
    size = retries = 0
    if metadata is not None:
        retries = metadata.get("RetryAttempts", 0)
        length = metadata["HTTPHeaders"].get("content-length")
        if length is not None:
            size = int(length)
    if operation == "GetItem":
        returned: Any = 1 if "Item" in parsed else 0
    else:
        returned = get("Count")
        if returned is None:
            responses: Any = get("Responses") or ()
            is_by_table = isinstance(responses, dict)
            returned = sum(map(len, responses.values())) if is_by_table else len(responses)
    capacity = get("ConsumedCapacity")
    return DynamoCall(
        operation,
        params,
        start,
        seconds,
        None if capacity is None else _capacity(capacity),
        returned,
        get("ScannedCount", returned),
        size,
        retries,
    )


def _capacity(consumed: Any) -> float:
    """Return capacity units; batches tell them for each table."""
    if isinstance(consumed, dict):
        return float(consumed.get("CapacityUnits", 0.0))
    return float(sum(one.get("CapacityUnits", 0.0) for one in consumed))


_watcher = _Watcher()


def install() -> None:
    """Stand on the events of sessions that are made from now on."""
    botocore.subscribe(_watcher)


def uninstall() -> None:
    """Leave them."""
    botocore.unsubscribe()
