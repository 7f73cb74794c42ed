"""Record every call of DynamoDB that passes botocore: boto3's, PynamoDB's, ours."""

from time import perf_counter
from typing import Any

from queryaudit.errors import log_once
from queryaudit.hooks import botocore
from queryaudit.recording.recorder import CURRENT

# In botocore's context, which lives as long as the call: recorder, parameters, start, bytes.
_NOTE = "queryaudit"


class _Watcher:
    """Notes the beginning of a call and records its end, in the thread of the caller."""

    def begin(self, operation: str, params: Any, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Note when a call began, and what it asks for."""
        recorder = CURRENT.get()
        if recorder is not None and recorder.is_open:
            context[_NOTE] = [recorder, params, perf_counter(), 0]

    def receive(self, response: Any, context: dict[str, Any]) -> None:
        """Note the bytes of an answer: botocore's headers, which tell them as well, are slow."""
        noted = context.get(_NOTE)
        if noted is not None:
            noted[3] = len(response["body"])

    def end(self, operation: str, parsed: Any, context: dict[str, Any]) -> None:
        """Count the call, also when the server refused it or was silent."""
        noted = context.pop(_NOTE, None)
        if noted is None:
            return
        end = perf_counter()
        try:
            recorder, params, start, size = noted
            ledger = recorder.dynamodb or recorder.begin_dynamodb()
            if parsed is not None:
                retries = parsed.get("ResponseMetadata", {}).get("RetryAttempts", 0)
                ledger.record(operation, params, start, end, parsed, size, retries)
            else:
                attempts = context.get("retries", {}).get("attempt", 1)
                ledger.record(operation, params, start, end, {}, 0, attempts - 1)
        except Exception:  # noqa: BLE001
            log_once("recording a call of DynamoDB")


_watcher = _Watcher()


def install() -> None:
    """Stand on the events of sessions that are made from now on."""
    botocore.subscribe(_watcher)


def uninstall() -> None:
    """Leave them."""
    botocore.unsubscribe(_watcher)
