"""Charts as SVG text: bars in pairs, bars with a spread, and lines on logarithmic axes.

Colours are classes of ``STYLE``, so that a page can be light or dark. Each chart tells its
figures to those who cannot see it by the table that stands below it.
"""

from collections.abc import Sequence
from html import escape
from math import log10
from typing import Final, NamedTuple

WIDTH, LABELS, NOTES, BAR, GAP = 760, 210, 150, 13, 10
MARK: Final = "mark"  # the tone of what was not measured
# Of a page with charts, or of a file of charts.
STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6472; --paper: #fff; --rule: #d5dae2;
  --slow: #b3392f; --fast: #1b7a46; --bare: #6b7483; --tool: #2f5fb3; --more: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a3acba; --paper: #14171d;
  --rule: #39404c; --slow: #ef8377; --fast: #62c48c; --bare: #98a1b0; --tool: #86aef0;
  --more: #d9a441; } }
svg { width: 100%; height: auto; background: var(--paper); font: 11px system-ui, sans-serif; }
svg text { fill: var(--ink); }
.slow { fill: var(--slow); } .fast { fill: var(--fast); } .bare { fill: var(--bare); }
.tool { fill: var(--tool); } .more { fill: var(--more); }
.line { fill: none; stroke-width: 2; } .line.slow { stroke: var(--slow); }
.line.fast { stroke: var(--fast); } .line.bare { stroke: var(--bare); }
.line.tool { stroke: var(--tool); } .line.more { stroke: var(--more); }
.grid { stroke: var(--rule); } .mark { stroke: var(--ink); stroke-dasharray: 3 3; }
.spread { stroke: var(--ink); stroke-width: 1.5; }
"""


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


class Chart(NamedTuple):
    """Lines on two logarithmic axes, which have names."""

    title: str
    drawn: Sequence[Line]
    x_name: str
    y_name: str


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


def lines(chart: Chart) -> str:
    """Return a chart of lines."""
    return _svg(chart.title, *_lines(chart))


def sheet(title: str, charts: Sequence[Chart]) -> str:
    """Return charts of lines under each other, as a file that needs no page around it."""
    parts, top = [f"<style>{STYLE}</style>"], 0.0
    for chart in charts:
        height, inner = _lines(chart)
        heading = _text(WIDTH / 2, 12, chart.title, "middle")
        parts.append(f'<g transform="translate(0 {top:.0f})">{heading}{"".join(inner)}</g>')
        top += height + 2 * GAP
    return _svg(title, top, parts, ' xmlns="http://www.w3.org/2000/svg"') + "\n"


def _lines(chart: Chart) -> tuple[float, list[str]]:
    """Return the height and the parts, marked at the x of the points and at powers of ten."""
    drawn = chart.drawn
    left, right, top, bottom = 70, WIDTH - NOTES - 10, 30, 250
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
        parts.append(_text(left - 6, y + 4, _number(10.0**power), "end"))
    parts += [_text(place(x, ys[0])[0], bottom + 16, _number(x), "middle") for x in x_marks]
    parts.append(_text((left + right) / 2, bottom + 34, chart.x_name, "middle"))
    parts.append(_text(4, 10, chart.y_name))
    for line in drawn:
        placed = [place(*point) for point in sorted(line.points)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
        parts.append(f'<path class="{line.tone} line" d="M{path}"/>')
        if line.tone != MARK:
            parts += [
                f'<circle class="{line.tone}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in placed
            ]
    for y, line in _apart([(place(*max(line.points))[1], line) for line in drawn]):
        parts.append(
            _text(right + 8, y + 4, line.name, tone="" if line.tone == MARK else line.tone)
        )
    return bottom + 42, parts


def _apart(placed: list[tuple[float, Line]]) -> list[tuple[float, Line]]:
    """Return names with their heights, moved down where they would cover each other."""
    free, found = -100.0, []
    for y, line in sorted(placed, key=lambda each: each[0]):
        y = max(y, free)  # noqa: PLW2901  # moved
        found.append((y, line))
        free = y + 15
    return found


def _number(value: float) -> str:
    """Return a number without an exponent."""
    return f"{value:,.0f}" if value >= 1 else f"{value:.12f}".rstrip("0")


def _text(x: float, y: float, text: str, anchor: str = "start", tone: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    tone = tone and f' class="{tone}"'
    return f"<text {place}{tone}>{escape(text)}</text>"


def _svg(title: str, height: float, parts: Sequence[str], space: str = "") -> str:
    inner = "".join(parts)
    return (
        f'<svg{space} role="img" aria-label="{escape(title, quote=True)}"'
        f' viewBox="0 0 {WIDTH} {height:.0f}">{inner}</svg>'
    )
