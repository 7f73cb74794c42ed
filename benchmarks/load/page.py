"""The results as one page of HTML with charts, which needs nothing else and no network."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from benchmarks.charts import STYLE, Bar, Chart, Line, bars, lines
from benchmarks.load import summary, text

_STYLE: Final = """
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
pre { white-space: pre-wrap; color: var(--soft); font-size: .85rem; }
figure { margin: 1.5rem 0; overflow-x: auto; } figcaption { color: var(--soft); }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .6rem; border-bottom: 1px solid var(--rule); text-align: right; }
th:first-child, td:first-child { text-align: left; font-weight: normal; }
"""


def render(results: dict[str, Any]) -> str:
    """Return the page."""
    body = "\n".join(_sections(results))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Load of the record shop</title>\n<style>{STYLE}{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Load of the record shop</h1>\n<pre>{escape(text.headline(results))}</pre>\n"
        f"{body}\n</body>\n</html>\n"
    )


def _sections(results: dict[str, Any]) -> Iterator[str]:
    for server, database in summary.places(results):
        name = f"{server}, {database}"
        yield f"<h2>{escape(name)}</h2>"
        pairs = summary.pairs(results, server, database)
        if pairs:
            yield _figure(
                "Slow pages and their fast twins, p50 in ms",
                bars(f"{name}: p50 of slow and fast pages", [_pair(pair) for pair in pairs]),
                text.pairs(results, server, database),
            )
        yield _figure(
            "What a tool costs: p50 as a multiple of that without one",
            bars(f"{name}: overhead by tool", _tools(results, server, database), mark=1.0),
            text.overheads(results, server, database),
            text.percentiles(results, server, database),
        )
        yield _figure(
            "Requests a second against users who do not wait",
            lines(
                Chart(
                    f"{name}: requests a second against users",
                    [
                        Line(variant, variant, _points(results, server, database, variant))
                        for variant in ("slow", "fast")
                    ],
                    "users",
                    "requests a second",
                )
            ),
            text.scaling(results, server, database),
        )
    yield "<h2>Queries against rows</h2>"
    yield _figure(
        "Queries of a search against the rows it shows",
        lines(Chart("Queries against rows", _rows(results), "rows", "queries")),
        text.rows(results),
    )


def _figure(caption: str, drawn: str, *tables: text.Table) -> str:
    told = "".join(map(_table, tables))
    return f"<figure><figcaption>{escape(caption)}</figcaption>{drawn}</figure>\n{told}"


def _table(told: text.Table) -> str:
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in told.heads)
    lines_ = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in told.rows
    )
    return (
        f"<details><summary>{escape(told.title)}</summary>\n<table><thead><tr>{heads}</tr></thead>"
        f"<tbody>\n{lines_}\n</tbody></table></details>"
    )


def _pair(pair: dict[str, Any]) -> tuple[str, list[Bar]]:
    ratio = f"x {pair['ratio']:.1f} ({pair['low']:.1f} to {pair['high']:.1f})"
    return pair["page"], [
        Bar(pair["slow"], f"{pair['slow']:.1f} ms", "slow"),
        Bar(pair["fast"], f"{pair['fast']:.1f} ms  {ratio}", "fast"),
    ]


def _tools(results: dict[str, Any], server: str, database: str) -> list[tuple[str, list[Bar]]]:
    found = []
    for each in summary.overheads(results, server, database):
        tone = "bare" if each["tool"] == "off" else "tool"
        note = f"{each['ratio']:.2f} ({each['low']:.2f} to {each['high']:.2f})"
        if not each["is_quiet"]:
            note += ", noisy"
        bar = Bar(each["ratio"], note, tone, each["low"], each["high"])
        found.append((f"{each['tool']}, {each['variant']} pages", [bar]))
    return found


def _points(
    results: dict[str, Any], server: str, database: str, variant: str
) -> list[tuple[float, float]]:
    where = (server, database, variant)
    return [
        (one["users"], one["rps"])
        for one in results["scaling"]
        if (one["server"], one["database"], one["variant"]) == where
    ]


def _rows(results: dict[str, Any]) -> list[Line]:
    databases = list(dict.fromkeys(one["database"] for one in results["rows"]))
    return [
        Line(
            f"{variant}, {database}",
            variant,
            [
                (one["rows"], one["queries"])
                for one in results["rows"]
                if (one["database"], one["variant"]) == (database, variant)
            ],
        )
        for database in databases
        for variant in ("slow", "fast")
    ]
