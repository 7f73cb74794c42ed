"""Print the results as tables for a terminal."""

from collections.abc import Iterable, Sequence

from benchmarks.figures import Spread, spread
from benchmarks.goals import Goal, goals
from benchmarks.results import Results
from benchmarks.turns import MOST_NOISE, Measured
from benchmarks.variants import AUDITED, BARE, CONTROL, IDLE, WRAPPER


def render(results: Results) -> str:
    """Return all tables, one below the other."""
    parts = (_machine, _pages, _slope, _own_times, _judging, _goals)
    return "\n\n".join(part(results) for part in parts)


def _machine(results: Results) -> str:
    machine = results.machine
    return (
        f"queryaudit {machine.queryaudit}, Python {machine.python}, Django {machine.django}, "
        f"SQLite {machine.sqlite}, {machine.cores} cores"
    )


def _pages(results: Results) -> str:
    heads = ("page", "bare ms", "noise", WRAPPER, IDLE, AUDITED, "quartiles", "p20", "added us")
    rows = [_page(measured) for measured in results.pages]
    rounds = max(turn.round for turn in results.pages[0].turns) + 1
    title = (
        f"CPU of a request, as a multiple of the bare page; medians of {rounds} rounds, each there "
        f"and back.\nNoise is bare to itself; (a figure in brackets) comes with more than "
        f"{MOST_NOISE:.0%} of it."
    )
    more = [_more(measured) for measured in results.pages]
    more_heads = ("page", "with judging", "quartiles", "wall", "quartiles")
    return "\n".join(
        [
            title,
            table(heads, rows),
            "\nThe middleware, until the audit is judged and kept, and by the clock on the wall.",
            table(more_heads, more),
        ]
    )


def _page(measured: Measured) -> list[str]:
    audited = spread(measured.ratios(AUDITED))
    return [
        measured.page.name,
        f"{measured.median(BARE) / 1000:.2f}",
        f"{measured.noise.middle:.3f}",
        *(_ratio(measured, spread(measured.ratios(name))) for name in (WRAPPER, IDLE, AUDITED)),
        _quartiles(audited),
        _ratio(measured, spread(measured.ratios(AUDITED, figure="cpu_p20"))),
        f"{spread(measured.added(AUDITED)).middle:.0f}",
    ]


def _more(measured: Measured) -> list[str]:
    judged = spread(measured.ratios(AUDITED, figure="with_judging"))
    wall = spread(measured.ratios(AUDITED, figure="wall"))
    return [
        measured.page.name,
        _ratio(measured, judged),
        _quartiles(judged),
        _ratio(measured, wall),
        _quartiles(wall),
    ]


def _ratio(measured: Measured, ratio: Spread) -> str:
    text = f"{ratio.middle:.3f}"
    return text if measured.is_quiet else f"({text})"


def _quartiles(values: Spread) -> str:
    return f"{values.low:.3f}-{values.high:.3f}"


def _slope(results: Results) -> str:
    added, noise = results.slope(), results.slope(CONTROL, (BARE,))
    return (
        f"Each further query of an N+1 page costs {added.middle:.1f} us more CPU "
        f"({added.low:.1f} to {added.high:.1f}); bare to itself {noise.middle:+.1f} us."
    )


def _own_times(results: Results) -> str:
    rows = [
        [own.page, own.part, f"{own.a_query:.2f}", f"{own.a_call:.2f}", f"{own.calls}"]
        for own in results.own_times
    ]
    title = "Own time of the auditor, clocked inside requests; 30th percentiles."
    return title + "\n" + table(("page", "part", "us a query", "us a call", "calls"), rows)


def _judging(results: Results) -> str:
    rows = [
        [
            judging.page,
            f"{judging.findings}",
            f"{judging.findings_ms:.2f}",
            f"{judging.record_ms:.2f}",
            f"{judging.stored_bytes:,}",
        ]
        for judging in results.judging
    ]
    heads = ("page", "findings", "judge ms", "record ms", "stored bytes")
    return "Judging, after the response.\n" + table(heads, rows)


def _goals(results: Results) -> str:
    return render_goals(goals(results))


def render_goals(found: Iterable[Goal]) -> str:
    """Return goals beside what was measured."""
    rows = [
        [goal.what, f"{goal.limit:g} {goal.unit}", f"{goal.figure:.4g} {goal.unit}", goal.verdict]
        for goal in found
    ]
    return table(("goal", "at most", "measured", "reached"), rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows under their heads, the first column to the left."""
    lines = [list(heads), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 1 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
