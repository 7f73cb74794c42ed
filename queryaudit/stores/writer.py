"""Do what follows an audit off the visitor's path: one thread, one bounded queue."""

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from queryaudit.errors import log_once
from queryaudit.stores.health import Health, health

MAX_WAITING: Final = 500
_LOOK_SECONDS: Final = 0.05  # how often the thread looks for jobs
_IDLE_SECONDS: Final = 5.0  # after so long without a job it ends
_EXIT_SECONDS: Final = 2.0  # a process that ends gives the rest of the queue so long

Job = Callable[[], None]


class Writer:
    """A thread that is started by a job, in each process for itself.

    The thread looks for jobs instead of being woken: waking it would hand it the
    interpreter in the middle of the request, which costs more than the rest of the
    audit of a page without queries. A job that does not fit the queue is dropped:
    a site under load loses audits and no time.
    """

    def __init__(self, limit: int = MAX_WAITING, health: Health = health) -> None:
        self._limit = limit
        self._health = health
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None

    def submit(self, job: Job) -> bool:
        """Queue ``job`` and return True, False where it had to be dropped."""
        if len(self._jobs) >= self._limit:
            reason = f"more than {self._limit} wait to be kept"
            self._health.fails("queueing", reason, dropped=1)
            return False
        self._jobs.append(job)
        if self._thread is None:
            self._start()
        return True

    def leave(self, job: Job) -> None:
        """Queue ``job`` for when the thread looks again, without a lock or a new thread.

        For finalizers, which the garbage collector may run in the middle of anything.
        """
        if len(self._jobs) < self._limit:
            self._jobs.append(job)

    def drain(self, seconds: float = 10.0) -> bool:
        """Wait until the jobs queued so far are done; False where it took longer."""
        if self._thread is None and not self._jobs:
            return True
        done = threading.Event()
        self._jobs.append(done.set)
        self._start()
        self._hurry.set()
        return done.wait(seconds)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="queryaudit", daemon=True)
                thread.start()  # may fail, and is tried again with the next job
                self._thread = thread

    def _work(self) -> None:
        idle = 0.0
        while idle < _IDLE_SECONDS or not self._may_end():
            if self._jobs:
                idle = 0.0
                try:
                    self._jobs.popleft()()
                except Exception:  # noqa: BLE001
                    log_once("keeping an audit")
            else:
                self._health.works("queueing")
                idle += _LOOK_SECONDS
                self._hurry.wait(_LOOK_SECONDS)
                self._hurry.clear()

    def _may_end(self) -> bool:
        """Give up the place of the thread, unless a job came in the last moment."""
        with self._lock:
            # First the place, then the look: whoever adds a job after the look sees
            # that there is no thread and starts one.
            thread, self._thread = self._thread, None
            if self._jobs:
                self._thread = thread
                return False
            return True

    def forget_thread(self) -> None:
        """Begin anew: a forked child has the queue and no thread that reads it."""
        self._begin()


writer = Writer()
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=writer.forget_thread)
atexit.register(writer.drain, _EXIT_SECONDS)
