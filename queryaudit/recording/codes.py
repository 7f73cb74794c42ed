"""Lines and positions of a code object's instructions, read from its tables once.

The tables are packed: to find one instruction in them is to read all that come before it, and a
function may have a thousand lines that ask.
"""

from bisect import bisect_right
from types import CodeType
from typing import Final

MAX_CODES: Final = 100  # whose tables are kept

Position = tuple[int | None, int | None, int | None, int | None]

# By the identity of the code, which the value keeps alive: hash(code) hashes the bytecode.
_lines: dict[int, tuple[CodeType, list[int], list[int | None]]] = {}
_positions: dict[int, tuple[CodeType, list[Position]]] = {}


def line_of(code: CodeType, lasti: int) -> int:
    """Return the line of the instruction at ``lasti``; the code's first where it has none."""
    known = _lines.get(id(code))
    if known is None:
        if len(_lines) >= MAX_CODES:
            _lines.clear()
        ranges = [(start, line) for start, end, line in code.co_lines() if start < end]
        known = code, [start for start, _ in ranges], [line for _, line in ranges]
        _lines[id(code)] = known
    _, starts, lines = known
    number = bisect_right(starts, lasti) - 1
    line = lines[number] if number >= 0 else None
    return code.co_firstlineno if line is None else line


def position_of(code: CodeType, lasti: int) -> Position | None:
    """Return first and last line and column of the instruction at ``lasti``."""
    known = _positions.get(id(code))
    if known is None:
        if len(_positions) >= MAX_CODES:
            _positions.clear()
        known = _positions[id(code)] = code, list(code.co_positions())
    number = lasti // 2
    return known[1][number] if number < len(known[1]) else None
