"""How the processes of a site hear of each other's writes to one database."""

import os
from functools import cache
from time import monotonic
from typing import Any
from uuid import uuid4


class Coherence:
    """Of this process alone: ``local``. The base of the others, which say more.

    ``is_live`` tells whether rows may be held at all; ``verify`` asks whether others have
    written, where that has to be asked; ``before`` and ``after`` stand around a commit.
    """

    name = "local"
    promise = "writes of this process at once, of others not"
    announces = False  # whether writes are told to others

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.problem = ""
        self.since = monotonic()

    def is_live(self) -> bool:
        """Return whether writes of other processes would be heard."""
        return True

    def verify(self) -> None:
        """Drop what is held of the database if others have written to it."""

    def verified_until(self) -> float | None:
        """Return the monotonic second at which ``verify`` is to be asked again, None for never."""
        return None

    def before(self, connection: Any, tables: frozenset[str], *, in_transaction: bool) -> Any:
        """Do what has to be done before a write is committed; return what ``after`` needs."""

    def after(
        self, connection: Any, tables: frozenset[str], token: Any, *, in_transaction: bool
    ) -> None:
        """Do what has to be done after it, whether it went well or not."""

    def stop(self) -> None:
        """Let go of connections and threads."""

    def abandon(self) -> None:
        """Forget connections that belong to the parent process, without closing them."""


class Off(Coherence):
    """Nothing is held: the setting says so, or what it names cannot be had."""

    def __init__(self, alias: str, problem: str = "") -> None:
        super().__init__(alias)
        self.name = "off"
        self.promise = "nothing is held, the database answers"
        self.problem = problem

    def is_live(self) -> bool:
        """Return that nothing would be heard."""
        return False


@cache
def process_id() -> str:
    """Return what tells this process from others, on other machines as well: 32 hex digits."""
    return uuid4().hex


# A forked child that told its parent's name would not be heard by it.
os.register_at_fork(after_in_child=process_id.cache_clear)
