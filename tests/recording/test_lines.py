"""Source files and their syntax, for several threads."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from threading import Thread

import pytest

from queryaudit.recording import lines

SOURCE = inspect.getsource(textwrap)


def test_threads_parse_beside_each_other() -> None:
    found: list[str] = []

    def parse() -> None:
        for _ in range(6):
            try:
                lines.parse(SOURCE)
            except Exception as error:  # noqa: BLE001  # told by the main thread
                found.append(repr(error))

    threads = [Thread(target=parse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == []


def failing(times: int) -> Callable[..., ast.AST]:
    """Return ``ast.parse`` as Python 3.11 has it while another thread parses, too."""
    original, calls = ast.parse, []

    def parse(source: str, *, mode: str) -> ast.AST:
        calls.append(source)
        if len(calls) <= times:
            raise SystemError("AST constructor recursion depth mismatch (before=165, after=55)")
        return original(source, mode=mode)

    return parse


def test_a_parse_that_another_thread_of_the_site_spoils_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ast, "parse", failing(2))
    assert isinstance(lines.parse("1 + 1", "eval"), ast.Expression)
    monkeypatch.setattr(ast, "parse", failing(3))
    with pytest.raises(SystemError):
        lines.parse("1 + 1")


def test_what_is_no_python_is_told() -> None:
    with pytest.raises(SyntaxError):
        lines.parse("1 +")
