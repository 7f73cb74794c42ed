"""The little statistics that the benchmark needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """The median of some figures, and the quartiles between which half of them lie."""

    middle: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median of ``values`` and their quartiles."""
    return Spread(median(values), percentile(values, 25), percentile(values, 75))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which ``percent`` of the values lie, between two if need be."""
    ordered = sorted(values)
    position = (len(ordered) - 1) * percent / 100
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much y rises with x: least squares, each point weighed by 1 / x.

    The absolute error of a page grows with its length, so unweighed the longest page
    would decide alone.
    """
    weights = [1 / x for x, _ in points]
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    rise = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points, strict=True))
    return rise / sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points, strict=True))
