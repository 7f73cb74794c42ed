"""Charts as SVG text: bars in pairs, bars with a spread, and lines on logarithmic axes.

Colours are classes of the page's style, so that it can be light or dark. Each chart tells its
figures to those who cannot see it by the table that stands below it.
"""

from collections.abc import Sequence
from html import escape
from math import log10
from typing import NamedTuple

WIDTH, LABELS, NOTES, BAR, GAP = 760, 210, 150, 13, 10


class Bar(NamedTuple):
    """A bar of a group: its length, what is written behind it, and its class."""

    value: float
    note: str
    tone: str
    low: float | None = None  # where a spread is drawn
    high: float | None = None


class Line(NamedTuple):
    """A line of points (x, y), both above 0."""

    name: str
    tone: str
    points: Sequence[tuple[float, float]]


def bars(title: str, groups: Sequence[tuple[str, Sequence[Bar]]], mark: float | None = None) -> str:
    """Return groups of bars under each other; ``mark`` is a value at which a line stands."""
    every = [bar for _, group in groups for bar in group]
    most = max([bar.high or bar.value for bar in every] + [mark or 0.0]) or 1.0
    scale = (WIDTH - LABELS - NOTES) / most
    parts, y = [], 4
    for label, group in groups:
        height = len(group) * BAR
        parts.append(_text(LABELS - 8, y + height / 2 + 4, label, "end"))
        for bar in group:
            parts.append(_bar(bar, y, scale))
            y += BAR
        y += GAP
    if mark is not None:
        x = LABELS + mark * scale
        parts.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{y - GAP + 4}"/>')
    return _svg(title, y, parts)


def _bar(bar: Bar, y: int, scale: float) -> str:
    end = LABELS + bar.value * scale
    place = f'x="{LABELS}" y="{y}" width="{max(1.0, end - LABELS):.1f}" height="{BAR - 2}"'
    parts = [f'<rect class="{bar.tone}" {place}/>']
    if bar.low is not None and bar.high is not None:
        low, high, middle = LABELS + bar.low * scale, LABELS + bar.high * scale, y + BAR / 2 - 1
        parts.append(f'<path class="spread" d="M{low:.1f} {middle}H{high:.1f}"/>')
        end = max(end, high)
    parts.append(_text(end + 6, y + BAR - 3, bar.note))
    return "".join(parts)


def lines(title: str, drawn: Sequence[Line], x_name: str, y_name: str) -> str:
    """Return lines on two logarithmic axes, marked at the x of the points and at powers of ten."""
    left, right, top, bottom = 60, WIDTH - NOTES, 30, 250
    points = [point for line in drawn for point in line.points]
    x_marks = sorted({x for x, _ in points})
    ys = [y for _, y in points]
    lowest, highest = int(log10(min(ys)) // 1), int(-(-log10(max(ys) * 1.001) // 1))

    def place(x: float, y: float) -> tuple[float, float]:
        span = log10(x_marks[-1] / x_marks[0]) or 1.0
        share = log10(x / x_marks[0]) / span
        rise = (log10(y) - lowest) / max(1, highest - lowest)
        return left + share * (right - left), bottom - rise * (bottom - top)

    parts = []
    for power in range(lowest, highest + 1):
        y = place(x_marks[0], 10.0**power)[1]
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left - 6, y + 4, f"{10.0**power:,g}", "end"))
    parts += [_text(place(mark, ys[0])[0], bottom + 16, f"{mark:,g}", "middle") for mark in x_marks]
    parts.append(_text((left + right) / 2, bottom + 34, x_name, "middle"))
    parts.append(_text(4, 10, y_name))
    for line in drawn:
        placed = [place(*point) for point in sorted(line.points)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
        parts.append(f'<path class="line {line.tone}" d="M{path}"/>')
        parts += [
            f'<circle class="{line.tone}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in placed
        ]
    for y, line in _apart([(place(*max(line.points))[1], line) for line in drawn]):
        parts.append(_text(right + 8, y + 4, line.name))
    return _svg(title, bottom + 42, parts)


def _apart(placed: list[tuple[float, Line]]) -> list[tuple[float, Line]]:
    """Return names with their heights, moved down where they would cover each other."""
    free, found = -100.0, []
    for y, line in sorted(placed, key=lambda each: each[0]):
        y = max(y, free)  # noqa: PLW2901  # moved
        found.append((y, line))
        free = y + 15
    return found


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    inner = "".join(parts)
    return (
        f'<svg role="img" aria-label="{escape(title, quote=True)}"'
        f' viewBox="0 0 {WIDTH} {height:.0f}">{inner}</svg>'
    )
