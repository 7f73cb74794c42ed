"""Measure everything: an audited pass first, then the timed runs, there and back."""

import json
import re
import tempfile
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.load import journeys
from benchmarks.load.databases import database
from benchmarks.load.matrix import VARIANTS, Effort, Stand
from benchmarks.load.running import Run, Workers, run
from benchmarks.load.samples import Sample
from benchmarks.load.serving import LoadError, serving
from benchmarks.load.summary import summarise
from benchmarks.machine import Machine

SEED: Final = 1948  # as the shop's own
ROWS: Final = (1, 10, 100, 1_000)  # asked of a search, for queries against rows
_TIMING: Final = re.compile(r'db;dur=([\d.]+);desc="(\d+) queries"')
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is to be measured."""

    stands: Sequence[Stand]
    effort: Effort
    workers: Workers | None = None
    address: str = "127.0.0.1"  # where the shop is served


def measure(order: Order, tell: Tell) -> dict[str, Any]:
    """Return the results as they are written to ``results.json``."""
    machine = Machine.begin(("django", "locust", "gunicorn", "uvicorn", "django-silk"))
    found: dict[str, list[dict[str, Any]]] = {"pages": [], "cells": [], "pooled": []}
    found |= {"scaling": [], "rows": []}
    by_database: dict[str, list[Stand]] = {}
    for stand in order.stands:
        by_database.setdefault(stand.database, []).append(stand)
    for kind, stands in by_database.items():
        tell(f"{kind}: fill")
        with _shop(kind, order.effort.size) as (name, shop):
            measurer = _Measurer(order, name, shop, tell)
            found["pages"] += measurer.audited_pass(stands[0])
            found["rows"] += measurer.queries_by_rows(stands[0])
            for stand in stands:
                runs, pooled = measurer.timed_runs(stand)
                found["cells"] += runs
                found["pooled"] += pooled
                found["scaling"] += measurer.scaling(stand)
    return {
        "kind": "load",
        "format": 1,
        "machine": machine.end(),
        "seed": SEED,
        "effort": asdict(order.effort),
        "workers": order.workers.count if order.workers else 0,
        **found,
    }


@contextmanager
def _shop(kind: str, size: str) -> Iterator[tuple[str, Path]]:
    with database(kind, size) as (name, told), tempfile.TemporaryDirectory() as folder:
        journeys.check(journeys.Shop.from_dict(told))
        file = Path(folder) / "shop.json"
        file.write_text(json.dumps(told), encoding="utf-8")
        yield name, file


class _Measurer:
    """The runs on one database."""

    def __init__(self, order: Order, name: str, shop: Path, tell: Tell) -> None:
        self._order, self._name, self._shop, self._tell = order, name, shop, tell

    def _run(self, url: str, variant: str, **plan: Any) -> list[Sample]:
        return run(Run(url, variant, self._shop, SEED, **plan), self._order.workers)

    def audited_pass(self, stand: Stand) -> list[dict[str, Any]]:
        """Return queries and database time of each page, as ``Server-Timing`` tells them."""
        found = []
        count = 2 * len(journeys.JOURNEYS)
        with serving(stand.server, self._name, "timed") as url:
            for variant in VARIANTS:
                self._tell(f"{stand.database}: audited pass, {variant}")
                plan = Run(url, variant, self._shop, SEED, journeys=count)
                by_page: dict[str, list[Sample]] = defaultdict(list)
                for sample in run(plan):
                    by_page[sample.page].append(sample)
                for page, samples in by_page.items():
                    if any(sample.has_failed for sample in samples):
                        msg = f"{stand.database}: {page} fails on {variant} pages"
                        raise LoadError(msg)
                    told = [each for each in samples if each.queries is not None]
                    if not told:
                        msg = f"{page} of {variant} tells no Server-Timing"
                        raise LoadError(msg)
                    found.append(
                        {
                            "database": stand.database,
                            "page": page,
                            "variant": variant,
                            "queries": median(each.queries or 0 for each in told),
                            "db_ms": round(median(each.db_ms or 0.0 for each in told), 2),
                        }
                    )
        return found

    def queries_by_rows(self, stand: Stand) -> list[dict[str, Any]]:
        """Return how many queries a search of so many results makes."""
        found = []
        with serving(stand.server, self._name, "timed") as url:
            for variant in VARIANTS:
                for rows in ROWS:
                    self._tell(f"{stand.database}: {rows:,} rows, {variant}")
                    address = f"{url}/{variant}/{journeys.SEARCH}?most={rows}"
                    with urllib.request.urlopen(address) as answer:  # noqa: S310  # of ours
                        timing = _TIMING.search(answer.headers["Server-Timing"])
                        shown = answer.read().decode().count('<th scope="row">')
                    if timing is None:
                        msg = f"{address} tells no Server-Timing"
                        raise LoadError(msg)
                    queries = int(timing[2])
                    one = {"database": stand.database, "variant": variant}
                    found.append({**one, "rows": shown, "queries": queries})
        return found

    def timed_runs(self, stand: Stand) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the summaries of each run at a fixed rate, and of those there and back together.

        The servers of all tools stand beside each other; one of them is asked at a time.
        """
        effort = self._order.effort
        found = []
        together: dict[tuple[str, str], list[Sample]] = defaultdict(list)
        where = {"server": stand.server, "database": stand.database}
        seconds = effort.seconds - effort.warm_up
        with ExitStack() as stack:
            urls = {
                tool: stack.enter_context(
                    serving(stand.server, self._name, tool, address=self._order.address)
                )
                for tool in stand.tools
            }
            runs = list(stand.there_and_back())
            for number, (half, tool, variant) in enumerate(runs, start=1):
                self._tell(f"{stand.name}: run {number} of {len(runs)}, {tool}, {variant}")
                samples = self._run(
                    urls[tool],
                    variant,
                    users=effort.users,
                    rate=effort.rate,
                    seconds=effort.seconds,
                    warm_up=effort.warm_up,
                )
                together[tool, variant] += samples
                told = {**where, "tool": tool, "variant": variant, "half": half}
                found.append({**told, **summarise(samples, seconds)})
        pooled = [
            {**where, "tool": tool, "variant": variant, **summarise(samples, 2 * seconds)}
            for (tool, variant), samples in together.items()
        ]
        return found, pooled

    def scaling(self, stand: Stand) -> list[dict[str, Any]]:
        """Return requests a second of so many visitors who do not wait, without an auditor."""
        effort = self._order.effort
        warm_up = min(effort.warm_up, effort.scaling_seconds / 4)
        found = []
        with serving(stand.server, self._name, "off", address=self._order.address) as url:
            for users in effort.scaling_users:
                for variant in VARIANTS:
                    self._tell(f"{stand.name}: {users} without a pause, {variant}")
                    samples = self._run(
                        url,
                        variant,
                        users=users,
                        seconds=effort.scaling_seconds,
                        warm_up=warm_up,
                    )
                    told = summarise(samples, effort.scaling_seconds - warm_up)
                    one: dict[str, Any] = {"server": stand.server, "database": stand.database}
                    failing = {
                        page: figures["failures"]
                        for page, figures in told["pages"].items()
                        if figures["failures"]
                    }
                    one |= {"variant": variant, "users": users, "failing": failing}
                    found.append({**one, **told["all"]})
        return found
