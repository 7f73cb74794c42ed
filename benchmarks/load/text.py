"""The results as tables: the same rows for a terminal and for the page."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from benchmarks.load import summary
from benchmarks.machine import describe
from benchmarks.table import table

Results = dict[str, Any]


class Table(NamedTuple):
    """A table under its title; the first column is text."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(results: Results) -> str:
    """Return all tables for a terminal, one below the other."""
    parts = [headline(results)]
    parts += [f"{each.title}\n{table(each.heads, each.rows)}" for each in all_tables(results)]
    return "\n\n".join(parts)


def headline(results: Results) -> str:
    """Return what the figures are of."""
    effort = results["effort"]
    failed = summary.failures(results)
    named = "".join(f"\n  {each}" for each in summary.failing(results))
    workers = results["workers"]
    by = (
        f"locust's master with {workers} worker{'s' * (workers > 1)}"
        if workers
        else "locust in one process"
    )
    return (
        f"{describe(results['machine'])}\n"
        f"{effort['users']} visitors, {effort['rate']:g} requests a second each, by {by};"
        f" runs of {effort['seconds']:g} s, the first {effort['warm_up']:g} s dropped;"
        f" shop of size {effort['size']}, seed {results['seed']}."
        f" Failed requests: {failed}.{named}"
    )


def all_tables(results: Results) -> Iterator[Table]:
    """Yield the tables in order."""
    for server, database in summary.places(results):
        yield pairs(results, server, database)
        yield percentiles(results, server, database)
        yield overheads(results, server, database)
        yield scaling(results, server, database)
    yield rows(results)


def pairs(results: Results, server: str, database: str) -> Table:
    """Return p50 of slow and fast, their ratio, and queries and database time of each."""
    told = {
        (page["page"], page["variant"]): page
        for page in results["pages"]
        if page["database"] == database
    }
    pooled = {
        cell["variant"]: cell["pages"]
        for cell in results["pooled"]
        if (cell["server"], cell["database"], cell["tool"]) == (server, database, "off")
    }
    lines = []
    for pair in summary.pairs(results, server, database):
        slow, fast = (told.get((pair["page"], variant)) for variant in ("slow", "fast"))
        lines.append(
            [
                pair["page"],
                f"{pair['slow']:.1f}",
                f"{pair['fast']:.1f}",
                f"{pair['ratio']:.1f}",
                f"{pair['low']:.1f}-{pair['high']:.1f}",
                *(_ms(pooled[variant][pair["page"]]["p95"]) for variant in ("slow", "fast")),
                *(f"{each['queries']:g}" if each else "" for each in (slow, fast)),
                *(f"{each['db_ms']:.1f}" if each else "" for each in (slow, fast)),
            ]
        )
    return Table(
        f"{server}, {database}, no auditor: p50 of slow and fast in ms; ratio, and the least and"
        " the most of the runs there and back; p95 of both; queries and ms in the database by"
        " Server-Timing.",
        (
            "page",
            "slow",
            "fast",
            "ratio",
            "spread",
            "p95",
            "fast",
            "queries",
            "fast",
            "db ms",
            "fast",
        ),
        lines,
    )


def percentiles(results: Results, server: str, database: str) -> Table:
    """Return p50, p95 and p99 of all requests by tool and variant."""
    lines = []
    for cell in results["pooled"]:
        if (cell["server"], cell["database"]) == (server, database):
            every = cell["all"]
            times = (every[name] for name in summary.LEAST)
            lines.append(
                [
                    f"{cell['tool']}, {cell['variant']}",
                    f"{every['requests']}",
                    f"{every['failures']}",
                    f"{every['rps']:.1f}",
                    *map(_ms, times),
                ]
            )
    return Table(
        f"{server}, {database}: all requests of the runs there and back, ms.",
        ("tool", "requests", "failed", "a second", *summary.LEAST),
        lines,
    )


def _ms(time: float | None) -> str:
    return "" if time is None else f"{time:.1f}"


def overheads(results: Results, server: str, database: str) -> Table:
    """Return what each tool costs, as a multiple of the same pages without one."""
    lines = [
        [
            f"{each['tool']}, {each['variant']}",
            f"{each['ratio']:.3f}" if each["is_quiet"] else f"({each['ratio']:.3f})",
            f"{each['low']:.3f}-{each['high']:.3f}",
            f"{each['pages']}",
        ]
        for each in summary.overheads(results, server, database)
    ]
    return Table(
        f"{server}, {database}: p50 as a multiple of that without a tool, geometric mean of the"
        " pages; spread: the run there and the run back; of off: to itself, the noise;"
        f" (a figure in brackets) comes with more than {summary.MOST_NOISE:.0%} of it.",
        ("tool", "ratio", "spread", "pages"),
        lines,
    )


def scaling(results: Results, server: str, database: str) -> Table:
    """Return requests a second of visitors who do not wait."""
    found = [
        one for one in results["scaling"] if (one["server"], one["database"]) == (server, database)
    ]
    by = {(one["users"], one["variant"]): one for one in found}
    lines = []
    for users in sorted({one["users"] for one in found}):
        slow, fast = by[users, "slow"], by[users, "fast"]
        cells = [f"{slow['rps']:.0f}", f"{fast['rps']:.0f}", f"{fast['rps'] / slow['rps']:.1f}"]
        cells += ["" if one["p50"] is None else f"{one['p50']:.0f}" for one in (slow, fast)]
        lines.append([f"{users}", *cells])
    return Table(
        f"{server}, {database}: requests a second of visitors who do not wait, and p50 in ms.",
        ("users", "slow", "fast", "ratio", "slow p50", "fast p50"),
        lines,
    )


def rows(results: Results) -> Table:
    """Return the queries of a search by the rows that it shows."""
    by: dict[tuple[str, int], dict[str, int]] = {}
    for one in results["rows"]:
        by.setdefault((one["database"], one["rows"]), {})[one["variant"]] = one["queries"]
    lines = [
        [f"{database}, {shown:,} rows", f"{queries['slow']:,}", f"{queries['fast']:,}"]
        for (database, shown), queries in by.items()
    ]
    return Table("Queries of a search by its rows.", ("rows", "slow", "fast"), lines)
