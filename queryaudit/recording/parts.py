"""The parts of a recording that are made when they are first asked for, and its call sites."""

from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

from queryaudit.recording.callsite import Awaiting, CallSites
from queryaudit.recording.events import AnyPlace, Learnt
from queryaudit.recording.layers import Layers
from queryaudit.recording.ledger import Ledger
from queryaudit.recording.memory import MemoryLedger
from queryaudit.recording.rowsets import Call
from queryaudit.recording.rowtree import RowTree

_lock = RLock()
P = TypeVar("P")


class Parts(RowTree):
    """What a page without queries has no use for, and who asked, by the stack of the asker.

    ``layers`` are those that may ask, None where nobody wants to know.
    """

    __slots__ = ("_ledger", "_memory", "_sites", "layers")

    def __init__(self, layers: Layers | None) -> None:
        super().__init__()
        self.layers = layers
        self._ledger: Ledger | None = None
        self._memory: MemoryLedger | None = None
        self._sites: CallSites | None = None

    @property
    def _statements(self) -> Ledger:
        return self._ledger or self._make("_ledger", Ledger)

    @property
    def memory(self) -> MemoryLedger:
        """The reads that memory answered."""
        return self._memory or self._make("_memory", MemoryLedger)

    @property
    def _places(self) -> CallSites:
        return self._sites or self._make("_sites", CallSites)

    def _make(self, name: str, kind: Callable[[], P]) -> P:
        """Make a part when it is first asked for: a page without queries needs none of them."""
        made = kind()  # not under the lock: a finalizer that runs in here may ask for it as well
        with _lock:
            part: P | None = getattr(self, name)  # another thread may have been faster
            if part is None:
                part = made
                setattr(self, name, part)
            return part

    def forget_parts(self) -> None:
        """Let go what only the rules read."""
        self._ledger = self._sites = None

    def find_place(self) -> AnyPlace | None:
        """Return the line that called the caller's caller."""
        found = self._places.find(None)
        return found.place if found else None

    def find_awaiting(self) -> Awaiting | None:
        """Return the own line that called the caller's caller, with its callers."""
        return self._awaiting(self._places.find(None))

    def find_starting(self) -> Awaiting | None:
        """Return the own line that has the caller's caller start a thread or a task."""
        return self._awaiting(self._places.find_starting())

    def _awaiting(self, found: Learnt | None) -> Awaiting | None:
        if found is None or not found.place.own:
            return None
        is_inside = self.layers is not None and self.layers.is_inside()
        return Awaiting(found.place, self._places.stack_hash(found, 1), is_inside)

    def find_maker(self, model: Any) -> AnyPlace | None:
        """Return the line that makes a queryset of ``model``; see ``CallSites``."""
        return (self._sites or self._places).find_maker(model)

    def find_call(self) -> Call | None:
        """Return the own line that calls a method of a queryset; see ``CallSites``."""
        return (self._sites or self._places).find_call()

    def find_narrowing(self, maker: AnyPlace, query: Any) -> AnyPlace | None:
        """Return the line that goes on with another function's queryset; see ``CallSites``."""
        return (self._sites or self._places).find_narrowing(maker, query)
