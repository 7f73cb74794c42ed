"""Time ways in turns."""

import gc
from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any


def measure(ways: dict[str, Callable[[], Any]], rounds: int) -> dict[str, dict[str, float]]:
    """Return for each way the best wall and CPU time of a call, in ms."""
    for read in ways.values():
        for _ in range(3):
            read()
    gc.collect()
    gc.freeze()
    best = {name: {"wall": 1e9, "cpu": 1e9} for name in ways}
    for number in range(rounds):
        turns = list(ways.items())
        for name, read in turns if number % 2 else reversed(turns):
            wall, cpu = perf_counter(), thread_time()
            read()
            found = {"wall": perf_counter() - wall, "cpu": thread_time() - cpu}
            for clock, seconds in found.items():
                best[name][clock] = min(best[name][clock], seconds * 1000)
    return best
