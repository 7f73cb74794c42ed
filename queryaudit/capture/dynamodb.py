"""Record every call of DynamoDB that passes botocore: boto3's, PynamoDB's, ours."""

from time import perf_counter
from typing import Any

from queryaudit.errors import log_once
from queryaudit.hooks import botocore
from queryaudit.recording.recorder import CURRENT

# In botocore's context, which lives as long as the call: recorder, parameters, what counts it
# where one like it is expected, bytes, retries, start.
_NOTE = "queryaudit"
_SIZE, _RETRIES = 3, 4


class _Watcher:
    """Notes the beginning of a call and records its end, in the thread of the caller."""

    def begin(self, operation: str, params: Any, context: dict[str, Any]) -> None:
        """Note when a call began, and what it asks for."""
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return
        alike = None
        try:
            if recorder.dynamodb is not None:
                alike = recorder.dynamodb.expected(operation, params)
        except Exception:  # noqa: BLE001
            log_once("comparing a call of DynamoDB")
        # The first attempt is no retry.
        context[_NOTE] = [recorder, params, alike, 0, -1, perf_counter()]

    def receive(self, response: Any, context: dict[str, Any]) -> None:
        """Note the bytes of an answer: botocore's headers, which tell them as well, are slow."""
        noted = context.get(_NOTE)
        if noted is not None:
            noted[_RETRIES] += 1
            if response is not None:
                noted[_SIZE] = len(response["body"])

    def end(self, operation: str, parsed: Any, context: dict[str, Any]) -> None:
        """Count the call, also when the server refused it or was silent."""
        noted = context.pop(_NOTE, None)
        if noted is None:
            return
        end = perf_counter()
        try:
            recorder, params, alike, size, retries, start = noted
            is_alike = alike is not None and parsed is not None
            if not (is_alike and alike.count(parsed, start, end, size, retries)):
                ledger = recorder.dynamodb or recorder.begin_dynamodb()
                ledger.record(operation, params, start, end, parsed or {}, size, max(0, retries))
        except Exception:  # noqa: BLE001
            log_once("recording a call of DynamoDB")


_watcher = _Watcher()


def install() -> None:
    """Stand on the events of sessions that are made from now on."""
    botocore.subscribe(_watcher)


def uninstall() -> None:
    """Leave them."""
    botocore.unsubscribe(_watcher)
