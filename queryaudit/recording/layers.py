"""Which modules may ask the database: the setting LAYERS, and what is asked outside of them."""

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from types import FrameType
from typing import Final

from queryaudit.recording.callsite import AWAITING
from queryaudit.recording.events import AnyPlace, DeclaredPlace, Origin
from queryaudit.recording.ignores import IGNORING
from queryaudit.recording.owncode import Owner, owner_of
from queryaudit.recording.rowsets import Outside

MAX_OUTSIDE: Final = 2_000  # lines and relations of one audit


class Layers:
    """Patterns of the modules that may ask, such as ``*.providers``; packages hold theirs."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        self.outside: dict[tuple[AnyPlace, str | None], Outside] = {}
        self.asked: dict[AnyPlace, list[float]] = {}  # queries, their seconds, those that left
        self._verdicts: dict[str, bool] = {}  # by file, since a stack is long

    def record(
        self, place: AnyPlace, seconds: float, relation: str | None, origin: Origin | None
    ) -> bool:
        """Note a query asked at ``place``, and if it is outside; False where the bound is reached.

        A queryset that an allowed module built, and that is read outside, has left it lazily.
        """
        is_inside = self.is_inside()
        built_at = origin.built_at if origin is not None and not is_inside else None
        asked = self.asked.get(place)
        if asked is None:
            if len(self.asked) >= MAX_OUTSIDE:
                return False
            asked = self.asked[place] = [0, 0.0, 0]
        asked[0] += 1
        asked[1] += seconds
        asked[2] += built_at is not None
        if is_inside or not (place.own or isinstance(place, DeclaredPlace)):
            return True
        outside = self.outside.get((place, relation))
        if outside is None:
            if len(self.outside) >= MAX_OUTSIDE:
                return False
            outside = self.outside[place, relation] = Outside(place, relation, built_at)
        outside.count += 1
        outside.seconds += seconds
        blocks = IGNORING.get()
        if blocks:
            outside.within[blocks] = outside.within.get(blocks, 0) + 1
        return True

    def is_inside(self) -> bool:
        """Return whether an allowed module is on the stack, or awaits what runs here."""
        if self.hold(sys._getframe(1)):  # noqa: SLF001
            return True
        awaiting = AWAITING.get()
        return awaiting is not None and awaiting.is_inside

    def hold(self, frame: FrameType | None) -> bool:
        """Return whether ``frame``, or one around it up to the view's, is of an allowed module."""
        while frame is not None:
            filename = frame.f_code.co_filename
            verdict = self._verdicts.get(filename)
            if verdict is None:
                verdict = self._verdicts[filename] = self._allows(
                    str(frame.f_globals.get("__name__", ""))
                )
            if verdict:
                return True
            if owner_of(filename) is Owner.BORDER:
                return False
            frame = frame.f_back
        return False

    def _allows(self, module: str) -> bool:
        return any(
            fnmatchcase(module, pattern) or fnmatchcase(module, f"{pattern}.*")
            for pattern in self.allowed
        )
