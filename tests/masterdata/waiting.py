"""What tests of several processes share: waiting for another one, and being forked."""

import os
import time
from collections.abc import Callable, Iterable

from django.db import connections

from queryaudit import masterdata


def until(is_so: Callable[[], bool], seconds: float) -> float:
    """Wait for it; return how long it took."""
    begin = time.monotonic()
    while not is_so():
        assert time.monotonic() - begin < seconds, "it did not come about"
        time.sleep(0.001)
    return time.monotonic() - begin


def in_forked_child(say: Callable[[], Iterable[str]]) -> str:
    """Return what a forked child says, which holds no rows when it begins; "failed" on an error."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = "failed"
        try:
            kept = []  # the parent's connections are neither used nor closed
            for one in connections.all(initialized_only=True):
                kept.append(one.connection)
                one.connection = None
            assert not [one for one in masterdata.stats() if one["rows"]]
            said = ",".join(say())
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    try:
        return os.read(reader, 100).decode()
    finally:
        os.close(reader)
