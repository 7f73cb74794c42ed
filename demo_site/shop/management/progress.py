"""Show how far a long command has come."""

import time

from django.core.management.base import OutputWrapper

BAR_WIDTH = 30  # characters


class ProgressBar:
    """Write a bar that moves on a terminal, and a line for each tenth elsewhere."""

    def __init__(self, stream: OutputWrapper, unit: str) -> None:
        self._stream = stream
        self._unit = unit
        self._begun = time.monotonic()
        self._tenths = 0

    def show(self, done: int, total: int) -> None:
        """Say that so many of all units are done."""
        if self._stream.isatty():
            self._move_bar(done, total)
        elif done * 10 // total > self._tenths:
            self._tenths = done * 10 // total
            self._write(f"{self._tenths * 10} %: {done:,} of {total:,} {self._unit}\n")

    def _move_bar(self, done: int, total: int) -> None:
        filled = BAR_WIDTH * done // total
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        seconds_left = (time.monotonic() - self._begun) * (total - done) / done
        # The blanks wipe what a longer line before left at the end.
        self._write(
            f"\r[{bar}] {done:,} of {total:,} {self._unit}, {seconds_left:.0f} s left   "
            + ("\n" if done == total else "")
        )

    def _write(self, text: str) -> None:
        # Left alone, the stream writes in the colour of errors and ends each text with a new line.
        self._stream.write(text, style_func=str, ending="")
        self._stream.flush()
