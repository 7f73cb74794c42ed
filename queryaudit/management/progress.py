"""How far a long command is, on standard error: how many are done, and how many are left.

On a terminal a bar of Rich, where that is installed, else a line that moves; elsewhere a
line each tenth.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Told after each page: how many are done, how many are known and left, what the last was.
Show = Callable[[int, int, str], None]

_WIDTH = 100  # characters of a line that moves


@contextmanager
def progress_on(stream: Any) -> Iterator[Show]:
    """Yield what tells how far it is, as ``stream``, a command's, can show it."""
    if not stream.isatty():
        yield _tenths(stream)
        return
    try:
        bar = _bar(stream)
    except ImportError:  # the extra "cli" is optional
        yield _moving_line(stream)
        stream.write("")
        return
    with bar:
        yield _moving(bar)


def _tenths(stream: Any) -> Show:
    told = 0

    def show(done: int, left: int, what: str) -> None:
        nonlocal told
        share = 10 * done // max(1, done + left)
        if share > told:
            told = share
            stream.write(_words(done, left, what), str)  # no error, which Django would paint

    return show


def _moving_line(stream: Any) -> Show:
    length = 0

    def show(done: int, left: int, what: str) -> None:
        nonlocal length
        text = _words(done, left, what)[:_WIDTH]
        stream.write(f"\r{text.ljust(length)}", str, ending="")
        stream.flush()
        length = len(text)

    return show


def _bar(stream: Any) -> Any:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    return Progress(
        BarColumn(bar_width=24),
        TextColumn("{task.completed} asked, {task.fields[left]} left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[what]}", markup=False),  # a path is none
        console=Console(file=stream),
    )


def _moving(bar: Any) -> Show:
    task = bar.add_task("", total=None, left=0, what="")

    def show(done: int, left: int, what: str) -> None:
        bar.update(task, completed=done, total=done + left, left=left, what=_plain(what))

    return show


def _words(done: int, left: int, what: str) -> str:
    return f"{done} asked, {left} left  {_plain(what)}"


def _plain(text: str) -> str:
    """Return ``text`` without what a terminal would obey."""
    return "".join(one if one.isprintable() else "?" for one in text)
