"""All that one process holds, of whatever kind: counted together, forgotten together."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol, TypeVar

from queryaudit.masterdata.generations import generations


class Place(Protocol):
    """What is held of one source."""

    @property
    def bytes(self) -> int:
        """Bytes, about, of its rows and of remembered answers."""
        ...

    def stats(self) -> dict[str, Any]:
        """Return what ``masterdata.stats()`` tells of it."""
        ...


_P = TypeVar("_P", bound=Place)
_lock = Lock()
_every: list[tuple[Place, dict[str, Any]]] = []


def kept(home: dict[str, _P], name: str, make: Callable[[], _P]) -> _P:
    """Return the place ``name`` of ``home``, made once and known to statistics and limits."""
    with _lock:
        found = home.get(name)
        if found is None:
            found = home[name] = make()
            _every.append((found, home))
        return found


def every() -> list[Place]:
    """Return all places of this process."""
    return [place for place, _ in _every]


def bytes_held(but: Place) -> int:
    """Return the bytes that the others take."""
    return sum(place.bytes for place in every() if place is not but)


def renew_lock() -> None:
    """Have a lock that no thread of the parent process holds."""
    global _lock  # noqa: PLW0603
    _lock = Lock()


def forget() -> None:
    """Forget all of them: the settings changed, or this is a forked child."""
    for _, home in _every:
        home.clear()
    _every.clear()
    generations.forget()
