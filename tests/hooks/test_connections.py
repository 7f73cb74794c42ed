from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections

from queryaudit.hooks import connections as hook

pytestmark = pytest.mark.django_db(databases=["default", "other"], transaction=True)


class Counter:
    def __init__(self) -> None:
        self.aliases: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self.aliases.append(context["connection"].alias)
        return execute(sql, params, many, context)


@pytest.fixture
def counter() -> Iterator[Counter]:
    counter = Counter()
    hook.subscribe(counter)
    yield counter
    hook.unsubscribe(counter)


def ask(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")


def test_open_connections_of_all_aliases_are_watched(counter: Counter) -> None:
    ask("default")
    ask("other")
    assert counter.aliases == ["default", "other"]


def test_a_connection_opened_later_in_another_thread_is_watched_once(counter: Counter) -> None:
    def work() -> None:
        ask("default")
        connections.close_all()
        ask("default")
        connections.close_all()

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert counter.aliases == ["default", "default"]


def test_a_wrapper_of_the_site_finds_itself_last_on_a_connection_not_open_yet(
    counter: Counter,
) -> None:
    """Appended instead of inserted, ours would be popped in the place of theirs."""
    seen: list[str] = []

    def theirs(execute: Callable[..., Any], *args: Any) -> Any:
        seen.append(args[0])
        return execute(*args)

    def work() -> None:
        with connection.execute_wrapper(theirs):
            ask("default")
        ask("default")
        connections.close_all()

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert len(seen) == 1
    assert counter.aliases == ["default", "default"]


def test_leaving_takes_the_wrapper_off_connections_of_other_threads() -> None:
    counter, wrappers = Counter(), []

    def work() -> None:
        ask("default")
        hook.unsubscribe(counter)
        wrappers.extend(connection.execute_wrappers)
        connections.close_all()

    hook.subscribe(counter)
    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert counter.aliases == ["default"]
    assert counter not in wrappers
    assert counter not in connection.execute_wrappers
    hook.unsubscribe(counter)


def test_a_connection_that_another_thread_has_open_already_is_watched() -> None:
    counter = Counter()
    ask("default")

    def subscribe() -> None:
        hook.subscribe(counter)
        connections.close_all()

    thread = Thread(target=subscribe)
    thread.start()
    thread.join()
    ask("default")
    hook.unsubscribe(counter)
    assert counter.aliases == ["default"]


def test_the_last_to_subscribe_is_told_last_of_a_new_connection() -> None:
    """What a site has put on it in between stands within."""
    from django.db.backends.signals import connection_created

    def first(execute: Any, *statement: Any) -> Any:
        return execute(*statement)

    def second(execute: Any, *statement: Any) -> Any:
        return execute(*statement)

    def of_the_site(execute: Any, *statement: Any) -> Any:
        return execute(*statement)

    def wrap(*, connection: Any, **_: object) -> None:
        connection.execute_wrappers.insert(0, of_the_site)

    hook.subscribe(first)
    connection_created.connect(wrap)
    hook.subscribe(second)
    try:
        created = connections.create_connection("default")
        created.connect()
        assert created.execute_wrappers.index(second) < (
            created.execute_wrappers.index(of_the_site)
        )
        created.close()
    finally:
        connection_created.disconnect(wrap)
        hook.unsubscribe(first)
        hook.unsubscribe(second)
