"""Lines of source files, for several threads: requests are judged beside each other."""

import ast
import linecache
from threading import Lock
from typing import Final, Literal

_lock = Lock()  # linecache looks twice into a dict that another thread may clear between
_parsing = Lock()
_TRIES: Final = 3


def line_at(filename: str, line: int) -> str:
    """Return one line with its end; "" where there is none."""
    with _lock:
        return linecache.getline(filename, line)


def text_of(filename: str, *, anew: bool = False) -> str:
    """Return a whole file; ``anew`` where it may have changed since it was read."""
    with _lock:
        if anew:
            linecache.checkcache(filename)
        return "".join(linecache.getlines(filename))


def parse(source: str, mode: Literal["exec", "eval"] = "exec") -> ast.AST:
    """Return the syntax tree of ``source``. Raises SyntaxError or ValueError like ``ast.parse``.

    Python 3.11 counts the depth of a tree for all threads together and raises SystemError
    where two of them parse: ours take turns, and the site's own are rarely in the way.
    """
    with _parsing:
        for _ in range(_TRIES - 1):
            try:
                return ast.parse(source, mode=mode)
            except SystemError:
                continue
        return ast.parse(source, mode=mode)
