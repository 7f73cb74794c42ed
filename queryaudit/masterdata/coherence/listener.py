"""A thread that hears of the writes of others, over a connection of its own."""

import logging
from collections.abc import Callable
from socket import socketpair
from threading import Event, Lock, Thread, current_thread
from time import monotonic
from typing import Any, Final, Protocol

from queryaudit.masterdata.coherence.base import Coherence, process_id
from queryaudit.masterdata.generations import ALL, generations

BEAT: Final = 1.0  # seconds of silence after which the server is asked whether it is there
FIRST_WAIT: Final = 1.0  # seconds that the first reader waits for the subscription
STOP_WAIT: Final = 3.0  # seconds
PAUSES: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between attempts to connect

_logger = logging.getLogger("queryaudit")


class Link(Protocol):
    """A subscription. Each method raises when the server is lost."""

    def wait(self, seconds: float) -> list[str]:
        """Return what was heard, after ``seconds`` at the latest."""
        ...

    def ping(self, seconds: float) -> list[str]:
        """Have the server answer within ``seconds``; return what was heard meanwhile."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Listening(Coherence):
    """What a server pushes. While it is lost nothing is held, and the database is asked."""

    announces = True

    def __init__(self, alias: str) -> None:
        super().__init__(alias)
        self._live = False
        self._tried = Event()
        self._stopped = Event()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._abandoned: list[Any] = []
        self._link: Link | None = None
        self._told = False
        self._waker: Any = None
        self.woken: Any = None  # a socket to wait for beside the server's: the end of the thread

    def connect(self) -> Link:
        """Return a new subscription."""
        raise NotImplementedError

    def is_live(self) -> bool:
        """Return whether the subscription stands; begin it for the first who asks."""
        if self._live:
            return True
        if self._thread is None and not self._stopped.is_set():
            with self._lock:
                if self._thread is None:
                    self._waker, self.woken = socketpair()
                    name = f"masterdata-{self.alias}"
                    self._thread = Thread(target=self._run, name=name, daemon=True)
                    self._thread.start()
        if not self._tried.is_set():
            self._tried.wait(FIRST_WAIT)
            self._tried.set()
        return self._live

    def stop(self) -> None:
        """End the thread, which closes its connection itself; wait until it has."""
        self._stopped.set()
        self._live = False
        thread = self._thread
        if thread is not None and thread is not current_thread():
            quietly(lambda: self._waker.send(b"x"))
            thread.join(STOP_WAIT)

    def abandon(self) -> None:
        """Keep the parent's connection from being closed here, which would close it there."""
        self._live = False
        _abandoned.append((self._link, self._thread))

    def up(self) -> None:
        """Do what the subscription makes possible again."""

    def beat(self) -> None:
        """Do what is to be done each second."""

    def hear(self, message: str) -> None:
        """Drop what another process wrote; its own name tells a process its own messages."""
        sender, _, table = message.partition(":")
        if sender != process_id():
            tables = None if table == ALL else {table.lower()}
            generations.bump(self.alias, tables, "a write of another process")

    def _run(self) -> None:
        attempt = 0
        while not self._stopped.is_set():
            begun = monotonic()
            try:
                self._link = self.connect()
                self._begin()
                self._listen(self._link)
            except Exception as error:  # noqa: BLE001  # drivers raise what they like
                self._lose(error)
            attempt = 0 if monotonic() - begun > PAUSES[-1] else attempt + 1
            self._close()
            self._tried.set()
            self._stopped.wait(PAUSES[min(attempt, len(PAUSES) - 1)])
        self._waker.close()
        self.woken.close()

    def _begin(self) -> None:
        # What changed until now nobody told: also a transaction that began before is too old.
        generations.bump(self.alias, None, "the subscription began", is_write=False)
        if self.problem:
            _logger.warning("queryaudit: master data of %r is held again.", self.alias)
        self.problem, self.since, self._live = "", monotonic(), True
        self._told = False
        self._tried.set()
        self.up()

    def _listen(self, link: Link) -> None:
        while not self._stopped.is_set():
            messages = link.wait(BEAT) or link.ping(BEAT)
            self.beat()
            for message in messages:
                self.hear(message)

    def _lose(self, error: Exception) -> None:
        was_live, self._live = self._live, False
        self.problem = f"{type(error).__name__}: {error}".strip()
        if was_live:
            self.since = monotonic()
        generations.bump(self.alias, None, "the server of coherence was lost", is_write=False)
        if self._stopped.is_set():
            return
        if not self._told:
            self._told = True
            _logger.warning(
                "queryaudit: master data of %r is not held, since other processes cannot be heard "
                "(%s): %s. The database is asked until they can.",
                self.alias,
                self.name,
                self.problem,
            )

    def _close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            quietly(link.close)


_abandoned: list[Any] = []


def quietly(function: Callable[[], object]) -> None:
    """Call ``function`` where nothing depends on its success: what it closes may be gone."""
    try:
        function()
    except Exception:
        _logger.debug("queryaudit: closing a lost connection", exc_info=True)
