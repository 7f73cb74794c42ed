"""Which modules may ask the database: the setting LAYERS, and whether one is on the stack."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from types import FrameType

from queryaudit.recording.owncode import Owner, owner_of


class Layers:
    """Patterns of the modules that may ask, such as ``*.providers``; packages hold theirs."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        self._verdicts: dict[str, bool] = {}  # by file, since a stack is long

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
