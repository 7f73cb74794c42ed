"""A lane of time as SVG: one path, however many statements it shows."""

from typing import Final

from queryaudit.findings.shapes import COLUMNS

HEIGHT: Final = 9  # of the fullest level
_LEAST: Final = 3  # of the smallest: a thin line would not be seen


def path_of(lane: str) -> str:
    """Return the path of the bars of ``lane``, a digit a column; "" where nothing ran.

    Bars of one height that stand side by side are drawn as one.
    """
    parts = []
    start = 0
    while start < len(lane):
        end = start
        while end < len(lane) and lane[end] == lane[start]:
            end += 1
        if lane[start] != "0":
            top = HEIGHT - max(_LEAST, int(lane[start]))
            parts.append(f"M{start} {top}H{end}V{HEIGHT}H{start}z")
        start = end
    return "".join(parts)


def began_at(lane: str) -> int:
    """Return the first column in which something ran; the last one where nothing did."""
    return next((n for n, level in enumerate(lane) if level != "0"), COLUMNS)
