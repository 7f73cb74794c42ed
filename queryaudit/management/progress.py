"""How far a long command is: one line that moves on a terminal, else one each tenth."""

import sys
from typing import Any


class Progress:
    """Tells on standard error how many pages were asked and how many are left."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._is_terminal = bool(getattr(stream, "isatty", bool)())
        self._told = 0
        self._length = 0

    def show(self, done: int, left: int, what: str) -> None:
        """Tell that ``done`` are done, ``what`` the last of them, and ``left`` are known."""
        text = f"{done} asked, {left} left  {what}"
        if self._is_terminal:
            self._stream.write(f"\r{text[:100].ljust(self._length)}", ending="")
            self._length = len(text[:100])
            return
        share = 10 * done // max(1, done + left)
        if share > self._told:
            self._told = share
            self._stream.write(text)

    def end(self) -> None:
        """Leave the line."""
        if self._is_terminal and self._length:
            self._stream.write("")
            sys.stderr.flush()
