"""From samples to percentiles, and from those to what is compared."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import exp, log
from statistics import fmean
from typing import Any, Final

from benchmarks.figures import percentile
from benchmarks.load.samples import Sample

MOST_NOISE: Final = 0.10  # of the pages without a tool, in the run there to the run back
# A percentile is told of so many requests and more: below, it would be the slowest one by chance.
LEAST: Final = {"p50": 4, "p95": 20, "p99": 100}


def summarise(samples: Sequence[Sample], seconds: float) -> dict[str, Any]:
    """Return the figures of all requests of a run, and those of each page."""
    pages: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        pages[sample.page].append(sample)
    found = {page: _figures(pages[page], seconds) for page in sorted(pages)}
    return {"all": _figures(samples, seconds), "pages": found}


def _figures(samples: Sequence[Sample], seconds: float) -> dict[str, Any]:
    times = [sample.ms for sample in samples]
    told = {
        name: round(percentile(times, float(name[1:])), 2) if len(times) >= least else None
        for name, least in LEAST.items()
    }
    failures = sum(sample.has_failed for sample in samples)
    per_second = round(len(samples) / seconds, 2)
    return {"requests": len(samples), "failures": failures, "rps": per_second, **told}


def places(results: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the servers with their databases, in the order of the runs."""
    return list(dict.fromkeys((cell["server"], cell["database"]) for cell in results["cells"]))


def cells(results: dict[str, Any], **of: str) -> Iterator[dict[str, Any]]:
    """Yield the runs whose server, database, tool, variant are these."""
    for cell in results["cells"]:
        if all(cell[key] == value for key, value in of.items()):
            yield cell


def halves(results: dict[str, Any], page: str, **of: str) -> list[float]:
    """Return the p50 of a page in the run there and in the run back, where both have one."""
    found = [cell["pages"].get(page, {}).get("p50") for cell in cells(results, **of)]
    return [] if None in found or len(found) < 2 else found


def pages_of(results: dict[str, Any], **of: str) -> list[str]:
    """Return the pages of such runs, by name."""
    return sorted({page for cell in cells(results, **of) for page in cell["pages"]})


def ratio(above: Sequence[float], below: Sequence[float]) -> tuple[float, float, float]:
    """Return the ratio of the means of the halves, with the least and the most of single halves."""
    single = [a / b for a in above for b in below]
    return fmean(above) / fmean(below), min(single), max(single)


def pairs(results: dict[str, Any], server: str, database: str) -> list[dict[str, Any]]:
    """Return by page the p50 of slow and fast without an auditor, their ratio and its spread."""
    found = []
    where = {"server": server, "database": database, "tool": "off"}
    for page in pages_of(results, **where):
        slow, fast = (halves(results, page, **where, variant=v) for v in ("slow", "fast"))
        if slow and fast:
            middle, low, high = ratio(slow, fast)
            found.append(
                {
                    "page": page, "slow": fmean(slow), "fast": fmean(fast),
                    "ratio": middle, "low": low, "high": high,
                }
            )  # fmt: skip
    return found


def overheads(results: dict[str, Any], server: str, database: str) -> list[dict[str, Any]]:
    """Return by tool and variant the p50 as a multiple of that without an auditor.

    It is the geometric mean over the pages; the spread is that mean in the run there and in the
    run back. Beside them stands what the off runs differ from each other: the noise, and above
    MOST_NOISE of it nothing is quiet.
    """
    found = []
    where = {"server": server, "database": database}
    tools = list(dict.fromkeys(cell["tool"] for cell in cells(results, **where)))
    for variant in ("slow", "fast"):
        bare = {
            page: times
            for page in pages_of(results, **where)
            if (times := halves(results, page, **where, tool="off", variant=variant))
        }
        noise = _geometric([times[1] / times[0] for times in bare.values()]) if bare else 1.0
        is_quiet = abs(log(noise)) <= log(1 + MOST_NOISE)
        for tool in tools:
            with_tool = {
                page: times
                for page in bare
                if (times := halves(results, page, **where, tool=tool, variant=variant))
            }
            if not with_tool:
                continue
            of_half = [
                _geometric([times[half] / bare[page][half] for page, times in with_tool.items()])
                for half in (0, 1)
            ]
            if tool == "off":
                of_half = sorted((noise, 1 / noise))
            middle = 1.0 if tool == "off" else _geometric(of_half)
            found.append(
                {
                    "tool": tool, "variant": variant, "ratio": middle,
                    "low": min(of_half), "high": max(of_half), "pages": len(with_tool),
                    "is_quiet": is_quiet,
                }
            )  # fmt: skip
    return found


def failures(results: dict[str, Any]) -> int:
    """Return how many requests of all runs failed."""
    found = [cell["all"] for cell in results["cells"]] + results["scaling"]
    return sum(int(one["failures"]) for one in found)


def failing(results: dict[str, Any]) -> list[str]:
    """Return the pages that failed, with the run and how often."""
    return [
        f"{page} {figures['failures']} times ({cell['server']}, {cell['database']},"
        f" {cell['tool']}, {cell['variant']})"
        for cell in results["pooled"]
        for page, figures in cell["pages"].items()
        if figures["failures"]
    ] + [
        f"{page} {count} times ({one['server']}, {one['database']},"
        f" {one['users']} without a pause, {one['variant']})"
        for one in results["scaling"]
        for page, count in one.get("failing", {}).items()
    ]


def _geometric(values: Sequence[float]) -> float:
    return exp(fmean(map(log, values)))
