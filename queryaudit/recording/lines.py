"""Lines of source files, for several threads: requests are judged beside each other."""

import linecache
from threading import Lock

_lock = Lock()  # linecache looks twice into a dict that another thread may clear between


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
