"""Do what follows an audit off the visitor's path: one thread, one bounded queue."""

import atexit
import logging
import os
import threading
from collections.abc import Callable
from queue import Full, Queue
from typing import Final

from queryaudit.errors import log_once

MAX_WAITING: Final = 500
_EXIT_SECONDS: Final = 2.0  # a process that ends gives the rest of the queue so long

_logger = logging.getLogger("queryaudit")
Job = Callable[[], None]


class Writer:
    """A thread that is started by the first job, in each process for itself.

    A job that does not fit the queue is dropped: a site under load loses audits
    and no time.
    """

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._jobs: Queue[Job | None] = Queue(self._limit)
        self._thread: threading.Thread | None = None
        self._told_full = False

    def submit(self, job: Job) -> bool:
        """Queue ``job`` and return True, False where it had to be dropped."""
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._work, args=(self._jobs,), name="queryaudit", daemon=True
                    )
                    self._thread.start()
        try:
            self._jobs.put_nowait(job)
        except Full:
            if not self._told_full:
                self._told_full = True
                _logger.warning(
                    "queryaudit drops audits: more than %d wait to be kept", self._limit
                )
            return False
        return True

    def drain(self, seconds: float = 10.0) -> bool:
        """Wait until the jobs queued so far are done; False where it took longer."""
        if self._thread is None:
            return True
        done = threading.Event()
        try:
            self._jobs.put(done.set, timeout=seconds)
        except Full:
            return False
        return done.wait(seconds)

    def _work(self, jobs: "Queue[Job | None]") -> None:
        while (job := jobs.get()) is not None:
            try:
                job()
            except Exception:  # noqa: BLE001
                log_once("keeping an audit")

    def forget_thread(self) -> None:
        """Begin anew: a forked child has the queue and no thread that reads it."""
        self._lock = threading.Lock()
        self._begin()


writer = Writer()
os.register_at_fork(after_in_child=writer.forget_thread)
atexit.register(writer.drain, _EXIT_SECONDS)
