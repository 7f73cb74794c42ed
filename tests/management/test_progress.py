"""How far a long command is, on terminals with and without Rich, and elsewhere."""

import builtins
import io
import sys
from typing import Any

import pytest
from django.core.management.base import OutputWrapper

from queryaudit.management.progress import progress_on


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO) -> str:
    wrapper = OutputWrapper(stream)
    with progress_on(wrapper) as show:
        for done in range(1, 21):
            show(done, 20 - done, f"/page/[bold]{done}/\x1b[2J")
    return stream.getvalue()


def test_a_bar_of_rich_tells_count_and_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    text = shown(Terminal())
    assert "20 asked, 0 left" in text
    assert "/page/[bold]20/?[2J" in text, "a path is no markup, and nothing that a terminal obeys"
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}" in text


def test_without_rich_a_line_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_rich(name: str, *rest: Any) -> Any:
        if name.startswith("rich"):
            raise ImportError(name)
        return real(name, *rest)

    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without_rich)
    text = shown(Terminal())
    assert text.count("\r") == 20
    assert text.endswith("20 asked, 0 left  /page/[bold]20/?[2J\n")


def test_elsewhere_a_line_stands_for_each_tenth() -> None:
    lines = shown(io.StringIO()).splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith("20 asked, 0 left  /page/")
