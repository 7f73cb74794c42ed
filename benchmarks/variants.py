"""What stands around the shop while a page is asked for."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from django.db import connections
from django.db.backends.signals import connection_created

from benchmarks.pages import Page
from benchmarks.stacks import Stack, Visit
from queryaudit import capture

BARE: Final = "bare"
WRAPPER: Final = "empty wrapper"
IDLE: Final = "hooks, no audit"
AUDITED: Final = "middleware"
CONTROL: Final = "bare again"

# A round takes them there and back, so that a machine that grows slower or faster
# evenly treats all alike. The two bares stand at the ends, where it treats them worst.
VARIANTS: Final = (BARE, WRAPPER, IDLE, AUDITED, CONTROL)


class Variants:
    """The variants of one process: each is entered by leaving what the last one needed."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._plain = Stack(self.loop, with_auditor=False)
        self._audited = Stack(self.loop, with_auditor=True)

    def enter(self, variant: str, page: Page) -> Visit:
        """Make hooks and connections those of ``variant`` and return what asks for ``page``."""
        if variant in {IDLE, AUDITED}:
            unwrap()
            capture.install()
        else:
            capture.uninstall()
            wrap() if variant == WRAPPER else unwrap()
        _keep_connections(open_for=0 if page.is_async else None)
        return (self._audited if variant == AUDITED else self._plain).visit(page)

    def close(self) -> None:
        """Leave nothing behind."""
        capture.uninstall()
        unwrap()
        self.loop.close()


def _keep_connections(*, open_for: int | None) -> None:
    """Keep the connection of WSGI open; ASGI has a thread, thus a connection, a request."""
    connections.settings["default"]["CONN_MAX_AGE"] = open_for


def pass_on(
    execute: Callable[..., Any], sql: Any, params: Any, many: Any, context: dict[str, Any]
) -> Any:
    """Do nothing, as an execute wrapper."""
    return execute(sql, params, many, context)


def wrap(wrapper: Callable[..., Any] = pass_on) -> None:
    """Put ``wrapper`` on every connection, open or opened later."""

    def attach(*, connection: Any, **_: object) -> None:
        if wrapper not in connection.execute_wrappers:
            connection.execute_wrappers.append(wrapper)

    connection_created.connect(attach, weak=False, dispatch_uid="benchmarks.variants")
    for connection in connections.all(initialized_only=True):
        attach(connection=connection)


def unwrap(wrapper: Callable[..., Any] = pass_on) -> None:
    """Take ``wrapper`` off again."""
    connection_created.disconnect(dispatch_uid="benchmarks.variants")
    for connection in connections.all(initialized_only=True):
        if wrapper in connection.execute_wrappers:
            connection.execute_wrappers.remove(wrapper)


def count_queries(variants: Variants, page: Page) -> int:
    """Return how many statements the bare page makes, counted without the auditor."""
    visit = variants.enter(BARE, page)
    statements: list[object] = []

    def count(execute: Callable[..., Any], sql: Any, *more: Any) -> Any:
        statements.append(sql)
        return execute(sql, *more)

    wrap(count)
    try:
        visit()
    finally:
        unwrap(count)
    return len(statements)
