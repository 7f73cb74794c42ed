"""What each part of the auditor takes of a request, in microseconds a query."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from unittest.mock import patch

from django.db import connection

from benchmarks.clocks import Clocks, unseen
from benchmarks.figures import percentile
from benchmarks.pages import Page
from benchmarks.variants import AUDITED, BARE, Variants
from queryaudit import capture
from queryaudit.hooks import descriptors, querysets
from queryaudit.hooks.patches import Patch
from queryaudit.recording.recorder import Recorder
from queryaudit.recording.repeats import Repeat

RECORDING: Final = "recording: Recorder.record_query"
STATEMENT: Final = "statement hook, with the recording"
RELATION: Final = "relation hook: get_object"
ORIGIN: Final = "origin marks: Query.__init__"
ROWS: Final = "row tags: ModelIterable.__iter__"
QUERY: Final = "query hook: SQLCompiler.execute_sql"
MANAGER: Final = "manager hook: BaseManager.get_queryset"
COPY: Final = "copies of querysets: Query.chain"
RESULTS: Final = "reads of results: QuerySet._fetch_all"
# Together all that the auditor does for a query. The recording is a part of the statement hook.
# The hooks of reads are not among them: they answer what is loaded in the place of Django's own
# functions, and a clock between would keep them from it.
DISJOINT: Final = (STATEMENT, RELATION, ORIGIN, ROWS, QUERY, MANAGER, COPY, RESULTS)

WARM_UP: Final = 2  # requests
BLOCK: Final = 8  # requests with the hook, then as many without


@dataclass(frozen=True)
class OwnTime:
    """One part on one page: microseconds a query of the page, and of a usual call.

    ``clock`` are the microseconds a call that the clocks took, which are taken off.
    """

    part: str
    page: str
    a_query: float
    a_call: float
    calls: int  # a request
    clock: float


def own_times(variants: Variants, page: Page, requests: int) -> list[OwnTime]:
    """Clock every part on ``page``, with so many requests each."""
    return [_own_time(variants, page, part, requests) for part in _PROBES]


def _own_time(variants: Variants, page: Page, part: str, requests: int) -> OwnTime:
    hooked: list[list[int]] = []
    empty: list[list[int]] = []
    for done in range(0, requests, BLOCK):  # in turns, as the machine may change its speed
        size = min(BLOCK, requests - done)
        hooked.extend(_clock(variants, page, part, size, is_hooked=True))
        empty.extend(_clock(variants, page, part, size, is_hooked=False))
    total, clock = (_usual([sum(each) for each in calls]) for calls in (hooked, empty))
    a_call, clock_call = (
        _usual([ns for each in calls for ns in each]) for calls in (hooked, empty)
    )
    return OwnTime(
        part,
        page.name,
        a_query=(total - clock) / page.queries / 1000,
        a_call=(a_call - clock_call) / 1000,
        calls=len(hooked[0]),
        clock=clock_call / 1000,
    )


def _usual(values: list[int]) -> float:
    """Return the 30th percentile: interruptions only ever add."""
    return percentile(values, 30)


def _clock(
    variants: Variants, page: Page, part: str, requests: int, *, is_hooked: bool
) -> Iterator[list[int]]:
    """Yield the nanoseconds of every call, request by request."""
    probe = _PROBES[part]
    # The recording cannot be left out of an audit; it is replaced by nothing instead.
    visit = variants.enter(AUDITED if is_hooked or part == RECORDING else BARE, page)
    visit()
    clocks = Clocks()
    with probe(clocks, is_hooked):
        for number in range(WARM_UP + requests):
            clocks.calls.clear()
            visit()
            if number >= WARM_UP:
                yield clocks.calls.copy()


@contextmanager
def _around_recording(clocks: Clocks, is_hooked: bool) -> Iterator[None]:  # noqa: FBT001
    record = clocks.outside(Recorder.record_query if is_hooked else _nothing)
    again = clocks.outside(Repeat.again if is_hooked else _nothing)
    with patch.object(Recorder, "record_query", record), patch.object(Repeat, "again", again):
        yield


def _nothing(*_: object) -> None:
    """Stand for the recording, so that its clock can be clocked."""


@contextmanager
def _around_statements(clocks: Clocks, is_hooked: bool) -> Iterator[None]:  # noqa: FBT001
    outside, inside = clocks.outside(_go_on), clocks.inside(_go_on)
    wrappers = connection.execute_wrappers  # the auditor's is the first
    wrappers[:] = [outside, *wrappers[:1], inside] if is_hooked else [outside, inside]
    try:
        yield
    finally:
        wrappers[:] = [wrapper for wrapper in wrappers if wrapper not in {outside, inside}]


@unseen
def _go_on(execute: Callable[..., Any], *statement: Any) -> Any:
    return execute(*statement)


@contextmanager
def _around_patch(hook: Patch, clocks: Clocks, is_hooked: bool) -> Iterator[None]:  # noqa: FBT001
    capture.uninstall()
    gives_rows = hook is querysets.iterate_models
    inside = clocks.inside_rows if gives_rows else clocks.inside
    outside = clocks.outside_rows if gives_rows else clocks.outside
    hook.subscribe(inside)  # the first to come stands next to Django
    if is_hooked:
        capture.install()
    hook.subscribe(outside)
    try:
        yield
    finally:
        hook.unsubscribe(outside)
        hook.unsubscribe(inside)


_PROBES: Final[dict[str, Callable[[Clocks, bool], AbstractContextManager[None]]]] = {
    RECORDING: _around_recording,
    STATEMENT: _around_statements,
    RELATION: partial(_around_patch, descriptors.load_forward),
    ORIGIN: partial(_around_patch, querysets.begin_query),
    ROWS: partial(_around_patch, querysets.iterate_models),
    QUERY: partial(_around_patch, querysets.run_query),
    MANAGER: partial(_around_patch, querysets.begin_manager),
    COPY: partial(_around_patch, querysets.copy_query),
    RESULTS: partial(_around_patch, querysets.read_all),
}
