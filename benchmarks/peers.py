"""Other tools side by side, one process each, asked in turns: ``overhead --peers``.

Every process has the shop on a database of its own, with one tool or none. The parent asks one
after the other for the same page, there and back, and a process that is not asked waits for its
input. What a page takes is the processor time of the visitor's thread until the page is out. The
time a query is what the tool adds to bare, divided by the queries of the page.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from time import monotonic, thread_time_ns
from typing import TYPE_CHECKING, Any, Final

from benchmarks.figures import percentile
from benchmarks.tools import PEERS

if TYPE_CHECKING:
    from benchmarks.goals import Goal

ROOT: Final = Path(__file__).resolve().parents[1]
BARE, AGAIN, WRAPPER, OURS = "bare", "bare again", "empty wrapper", "queryaudit"
TOOLS: Final = (BARE, WRAPPER, OURS, *PEERS, AGAIN)
PAGES: Final = ("ZERO", "THREE", "TRACKS_201", "TRACKS_2001")
QUICK_PAGES: Final = ("ZERO", "THREE", "TRACKS_51")
MOST_NOISE: Final = 0.02
TURN_MS: Final = 100.0
MOST_REQUESTS: Final = 60


def always(_request: object) -> bool:
    """Show the toolbar to everybody; its own rule asks for DEBUG."""
    return True


@dataclass
class Tool:
    """Microseconds of one tool: by page the 20th percentile of each turn. Why it did not run."""

    name: str
    problem: str = ""
    turns: dict[str, list[float]] = field(default_factory=dict)


@dataclass
class SideBySide:
    """All tools on some pages, which make so many ``queries``."""

    queries: dict[str, int]
    tools: list[Tool]

    def tool(self, name: str) -> Tool:
        """Return the tool of that name."""
        return next(tool for tool in self.tools if tool.name == name)

    def ratio(self, name: str, page: str, to: str = BARE) -> float:
        """Return the median over the turns of what a page takes, as a multiple of ``to``."""
        pairs = zip(self.tool(name).turns[page], self.tool(to).turns[page], strict=True)
        return median(own / base for own, base in pairs)

    def added(self, name: str, page: str) -> float:
        """Return the microseconds that a page takes more than bare."""
        pairs = zip(self.tool(name).turns[page], self.tool(BARE).turns[page], strict=True)
        return median(own - base for own, base in pairs)

    def is_quiet(self, page: str) -> bool:
        """Whether bare against itself agrees, so that a ratio of the page says something."""
        return abs(self.ratio(AGAIN, page) - 1) <= MOST_NOISE

    def to_dict(self) -> dict[str, Any]:
        """Return the raw figures as JSON types."""
        return asdict(self)


def compare(seconds: float, *, is_quick: bool, tell: Callable[[str], None]) -> SideBySide:
    """Ask all tools in turns for so long, at least one round."""
    pages = QUICK_PAGES if is_quick else PAGES
    with _processes(pages) as (tools, started):
        queries = {page: started[BARE].ask("queries", page) for page in pages}
        begun, rounds = monotonic(), 0
        while not rounds or monotonic() - begun < seconds:
            for page in pages:
                tell(f"side by side, round {rounds + 1}: {page}")
                for name in (*started, *reversed(started)):
                    # A turn is as long as one of the bare page, so that fast ones weigh the same.
                    usual = started[name].ask("turn", page)
                    tools[name].turns.setdefault(page, []).append(usual)
            rounds += 1
    return SideBySide(queries, list(tools.values()))


class _Process:
    """One tool's process, which answers a line of JSON with another."""

    def __init__(self, name: str) -> None:
        # A file: some tools say much, and a pipe that nobody reads would stop them.
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self._process = subprocess.Popen(  # our own program
            [sys.executable, "-m", "benchmarks.peers", name],
            cwd=ROOT,
            env={**os.environ, "BENCHMARK_PEER": name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def ask(self, command: str, page: str) -> Any:
        """Return its answer. Raises RuntimeError with its last words where it has ended."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("it has no pipes")
        try:
            print(json.dumps([command, page]), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._process.communicate()
            self._said.seek(0)
            said = self._said.read()
            raise RuntimeError(said.strip().splitlines()[-1] if said.strip() else "it ended")
        return json.loads(answer)

    def end(self) -> None:
        """Close its input, at which it ends, and wait."""
        if self._process.poll() is None:
            self._process.communicate()
        self._said.close()


@contextmanager
def _processes(
    pages: Sequence[str],
) -> Iterator[tuple[dict[str, Tool], dict[str, _Process]]]:
    tools = {name: Tool(name) for name in TOOLS}
    started: dict[str, _Process] = {}
    try:
        for name, tool in tools.items():
            peer = PEERS.get(name)
            if peer is not None and not _is_there(peer.module):
                tool.problem = f"{peer.module} is not installed (group peers)"
                continue
            process = _Process(name)
            try:
                for page in pages:
                    process.ask("turn", page)  # the first visits, which nobody counts
            except RuntimeError as error:
                tool.problem = str(error)
                process.end()
            else:
                started[name] = process
        yield tools, started
    finally:
        for process in started.values():
            process.end()


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of a package around it
        return False


def render(result: SideBySide) -> str:
    """Return the table: the ratio of each page to bare, microseconds added, and a query; goals."""
    from benchmarks import pages as known  # noqa: PLC0415
    from benchmarks.table import render_goals, table  # noqa: PLC0415

    pages = list(result.queries)
    titles = {page: getattr(known, page).name for page in pages}
    heads = ["tool", *titles.values(), "us a request", "us a query", "remark"]
    rows = []
    for tool in result.tools:
        peer = PEERS.get(tool.name)
        if not tool.turns:
            rows.append([tool.name, *["-"] * (len(pages) + 2), f"did not run: {tool.problem}"])
            continue
        ratios = [_verdict(result, tool.name, page) for page in pages]
        longest = max(pages, key=result.queries.__getitem__)
        zero, added = result.added(tool.name, pages[0]), result.added(tool.name, longest)
        a_query = (added - zero) / result.queries[longest]
        note = "" if peer is None else peer.note
        rows.append([tool.name, *ratios, f"{zero:.0f}", f"{a_query:.2f}", note])
    return (
        "Tools side by side, one process each, in turns: CPU to bare; (in brackets) where bare "
        f"to itself is off by more than {MOST_NOISE:.0%}.\n"
        "us a request: added to the page without queries; a query: to the page with most.\n"
        f"{table(heads, rows)}\n\n{render_goals(_goals(result))}"
    )


def _goals(result: SideBySide) -> "Iterator[Goal]":
    """Yield the goals of ``make bench`` for a page's ratio to bare, by these processes."""
    from benchmarks import pages as known  # noqa: PLC0415
    from benchmarks.goals import RATIOS, Goal  # noqa: PLC0415
    from benchmarks.variants import AUDITED  # noqa: PLC0415

    limits = {
        page: limit for page, variant, to, limit in RATIOS if (variant, to[0]) == (AUDITED, BARE)
    }
    for name in result.queries:
        page = getattr(known, name)
        if page in limits and result.tool(OURS).turns:
            is_quiet = result.is_quiet(name)
            what = f"{page.name}: {OURS} to {BARE}, CPU"
            yield Goal(what, limits[page], result.ratio(OURS, name), is_quiet=is_quiet)


def _verdict(result: SideBySide, name: str, page: str) -> str:
    text = f"{result.ratio(name, page):.3f}"
    return text if result.is_quiet(page) else f"({text})"


def serve(name: str) -> None:
    """Be one tool's process: answer lines from the input until it ends."""
    from benchmarks.site import seeded_shop  # noqa: PLC0415

    with seeded_shop():
        if name == "OpenTelemetry":
            _instrument()
        from benchmarks import pages, variants  # noqa: PLC0415
        from benchmarks.turns import judged_later  # noqa: PLC0415
        from queryaudit.stores.writer import writer  # noqa: PLC0415

        chosen = {WRAPPER: variants.WRAPPER, OURS: variants.AUDITED}.get(name, variants.BARE)
        entered = variants.Variants()
        for line in sys.stdin:
            command, page_name = json.loads(line)
            if command == "queries":
                answer: Any = getattr(pages, page_name).queries
            else:
                visit = entered.enter(chosen, getattr(pages, page_name))
                visit()
                writer.drain()
                with judged_later():
                    taken = _times(visit)
                writer.drain()
                answer = percentile(taken, 20)
            print(json.dumps(answer), flush=True)
        entered.close()


def _times(visit: Callable[[], None]) -> list[float]:
    """Return the microseconds of processor time of each visit of one turn."""
    taken: list[float] = []
    while len(taken) < 2 or (sum(taken) < TURN_MS * 1e3 and len(taken) < MOST_REQUESTS):
        begin = thread_time_ns()
        visit()
        taken.append((thread_time_ns() - begin) / 1e3)
    return taken


def _instrument() -> None:
    """Have OpenTelemetry stand around the requests, and hand its spans to nobody."""
    from opentelemetry import trace  # noqa: PLC0415
    from opentelemetry.instrumentation.django import (  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
        DjangoInstrumentor,
    )
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import (  # noqa: PLC0415
        BatchSpanProcessor,
        ConsoleSpanExporter,
    )

    provider = TracerProvider()
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # as long as the process
    provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(out=nowhere)))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()


if __name__ == "__main__":
    serve(sys.argv[1])
