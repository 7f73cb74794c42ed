"""Record every call of DynamoDB that passes botocore: boto3's, PynamoDB's, ours."""

from time import perf_counter
from typing import Any

from queryaudit.errors import log_once
from queryaudit.hooks import botocore
from queryaudit.recording.recorder import CURRENT

# In botocore's context, which lives as long as the call: a list of the recorder, the parameters,
# the ``Alike`` that expected the call if any, the answer's bytes, retries, the start.
_NOTE = "queryaudit"
_SIZE, _RETRIES = 3, 4


class _Watcher:
    """Notes the beginning of a call and records its end, in the thread of the caller."""

    def begin(self, operation: str, params: Any, context: dict[str, Any]) -> None:
        """Note when a call began, and what it asks for."""
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return
        ledger, alike = recorder.dynamodb, None
        try:
            if ledger is not None:
                # What expected() does for most calls of a loop, without its call.
                alike = ledger.latest
                if (
                    alike is None
                    or alike.operation != operation
                    or {**params, alike.varying: None} != alike.params
                ):
                    alike = ledger.expected(operation, params)
        except Exception:  # noqa: BLE001
            # botocore checks them only now: what cannot be compared is what it will refuse.
            alike = None
        # The first attempt is no retry.
        context[_NOTE] = [recorder, params, alike, 0, -1, perf_counter()]

    def receive(self, response: Any, context: dict[str, Any]) -> None:
        """Note an attempt and its bytes: botocore's headers, which tell them too, are slow."""
        noted = context.get(_NOTE)
        if noted is not None:
            noted[_RETRIES] += 1
            noted[_SIZE] = 0 if response is None else len(response["body"])

    def end(self, operation: str, parsed: Any, context: dict[str, Any]) -> None:
        """Count the call, also when the server refused it or was silent."""
        noted = context.pop(_NOTE, None)
        if noted is None:
            return
        end = perf_counter()
        try:
            recorder, params, alike, size, retries, start = noted
            if parsed is None:
                # The last attempt may have ended before it was sent.
                alike, retries = None, context.get("retries", {}).get("attempt", 1) - 1
            elif retries < 0:  # a handler of the site's answered in the place of the server
                retries = parsed.get("ResponseMetadata", {}).get("RetryAttempts", 0)
            if alike is None or not alike.count(parsed, start, end, size, retries):
                ledger = recorder.dynamodb or recorder.begin_dynamodb()
                ledger.record(operation, params, start, end, parsed or {}, size, retries)
        except Exception:  # noqa: BLE001
            log_once("recording a call of DynamoDB")


_watcher = _Watcher()


def install() -> None:
    """Stand on the events of sessions that are made from now on."""
    botocore.subscribe(_watcher)


def uninstall() -> None:
    """Leave them."""
    botocore.unsubscribe(_watcher)
