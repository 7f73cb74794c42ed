"""Time all ways in turns: pyperf runs one way after the other, and here what counts is the ratio.

On a machine that others use, too, a slow minute would fall on one way and not on the other; within
a round it falls on all.
"""

import gc
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from benchmarks.masterdata.peers import DICT, READS, Way


def measure(ways: dict[str, Way], rounds: int) -> dict[str, dict[str, Any]]:
    """Return by way and read the microseconds, and the ratios to a dict by round."""
    gc.collect()
    gc.freeze()
    found: dict[str, dict[str, Any]] = {way: {} for way in ways}
    for read in READS:
        turns = [(way, reads[read]) for way, reads in ways.items() if read in reads]
        for _, function in turns:
            function()
        calls = {way: _calls(function) for way, function in turns}
        for _ in range(rounds):
            times: dict[str, float] = {}
            for way, function in (*turns, *reversed(turns)):
                times[way] = times.get(way, 0.0) + _time(function, calls[way]) / 2
            for way, taken in times.items():
                cell = found[way].setdefault(read, {"us": [], "ratio": []})
                cell["us"].append(taken)
                cell["ratio"].append(taken / times[DICT])
    return found


def _calls(function: Callable[[], object]) -> int:
    """Return how many calls take 20 ms."""
    begin = perf_counter_ns()
    function()
    return max(3, min(20_000, int(20_000_000 / max(perf_counter_ns() - begin, 1))))


def _time(function: Callable[[], object], calls: int) -> float:
    begin = perf_counter_ns()
    for _ in range(calls):
        function()
    return (perf_counter_ns() - begin) / calls / 1_000
