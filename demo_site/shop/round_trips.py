"""Count what a request asks of the database, and make each round trip as slow as configured.

The pages show this count. It is kept apart from any auditing package, so that the two can be
compared.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from botocore import register_initializer
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

T = TypeVar("T")

_OF_TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")


class RoundTrips:
    """The number of statements, and of calls of DynamoDB, sent since the count began.

    The object is shared by all threads which work for the request: a thread gets a copy of the
    context, but the copy holds the same object.
    """

    def __init__(self) -> None:
        self.count = 0
        self.calls = 0


_current: ContextVar[RoundTrips | None] = ContextVar("round_trips", default=None)


@contextmanager
def count_round_trips() -> Iterator[RoundTrips]:
    """Count the statements of the block, and of nobody else who runs at the same time."""
    round_trips = RoundTrips()
    token = _current.set(round_trips)
    try:
        yield round_trips
    finally:
        _current.reset(token)


def get_round_trips() -> RoundTrips:
    """Return the count of this request, an empty one outside of any request."""
    return _current.get() or RoundTrips()


def counting(rows: Iterable[T], round_trips: RoundTrips) -> Iterator[T]:
    """Yield ``rows``, and count what reading them asks: a stream is read after its request."""
    iterator = iter(rows)
    while True:
        token = _current.set(round_trips)
        try:
            row = next(iterator)
        except StopIteration:
            return
        finally:
            _current.reset(token)
        yield row


def watch_connections() -> None:
    """Wrap the connections which are open already, and each other one when it opens."""
    connection_created.connect(_wrap_new_connection, dispatch_uid="shop.round_trips")
    for connection in connections.all(initialized_only=True):
        _wrap_connection(connection)


def _wrap_new_connection(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    _wrap_connection(connection)


def _wrap_connection(connection: BaseDatabaseWrapper) -> None:
    # The signal is sent again when a closed connection reopens, and the wrappers stay on it.
    if _make_round_trip not in connection.execute_wrappers:
        # In front: a block of connection.execute_wrapper() takes the last one off at its end.
        # Auditors attach after the shop (see INSTALLED_APPS), so that their clocks see the latency.
        connection.execute_wrappers.insert(0, _make_round_trip)


def _make_round_trip(execute: Callable[..., Any], sql: Any, *more: Any) -> Any:
    round_trips = _current.get()
    # Which of them are sent at all differs from database to database.
    if round_trips is not None and not str(sql).startswith(_OF_TRANSACTIONS):
        round_trips.count += 1
    _wait()
    return execute(sql, *more)


def watch_calls() -> None:
    """Count and delay each request that a session of botocore, still to be made, sends."""
    register_initializer(_watch_session)


def _watch_session(session: Any) -> None:
    session.get_component("event_emitter").register("before-send.dynamodb", _send_call)


def _send_call(**_: object) -> None:
    round_trips = _current.get()
    if round_trips is not None:
        round_trips.calls += 1
    _wait()


def _wait() -> None:
    if settings.DEMO_LATENCY_MS > 0:
        time.sleep(settings.DEMO_LATENCY_MS / 1000)
