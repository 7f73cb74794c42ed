"""Items from memory, ``masterdata.cached(Model.objects, ttl=...)``, beside asking for them."""

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, Final

from benchmarks.dynamodb.site import ITEMS, models
from benchmarks.figures import Spread, spread
from benchmarks.goals import Goal
from benchmarks.table import table

Figures = dict[str, dict[str, list[float]]]  # by read and way, microseconds of each round
CALLS: Final = {"from memory": 500, "asked": 5}
GET: Final = "get()"
# A list makes an instance of each item in both ways, and has no goal.
READS: Final = (GET, "50 of a partition", f"partition of {ITEMS:,}")
TIMES: Final = 100  # a get from memory is to be so many times as fast as one that asks


def measure_held(rounds: int) -> Figures:
    """Return the microseconds of each read, from memory and asked for, in turns."""
    from queryaudit import masterdata  # noqa: PLC0415  # Django is set up by now

    ours, _ = models()
    kept: Any = masterdata.cached(ours.objects, ttl=3_600)
    found: Figures = {}
    for name, pair in zip(READS, _reads(kept, ours.objects), strict=True):
        ways = dict(zip(CALLS, pair, strict=True))
        assert len({repr(_keys(way())) for way in ways.values()}) == 1, name  # noqa: S101
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, read in (*ways.items(), *reversed(ways.items())):
                times[way].append(_time(read, CALLS[way] if name == GET else 5))
        found[name] = times
    return found


def _reads(kept: Any, asked: Any) -> list[tuple[Callable[[], Any], Callable[[], Any]]]:
    def get(source: Any) -> Callable[[], Any]:
        return lambda: source.get(sensor="s1", number=70)

    def some(source: Any) -> Callable[[], Any]:
        return lambda: list(source.filter(sensor="s1", number__gte=100, number__lt=150))

    def every(source: Any) -> Callable[[], Any]:
        return lambda: list(source.filter(sensor="s1"))

    return [(make(kept), make(asked)) for make in (get, some, every)]


def _keys(found: Any) -> list[Any]:
    return [each.number for each in (found if isinstance(found, list) else [found])]


def _time(read: Callable[[], Any], calls: int) -> float:
    begin = perf_counter()
    for _ in range(calls):
        read()
    return (perf_counter() - begin) / calls * 1e6


def _ratio(times: dict[str, list[float]]) -> Spread:
    pairs = zip(times["asked"], times["from memory"], strict=True)
    return spread([asked / kept for asked, kept in pairs])


def told(figures: Figures) -> str:
    """Return the reads as a table."""
    lines = []
    for name, times in figures.items():
        ratio = _ratio(times)
        fast, slow = (spread(times[way]).middle for way in CALLS)
        quartiles = f"{ratio.low:.1f}-{ratio.high:.1f}"
        lines.append([name, f"{fast:.1f}", f"{slow:.0f}", f"{ratio.middle:.1f}", quartiles])
    heads = ("read of cached(objects)", "us", "asked, us", "times as fast", "quartiles")
    return table(heads, lines)


def goals(figures: Figures) -> Iterator[Goal]:
    """Yield the goal: the part of the time of asking, in percent."""
    yield Goal("cached(objects).get(), % of asking", 100 / TIMES, 100 / _ratio(figures[GET]).middle)
