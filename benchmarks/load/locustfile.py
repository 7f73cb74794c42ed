"""The visitors, for locust: one variant of the shop, journey after journey, at a fixed rate.

Each request becomes a sample (page, seconds since the start, milliseconds, whether it failed, and
queries and milliseconds in the database where ``Server-Timing`` tells). Workers send theirs to the
master with locust's own reports; who has them all writes them to ``--samples`` at the end.
"""

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from time import time
from typing import Any

from locust import HttpUser, constant, constant_throughput, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import WorkerRunner

from benchmarks.load.journeys import Ask, Shop, Walk, walks
from benchmarks.load.samples import Sample

_TIMING = re.compile(r'db;dur=([\d.]+);desc="(\d+) queries"')
_samples: list[Sample] = []
_began = time()
_numbers = count()


@events.init_command_line_parser.add_listener
def _declare(parser: LocustArgumentParser) -> None:
    parser.add_argument("--shop", required=True, help="JSON that prepare printed")
    parser.add_argument("--variant", choices=["slow", "fast"], default="slow")
    parser.add_argument("--rate", type=float, default=1.0, help="a second and visitor; 0: no pause")
    parser.add_argument("--warm-up", type=float, default=0.0, help="seconds that are dropped")
    parser.add_argument("--journeys", type=int, default=0, help="of a visitor; 0: until the end")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", default="", help="file to write")


@events.test_start.add_listener
def _begin(**_: Any) -> None:
    global _began, _numbers  # locust's listeners share nothing else
    _began, _numbers = time(), count()
    _samples.clear()


@events.request.add_listener
def _collect(
    name: str, response_time: float, exception: object, start_time: float, response: Any, **_: Any
) -> None:
    found = _TIMING.search(getattr(response, "headers", {}).get("Server-Timing", ""))
    queries, db_ms = (int(found[2]), float(found[1])) if found else (None, None)
    _samples.append(
        Sample(name, start_time - _began, response_time, exception is not None, queries, db_ms)
    )


@events.report_to_master.add_listener
def _send(data: dict[str, Any], **_: Any) -> None:
    data["samples"] = [list(sample) for sample in _samples]
    _samples.clear()


@events.worker_report.add_listener
def _receive(data: dict[str, Any], **_: Any) -> None:
    _samples.extend(Sample(*sample) for sample in data["samples"])


@events.quitting.add_listener
def _write(environment: Environment, **_: Any) -> None:
    options: Any = environment.parsed_options
    if options is None or not options.samples or isinstance(environment.runner, WorkerRunner):
        return
    kept = [list(sample) for sample in _samples if sample.second >= options.warm_up]
    Path(options.samples).write_text(json.dumps(kept), encoding="utf-8")


class Visitor(HttpUser):
    """Somebody who takes all journeys in turn, and asks again at a fixed rate."""

    def on_start(self) -> None:
        """Begin where no other visitor begins, with dice of one's own."""
        options: Any = self.environment.parsed_options
        self.variant, self.left = options.variant, options.journeys
        number = next(_numbers)
        if isinstance(self.environment.runner, WorkerRunner):
            number += 1_000 * self.environment.runner.worker_index
        shop = Shop.from_dict(json.loads(Path(options.shop).read_text(encoding="utf-8")))
        dice = Random(options.seed + number)  # noqa: S311  # nothing here is a secret
        self.walks: Iterator[tuple[str, Walk]] = walks(dice, shop, first=number)
        self.walk: Walk | None = None
        self.asked: Ask | None = None
        wait = constant_throughput(options.rate) if options.rate > 0 else constant(0)
        self.pause = wait

    def wait_time(self) -> float:
        """Return the seconds until the next request."""
        return float(self.pause(self))

    @task
    def go_on(self) -> None:
        """Make the next request of the journey; begin the next journey after the last one."""
        if self.asked is None:
            self.client.cookies.clear()
            _, self.walk = next(self.walks)
            self.asked = next(self.walk, None)
        text = self._ask(self.asked) if self.asked else None
        try:
            self.asked = self.walk.send(text) if self.walk and text is not None else None
        except StopIteration:
            self.asked = None
        if self.asked is None and self.left:
            self.left -= 1
            if not self.left and self.environment.runner:
                self.environment.runner.quit()

    def _ask(self, ask: Ask) -> str | None:
        """Return the text that came, None where the page failed: the journey ends there."""
        response = self.client.request(
            "GET" if ask.form is None else "POST",
            f"/{self.variant}/{ask.path}",
            name=ask.name,
            params=ask.query,
            data=ask.form,
            allow_redirects=False,
        )
        return response.text if response.ok else None
