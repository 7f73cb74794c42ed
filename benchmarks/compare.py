"""Compare two results of one kind: what has grown over a limit.

Of a load: the queries of each page may not grow at all, p50 and p95 of all requests of a tool by
half, what a tool costs by 15 % (where both runs were quiet), and no request may fail. Of the
benches: a goal that was reached must be reached, and its figure may not grow by half. How the cost
grows is compared by what ten times the work costs, for exponents near 0 have no ratio. Times of
two machines say little about each other; queries do.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.load import summary
from benchmarks.table import table

FORMATS: Final = {"load": 1, "bench": 1}
LIMITS: Final = {
    "queries": 1.0,
    "p50": 1.5,
    "p95": 1.5,
    "tool": 1.15,
    "goal": 1.5,
    "growth": 1.6,
    "failed": 1.0,
}


class CompareError(Exception):
    """Raised where files cannot be compared; the text says which file, and what is allowed."""


@dataclass(frozen=True)
class Change:
    """One figure in both results: its kind says which limit it has."""

    what: str
    kind: str
    old: float
    new: float
    limit: float
    is_missed: bool = False  # a goal that was reached, and is no longer

    @property
    def ratio(self) -> float:
        """New to old; from nothing to something is without end."""
        if self.old > 0:
            return self.new / self.old
        return 1.0 if self.new <= 0 else float("inf")

    @property
    def is_over(self) -> bool:
        """Whether it has grown over its limit."""
        return self.is_missed or self.ratio > self.limit + 1e-9


def read(path: Path) -> dict[str, Any]:
    """Return the results in a file.

    Raises CompareError where there are none that this version knows.
    """
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise CompareError(msg) from None
    except ValueError as error:
        msg = f"{path} is no JSON: {error}"
        raise CompareError(msg) from None
    kind = found.get("kind") if isinstance(found, dict) else None
    if kind not in FORMATS:
        msg = f"{path} is of the kind {kind!r}; allowed: {', '.join(FORMATS)} (results.json)"
        raise CompareError(msg)
    if found.get("format") != FORMATS[kind]:
        msg = f"{path} has the format {found.get('format')!r}; this version reads {FORMATS[kind]}"
        raise CompareError(msg)
    results: dict[str, Any] = found
    return results


def compare(
    old: dict[str, Any], new: dict[str, Any], limits: dict[str, float] | None = None
) -> list[Change]:
    """Return the figures that both results have.

    Raises CompareError where they are of different kinds, have nothing in common, or lack a part.
    """
    if old["kind"] != new["kind"]:
        msg = f"the old results are of the kind {old['kind']}, the new ones of {new['kind']}"
        raise CompareError(msg)
    figures = _of_load if old["kind"] == "load" else _of_benches
    allowed = {**LIMITS, **(limits or {})}
    try:
        before, after = ({(kind, what): value for kind, what, value in figures(each)}
                         for each in (old, new))  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"the results are incomplete: {type(error).__name__} {error}"
        raise CompareError(msg) from None
    changes = [
        Change(what, kind, before[kind, what].value, found.value, allowed[kind],
               before[kind, what].is_reached and not found.is_reached)
        for (kind, what), found in after.items()
        if (kind, what) in before
    ]  # fmt: skip
    if not changes:
        raise CompareError("the results have no page, tool or goal in common")
    return changes


@dataclass(frozen=True)
class _Figure:
    value: float
    is_reached: bool = True


def _of_load(results: dict[str, Any]) -> Iterator[tuple[str, str, _Figure]]:
    for page in results["pages"]:
        what = f"{page['database']}: {page['page']}, {page['variant']}"
        yield "queries", what, _Figure(page["queries"])
    for one in results["rows"]:
        what = f"{one['database']}: search of {one['rows']:,} rows, {one['variant']}"
        yield "queries", what, _Figure(one["queries"])
    for cell in results["pooled"]:
        what = f"{cell['server']}, {cell['database']}: {cell['tool']}, {cell['variant']}"
        for name in ("p50", "p95"):
            if cell["all"][name] is not None:
                yield name, what, _Figure(cell["all"][name])
    for server, database in summary.places(results):
        for each in summary.overheads(results, server, database):
            if each["tool"] != "off" and each["is_quiet"]:
                what = f"{server}, {database}: {each['tool']}, {each['variant']}, to off"
                yield "tool", what, _Figure(each["ratio"])
    yield "failed", "requests that failed", _Figure(summary.failures(results))


def _of_benches(results: dict[str, Any]) -> Iterator[tuple[str, str, _Figure]]:
    for bench in results["benches"]:
        for goal in bench["goals"]:
            # A run that was too noisy to tell has neither reached nor missed anything.
            is_reached = goal["verdict"] != "no"
            if goal["verdict"] != "noisy":
                what, figure = f"{bench['name']}: {goal['what']}", goal["figure"]
                if bench["name"] == "growth":
                    yield "growth", what, _Figure(10**figure, is_reached)
                else:
                    yield "goal", what, _Figure(figure, is_reached)


def render(changes: list[Change]) -> str:
    """Return those over their limits, and of each kind how many there are and the worst."""
    over = [change for change in changes if change.is_over]
    parts = []
    if over:
        heads = ("over its limit", "kind", "old", "new", "ratio", "limit")
        parts.append(table(heads, map(_line, over)))
    by_kind: dict[str, list[Change]] = {}
    for change in changes:
        by_kind.setdefault(change.kind, []).append(change)
    lines = []
    for kind, found in by_kind.items():
        worst = max(found, key=lambda change: change.ratio)
        count = sum(change.is_over for change in found)
        lines.append([kind, f"{len(found)}", f"{count}", f"{worst.ratio:.3f}", worst.what])
    parts.append(table(("kind", "compared", "over", "worst ratio", "of"), lines))
    return "\n\n".join(parts)


def _line(change: Change) -> list[str]:
    limit = "goal" if change.is_missed else f"{change.limit:g}"
    figures = (f"{change.old:.4g}", f"{change.new:.4g}", f"{change.ratio:.3f}")
    return [change.what, change.kind, *figures, limit]
