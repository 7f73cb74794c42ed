"""Whether audits can be kept and read: told once in the log, and to who looks at them."""

import logging
import time
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final, Literal

PAUSE_SECONDS: Final = 5.0  # after a write that failed, so that no record waits for the next

Part = Literal["writing", "queueing", "reading"]

_WORDS: Final[dict[Part, str]] = {  # the worst first
    "writing": "no audits are kept",
    "queueing": "audits are dropped",
    "reading": "kept audits cannot be read",
}

_logger = logging.getLogger("queryaudit")


@dataclass(frozen=True, slots=True)
class Failure:
    """What does not work. ``since`` is the time, ``dropped`` the audits lost from then on."""

    part: Part
    reason: str
    since: float  # seconds since the epoch
    dropped: int = 0

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        text = f"Since {since} {_WORDS[self.part]}: {self.reason}."
        return f"{text} Dropped so far: {self.dropped}." if self.dropped else text


class Health:
    """What fails in this process. Any thread may tell and ask."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: with another store, or in a forked child, where nobody frees the lock."""
        self._lock = Lock()
        self._failures: dict[Part, Failure] = {}
        self._told: set[str] = set()
        self._paused_until = 0.0

    def fails(self, part: Part, reason: str, *, dropped: int = 0) -> None:
        """Note a failure, and log its reason unless that was done since all worked."""
        with self._lock:
            known = self._failures.get(part) or Failure(part, reason, time.time())
            self._failures[part] = replace(known, reason=reason, dropped=known.dropped + dropped)
            is_new = reason not in self._told
            self._told.add(reason)
            if part == "writing":
                self._paused_until = time.monotonic() + PAUSE_SECONDS
        if is_new:
            _logger.warning(
                "queryaudit: %s: %s. Requests go on. This is told once, until it works again.",
                _WORDS[part],
                reason,
            )

    def works(self, part: Part) -> None:
        """Note a success, which ends the failure of ``part``."""
        if part in self._failures:
            with self._lock:
                self._failures.pop(part, None)
                if not self._failures:
                    self._told.clear()

    def drops_for_now(self) -> bool:
        """Return whether a write failed just now; the audit at hand counts as dropped then."""
        with self._lock:
            known = self._failures.get("writing")
            if known is None or time.monotonic() >= self._paused_until:
                return False
            self._failures["writing"] = replace(known, dropped=known.dropped + 1)
            return True

    def problem(self) -> Failure | None:
        """Return the worst of what fails, None where all works."""
        return next(filter(None, map(self._failures.get, _WORDS)), None)


health = Health()
