"""Charts as numbers and paths: the templates draw them as SVG, without any script.

All coordinates are text with a point: a site's number formats must not reach a drawing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from queryaudit.dashboard.summaries import percentile

WIDTH: Final = 600
HEIGHT: Final = 120
WINDOW: Final = 10  # requests of which a percentile over time is taken
_WIDEST: Final = 30  # of a column, where there are few
_COLOURS: Final = 6  # of parts of a whole; the style has as many


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: where it stands, how high it is, and what it says when it is pointed at."""

    x: str
    y: str
    width: str
    height: str
    text: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Columns over time, ``top`` being the greatest value."""

    bars: tuple[Bar, ...]
    top: int
    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """The median and the 95th percentile of the last requests, ``top`` seconds at most."""

    p50: str
    p95: str
    top: float
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole, drawn as a stretch of a bar."""

    name: str
    percent: str
    x: str
    width: str
    colour: str


def bars(values: Sequence[int], texts: Sequence[str], noun: str) -> Bars:
    """Return a column for each value, oldest first; ``texts`` say what each stands for."""
    top = max(values, default=0)
    step = min(_WIDEST, WIDTH / max(1, len(values)))
    gap = 1.0 if step > 4 else 0.0
    drawn = []
    for number, (value, text) in enumerate(zip(values, texts, strict=True)):
        height = HEIGHT * value / top if top else 0.0
        drawn.append(
            Bar(
                _number(number * step),
                _number(HEIGHT - height),
                _number(step - gap),
                _number(height),
                text,
            )
        )
    return Bars(tuple(drawn), top, _in_words(values, noun))


def percentiles(durations: Sequence[float]) -> Lines:
    """Return the median and the 95th percentile of the last requests, at each of them."""
    windows = [durations[max(0, n + 1 - WINDOW) : n + 1] for n in range(len(durations))]
    p50 = [percentile(window, 50) for window in windows]
    p95 = [percentile(window, 95) for window in windows]
    top = max(p95, default=0.0)
    last = f"p50 {p50[-1] * 1000:.0f} ms, p95 {p95[-1] * 1000:.0f} ms" if p50 else "no requests"
    return Lines(_line(p50, top), _line(p95, top), top, f"durations, at last {last}")


def spark(values: Sequence[int]) -> str:
    """Return the path of small columns, 100 wide and 20 high; of the last hundred values."""
    shown = list(values)[-100:]
    top = max(shown, default=0)
    if not top:
        return ""
    step = 100 / len(shown)
    return "".join(
        f"M{_number(n * step)} 20V{_number(20 - 20 * value / top)}H{_number((n + 1) * step)}V20z"
        for n, value in enumerate(shown)
        if value
    )


def parts(shares: Sequence[tuple[str, float]]) -> list[Part]:
    """Return the parts of a whole from the left; ``shares`` are names and parts of 1."""
    found = []
    start = 0.0
    for number, (name, share) in enumerate(shares):
        found.append(
            Part(
                name,
                f"{share * 100:.0f} %" if share >= 0.01 else "< 1 %",
                _number(start * 100),
                _number(share * 100),
                f"qa-part-{number % _COLOURS}",
            )
        )
        start += share
    return found


def _line(values: Sequence[float], top: float) -> str:
    if not values or not top:
        return ""
    step = WIDTH / max(1, len(values) - 1)
    if len(values) == 1:
        values = [*values, *values]
    return " ".join(
        f"{_number(n * step)},{_number(HEIGHT - (HEIGHT - 2) * value / top)}"
        for n, value in enumerate(values)
    )


def _in_words(values: Sequence[int], noun: str) -> str:
    if not values:
        return f"no {noun}"
    if len(values) == 1:
        return f"{noun}: {values[0]:,} in one request"
    return (
        f"{noun} of {len(values)} requests, oldest first: {values[0]:,} at first, "
        f"{values[-1]:,} at last, from {min(values):,} to {max(values):,}"
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
