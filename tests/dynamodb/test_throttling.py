"""Throttling, which DynamoDB Local does not do: by a server of ours in front of it."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from pynamodb.exceptions import GetError, PutError

import queryaudit
from queryaudit.dynamodb.errors import ThrottledError
from tests.dynamodb.conftest import at
from tests.dynamodb.models import Reading
from tests.dynamodb.test_audits import given


class Gate:
    """Refuses the first calls for lack of capacity and hands on all others."""

    def __init__(self, behind: str, code: str) -> None:
        self.behind, self.code = behind, code
        self.refuses, self.seen = 0, 0
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gate.seen += 1
                status, answer = gate.answer(dict(self.headers), body)
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if self.seen <= self.refuses:
            kind = f"com.amazonaws.dynamodb.v20120810#{self.code}"
            return 400, json.dumps({"__type": kind, "message": "too much"}).encode()
        request = urllib.request.Request(self.behind, body, headers, method="POST")  # noqa: S310
        with urllib.request.urlopen(request) as answered:  # noqa: S310
            return answered.status, answered.read()


@contextmanager
def gated(behind: str, refuses: int, code: str) -> Iterator[Gate]:
    gate = Gate(behind, code)
    thread = threading.Thread(target=gate.server.serve_forever)
    thread.start()
    try:
        with at(gate.address):
            Reading._get_connection()
            gate.refuses = refuses
            yield gate
    finally:
        gate.server.shutdown()
        thread.join()
        gate.server.server_close()


CODE = "ProvisionedThroughputExceededException"
ACTS: list[Callable[[], Any]] = [
    lambda: Reading.objects.get(sensor="s1", number=1),
    lambda: list(Reading.objects.filter(sensor="s1")),
    lambda: Reading.objects.in_bulk([("s1", 1), ("s1", 2)]),
    lambda: Reading(sensor="s1", number=1).save(),
    lambda: Reading.objects.bulk_create([Reading(sensor="s1", number=1)]),
]


@pytest.mark.parametrize("act", ACTS, ids=["get", "query", "in_bulk", "save", "bulk_create"])
def test_a_call_that_is_throttled_twice_succeeds_and_its_retries_are_counted(
    readings: Any, dynamodb_server: str, act: Callable[[], Any]
) -> None:
    with gated(dynamodb_server, 2, CODE) as gate, queryaudit.audit() as audit:
        act()
    assert gate.seen == 3
    assert (audit.dynamodb.calls, audit.dynamodb.retries) == (1, 2)
    assert "2 retries" in str(audit)


@pytest.mark.parametrize("code", [CODE, "ThrottlingException", "RequestLimitExceeded"])
@pytest.mark.parametrize("act", ACTS, ids=["get", "query", "in_bulk", "save", "bulk_create"])
def test_throttling_without_end_is_an_error_within_the_stated_time(
    readings: Any, dynamodb_server: str, act: Callable[[], Any], code: str
) -> None:
    with gated(dynamodb_server, 1_000, code) as gate, queryaudit.audit() as audit:
        began = time.monotonic()
        with pytest.raises(ThrottledError, match="throttled, also after 2 retries") as caught:
            act()
        seconds = time.monotonic() - began
    assert seconds < 20  # 3 s of pauses are stated; the machine may be busy
    assert gate.seen == 3
    assert (audit.dynamodb.calls, audit.dynamodb.retries) == (1, 2)
    assert isinstance(caught.value, (GetError, PutError))
    for words in ("Reading", "too much", "BILLING_MODE", "Meta.max_retry_attempts"):
        assert words in str(caught.value)


def test_retries_of_calls_without_an_answer_are_counted(readings: Any) -> None:
    gone = "http://127.0.0.1:9"
    client = boto3.session.Session().client("dynamodb", **given(gone))
    with queryaudit.audit() as audit:
        with at(gone), pytest.raises(GetError):
            Reading.objects.get(sensor="s1", number=1)
    assert (audit.dynamodb.calls, audit.dynamodb.retries) == (1, 2)
    with queryaudit.audit() as audit:
        with pytest.raises(Exception, match="Could not connect"):
            client.get_item(TableName="a", Key={"b": {"S": "c"}})
    assert audit.dynamodb.calls == 1
    assert audit.dynamodb.retries > 0
