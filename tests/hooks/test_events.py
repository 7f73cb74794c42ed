from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from queryaudit import capture
from queryaudit.hooks import events


@pytest.mark.usefixtures("_uninstalled")
def test_nobody_listens_unless_the_auditor_is_installed() -> None:
    assert not events.raw_queries.listeners
    capture.install()
    capture.install()
    assert len(events.raw_queries.listeners) == 1
    capture.uninstall()
    assert not events.raw_queries.listeners


def test_listeners_stand_around_what_is_told_and_leave_after_an_error() -> None:
    channel, heard = events.Channel(), list[Any]()

    @contextmanager
    def listen(told: Any) -> Iterator[None]:
        heard.append(told)
        try:
            yield
        finally:
            heard.append("left")

    channel.subscribe(listen)
    channel.subscribe(listen)
    with pytest.raises(ZeroDivisionError), channel.telling("a model"):
        1 / 0  # noqa: B018
    assert heard == ["a model", "left"]
    channel.unsubscribe(listen)
    with channel.telling("a model"):
        assert heard == ["a model", "left"]
