"""Write ``docs/benchmarks.md`` from the results of runs: nothing on it is typed by hand."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from benchmarks import compare, everything, growth
from benchmarks.everything import summary
from benchmarks.load import text
from benchmarks.machine import ROOT, describe
from benchmarks.table import table

PAGE: Final = ROOT / "docs" / "benchmarks.md"
# Of results that hold one bench alone.
_TITLES: Final = {
    "instructions": "The instructions that auditing adds, `make bench-instructions`",
    "growth": "How the cost grows with the work, `make bench-growth`",
    "peers": "Other tools side by side, `make bench-peers`",
}
_INTRODUCTION: Final = """\
# Benchmarks

Written by `python -m benchmarks page` from the results of the runs below; the machine of each is
named with it. Ratios of one run were measured in turns and may be compared; times of two runs, or
of two machines, may not. The load averages tell how much else the machine was doing: on two cores
all above 2 is somebody waiting, and such a run shows how large differences are, not small ones.
Overheads of commits before 8252bd9 were measured with the rules run after each request, which fill
the caches of the next one: pages of few queries look dearer there than they are.

| command | does |
|---|---|
| `make bench` | overhead, raw SQL, composite keys, master data and DynamoDB, under five minutes |
| `make bench-full` | the same with all rounds |
| `make bench-instructions` | the instructions that auditing adds to a page, counted by Valgrind: the same whatever else the machine does |
| `make bench-growth` | how the cost grows with queries, shapes, depth of the stack, stored requests, cached rows and findings: exponents, 1 is linear |
| `make bench-peers` | other tools beside this one, a process each, in an environment of their own |
| `make load` | journeys of customers by locust: slow and fast, auditor off and on (SQLite, gunicorn), under four minutes |
| `make load-full` | slow and fast; off, on, panel, toolbar and silk; SQLite and PostgreSQL; gunicorn and uvicorn |
| `make load-distributed` | the same as `make load` by locust's master and workers; `LOCUST_MASTER=host` makes this machine a worker of that one |
| `python -m benchmarks compare OLD NEW` | exits with 1 where something has grown over its limit: {limits} |
| `python -m benchmarks page --bench FILE --load FILE --matrix FILE` | writes this page; several benches and loads are allowed |

A load walks journeys (browse, search, basket and order, API client, report, and the staff's pages)
over pages in pairs that show the same. One variant is asked at a time, there and back (A B B A), at
a fixed rate that keeps a core busy by a third, the warm-up dropped. Queries and the time in the
database come from `Server-Timing` in an audited pass before. p95 is told from 20 requests on, p99
from 100. Workers on other machines need the same checkout: there
`LOCUST_MASTER=host make load-distributed`, on the host
`make load-distributed ARGS="--bind 0.0.0.0 --expect-workers 2"`.
"""


def write(
    benches: Sequence[Path], loads: Sequence[Path], output: Path, matrix: Path | None = None
) -> None:
    """Write the page from the results in these files; ``matrix`` is that of ``make load-full``.

    Raises CompareError where a file has none of its kind.
    """
    limits = ", ".join(f"{kind} {limit:g}" for kind, limit in compare.LIMITS.items())
    parts = [_INTRODUCTION.format(limits=limits)]
    for number, path in enumerate(benches, start=1):
        parts += _bench(_read(path, "bench"), number, path, output)
    found = [_read(path, "load") for path in loads]
    for number, (path, results) in enumerate(zip(loads, found, strict=True), start=1):
        parts += _load(results, f"Run {number} of the load", path, output)
    if len(found) > 1:
        changes = compare.compare(found[0], found[-1])
        parts.append("## The first and the last load compared\n")
        parts.append(_block(compare.render(changes)))
    if matrix is not None:
        results = _read(matrix, "load")
        parts += _load(results, "The whole matrix, `make load-full`", matrix, output)
    output.write_text("\n".join(parts), encoding="utf-8")


def _read(path: Path, kind: str) -> dict[str, Any]:
    results = compare.read(path)
    if results["kind"] != kind:
        msg = f"{path} is of the kind {results['kind']}, but was given as --{kind}"
        raise compare.CompareError(msg)
    return results


def _bench(results: dict[str, Any], number: int, path: Path, output: Path) -> Iterator[str]:
    benches = results["benches"]
    name = benches[0]["name"] if len(benches) == 1 else ""
    how = "`make bench`" if results["is_quick"] else "`make bench-full`"
    title = _TITLES.get(name)
    if title is None:
        title = f"Run {number} of the benches, {how}"
    elif results["is_quick"] and everything.BENCHES[name].full != everything.BENCHES[name].quick:
        title += ", in short"
    yield f"## {title}\n"
    yield f"{describe(results['machine'])}\n{summary(benches)}\n"
    if name != "instructions":
        yield f"{_worth(results['machine'])}\n"
    rows = [
        (
            f"{bench['name']}: {goal['what']}",
            f"{goal['limit']:g} {goal['unit']}".strip(),
            f"{goal['figure']:.4g}",
            goal["verdict"],
        )
        for bench in results["benches"]
        for goal in bench["goals"]
    ]
    yield _block(table(("goal", "at most", "measured", "reached"), rows))
    for bench in results["benches"]:
        told = bench["text"] or bench["error"]
        yield f"### {bench['name']}, {bench['seconds']:.0f} s\n"
        if bench.get("figures"):
            yield from _draw(bench["figures"], path, output)
        yield _block(told)


def _draw(figures: Sequence[dict[str, Any]], path: Path, output: Path) -> Iterator[str]:
    """Write the chart of growths beside their results, and show it where the page can."""
    drawn, folder = path.with_suffix(".svg").resolve(), output.resolve().parent
    try:
        chart = growth.draw([growth.from_dict(one) for one in figures])
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{path}: the figures of growth are incomplete: {type(error).__name__} {error}"
        raise compare.CompareError(msg) from None
    try:
        drawn.write_text(chart, encoding="utf-8")
    except OSError as error:
        msg = f"{drawn} cannot be written: {error.strerror}"
        raise compare.CompareError(msg) from None
    if drawn.is_relative_to(folder):
        yield f"![How the cost grows]({quote(drawn.relative_to(folder).as_posix())})\n"


def _load(results: dict[str, Any], title: str, path: Path, output: Path) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"{_worth(results['machine'])}\n"
    html, folder = path.with_suffix(".html").resolve(), output.resolve().parent
    if html.exists() and html.is_relative_to(folder):
        yield f"[With charts]({html.relative_to(folder)}); the figures as tables:\n"
    yield _block(text.tables(results))


def _worth(machine: dict[str, Any]) -> str:
    """Return what the figures say, by what else the machine was doing before the run."""
    before, cores = machine["load_before"][0], machine["cores"]
    if before <= cores / 8:
        return f"The machine was free when it began (load {before:.1f} on {cores} cores)."
    return (
        f"The machine was shared with other work (load {before:.1f} on {cores} cores when it"
        " began): counts of queries and ratios of 2 and more are worth something, ratios of some"
        " percent and times are not."
    )


def _block(told: str) -> str:
    return f"```text\n{told}\n```\n"
