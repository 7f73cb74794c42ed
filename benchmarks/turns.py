"""Ask for a page in turns: each variant there and back, several rounds, warm-up dropped."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from threading import Event
from time import monotonic, perf_counter_ns, process_time_ns, thread_time_ns
from typing import Final

from benchmarks.figures import Spread, percentile, spread
from benchmarks.pages import Page
from benchmarks.stacks import Visit
from benchmarks.variants import BARE, CONTROL, VARIANTS, Variants, count_queries
from queryaudit.stores.writer import writer

WARM_UP_REQUESTS: Final = 20  # at most: a page of three queries is settled after ten
MOST_REQUESTS: Final = 100  # of a turn
MOST_NOISE: Final = 0.02  # of bare against itself


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Rounds begin as long as there is time for another one within ``seconds``; a turn
    takes ``turn_ms`` milliseconds, after a warm-up of ``warm_up`` queries.
    """

    seconds: float
    turn_ms: float
    warm_up: int


@dataclass(frozen=True)
class Request:
    """What one request took, in microseconds, until the visitor has the page."""

    cpu: float
    wall: float


@dataclass
class Turn:
    """Medians and 20th percentiles of one turn, in microseconds.

    ``with_judging`` has what the auditor took to judge and keep its requests as well.
    """

    variant: str
    round: int
    requests: int
    cpu: float
    cpu_p20: float
    with_judging: float
    wall: float


@dataclass
class Measured:
    """All turns of one page, and the queries that were counted."""

    page: Page
    counted: int
    turns: list[Turn] = field(default_factory=list)

    def median(self, variant: str, figure: str = "cpu") -> float:
        """Return the median over the turns of ``variant``, in microseconds."""
        values = [float(getattr(turn, figure)) for turn in self.turns if turn.variant == variant]
        return median(values)

    def ratios(
        self, variant: str, to: tuple[str, ...] = (BARE, CONTROL), figure: str = "cpu"
    ) -> list[float]:
        """Return for each round what ``variant`` took, as a multiple of what ``to`` took."""
        return [of / base for of, base in self._pairs(variant, to, figure)]

    def added(self, variant: str, to: tuple[str, ...] = (BARE, CONTROL)) -> list[float]:
        """Return for each round the microseconds that ``variant`` takes more than ``to``."""
        return [of - base for of, base in self._pairs(variant, to, "cpu")]

    @property
    def noise(self) -> Spread:
        """What the bare page took the second time, as a multiple of the first."""
        return spread(self.ratios(CONTROL, to=(BARE,)))

    @property
    def is_quiet(self) -> bool:
        """Whether a ratio of this page can be trusted."""
        return abs(self.noise.middle - 1) <= MOST_NOISE

    def _pairs(
        self, variant: str, to: tuple[str, ...], figure: str
    ) -> Iterator[tuple[float, float]]:
        for number in sorted({turn.round for turn in self.turns}):
            yield self._mean(number, (variant,), figure), self._mean(number, to, figure)

    def _mean(self, number: int, variants: tuple[str, ...], figure: str) -> float:
        values = [
            float(getattr(turn, figure))
            for turn in self.turns
            if turn.round == number and turn.variant in variants
        ]
        return sum(values) / len(values)


def measure(
    variants: Variants, pages: Sequence[Page], effort: Effort, tell: Callable[[str], None]
) -> list[Measured]:
    """Measure ``pages`` round by round, so that a bad minute hits one round of each."""
    measured = [Measured(page, count_queries(variants, page)) for page in pages]
    sizes = {page: _requests_in(variants, page, effort.turn_ms) for page in pages}
    begin, rounds, longest = monotonic(), 0, 0.0
    while not rounds or monotonic() - begin + longest <= effort.seconds:
        round_began = monotonic()
        for each in measured:
            tell(f"round {rounds + 1}: {each.page.name}")
            for variant in (*VARIANTS, *reversed(VARIANTS)):
                visit = variants.enter(variant, each.page)
                _warm_up(visit, each.page, effort.warm_up)
                with judged_later():
                    asked = [_ask(visit, each.page) for _ in range(sizes[each.page])]
                each.turns.append(_sum_up(asked, variant, rounds, _judge(len(asked))))
        rounds += 1
        longest = max(longest, monotonic() - round_began)
    return measured


def _requests_in(variants: Variants, page: Page, milliseconds: float) -> int:
    """Return how many requests of the bare page fill a turn."""
    visit = variants.enter(BARE, page)
    visit()
    fastest = min(_ask(visit, page).wall for _ in range(3))
    return max(2, min(MOST_REQUESTS, round(milliseconds * 1000 / fastest)))


def _warm_up(visit: Visit, page: Page, queries: int) -> None:
    for _ in range(max(1, min(WARM_UP_REQUESTS, queries // max(1, page.queries)))):
        visit()
    writer.drain()
    gc.collect()  # each turn begins with the same counters; then it runs as on a server


@contextmanager
def judged_later() -> Iterator[None]:
    """Have what is submitted to the writer wait until the block has ended.

    On a site the writer looks for work each 50 ms. If it judged after each request, the next
    one would find its caches full of the rules, which no bare request does.
    """
    done = Event()

    def wait() -> None:
        done.wait()

    writer.submit(wait)
    try:
        yield
    finally:
        done.set()


def _judge(requests: int) -> float:
    """Return the microseconds of processor time that judging and keeping took, a request."""
    begin = process_time_ns()
    writer.drain()
    return (process_time_ns() - begin) / requests / 1000


def _ask(visit: Visit, page: Page) -> Request:
    # An async page runs in two threads.
    clock = process_time_ns if page.is_async else thread_time_ns
    wall, begin = perf_counter_ns(), clock()
    visit()
    return Request((clock() - begin) / 1000, (perf_counter_ns() - wall) / 1000)


def _sum_up(asked: list[Request], variant: str, number: int, judging: float) -> Turn:
    cpu = [request.cpu for request in asked]
    return Turn(
        variant,
        number,
        len(asked),
        cpu=median(cpu),
        cpu_p20=percentile(cpu, 20),
        with_judging=median(cpu) + judging,
        wall=median(request.wall for request in asked),
    )
