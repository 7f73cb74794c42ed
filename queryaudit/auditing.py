"""``audit()``: record, find, hand on. Every door goes through here."""

import inspect
import logging
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, wraps
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, cast

from django.http import HttpRequest

from queryaudit import capture, conf
from queryaudit.capture import columns
from queryaudit.errors import AuditUsedTwiceError, FindingsError
from queryaudit.findings import find
from queryaudit.findings.base import Context, Finding, Price, expected_count, merge, price_of
from queryaudit.findings.figures import DynamoFigures
from queryaudit.findings.ignores import IgnoreUse, join
from queryaudit.findings.inner import Inner
from queryaudit.findings.layering import LayerUse, layers_of
from queryaudit.findings.record import AuditRecord, Phase
from queryaudit.findings.shapes import shapes_of, shapes_of_calls
from queryaudit.findings.tables import Tallies
from queryaudit.masking import masked_path
from queryaudit.recording.dynamocounts import sum_up
from queryaudit.recording.events import Detachable
from queryaudit.recording.layers import Layers
from queryaudit.recording.memory import MemoryLedger, MemoryReads
from queryaudit.recording.recorder import CURRENT, HANDED_ON, Recorder
from queryaudit.reports import console

__all__ = ["Audit", "audit"]

P = ParamSpec("P")
R = TypeVar("R")

_NO_REQUEST: Final[dict[str, Any]] = {"view": "", "method": "", "path": "", "status": 0}
MAX_READ_LOADS: Final = 10_000
MAX_FINDINGS: Final = 500  # of a record, the worst

_logger = logging.getLogger("queryaudit")
# Ids of eager loads that some audit of this process saw being read: where a line serves several
# pages, one of them may have no use for what another one reads. The oldest goes first.
_read_loads: dict[str, None] = {}
tallies = Tallies()  # how the requests of this process used tables; forgotten with the settings
conf.when_changed(tallies.clear)
_running: ContextVar["Audit | None"] = ContextVar("queryaudit_audit", default=None)
HANDED_ON.append(_running)


def audit(
    *,
    deep: bool = False,
    label: str | None = None,
    explain: bool = False,
    raise_: bool | None = None,
) -> "Audit":
    """Return an audit of one block, as a context manager or a decorator.

    It works with ``with``, ``async with`` and on sync and async functions, of which
    each call is an audit of its own, told to the log ``queryaudit`` when it has
    findings. ``label`` names the operation. ``raise_`` says whether findings of
    severity ``error`` raise ``FindingsError`` at the end of the outermost audit;
    None takes the setting ``RAISE``. ``deep`` watches which wide columns are read,
    ``explain`` asks the database (SQLite, PostgreSQL) for the plan of each SELECT:
    neither is for a site in production.
    """
    return Audit(deep=deep, label=label, explain=explain, raise_=raise_)


def label(operation: str) -> None:
    """Name the operation that the running audit is of, where one address has many.

    A view of GraphQL, RPC or a socket calls it once it knows; ``BUDGETS`` may name the
    operation, and the dashboard has a page for each. Without an audit it does nothing.
    Raises TypeError for what is no text, ValueError for an empty one.
    """
    given: object = operation
    if not isinstance(given, str):
        msg = f"label() takes the name of an operation, a str, not {type(given).__name__}"
        raise TypeError(msg)
    if not given.strip():
        raise ValueError("label() takes the name of an operation, not an empty text")
    audit = _running.get()
    if audit is not None:
        audit.name(operation)


class Audit(Detachable):
    """What happened in one block.

    Counts may be read at any time, also while the block runs; findings are judged
    when they are first read. An audit inside an audit judges its own events, then
    adds its counts and its findings to the one around it. ``known`` are ids that a baseline
    has, each with a reason: they are ignored. ``id`` is url-safe,
    ``duration`` in seconds, ``started_at`` in seconds since the epoch.
    """

    def __init__(
        self,
        *,
        deep: bool = False,
        label: str | None = None,
        explain: bool = False,
        raise_: bool | None = None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.label = label or ""
        self.started_at = 0.0
        self.duration = 0.0
        self.has_ended = False
        self._label, self._raise = label, raise_
        self._is_deep, self._explains = deep, explain
        self._known = known or {}
        self._operation = ""
        self._settings = settings = conf.get()  # as they stand when it begins
        self._recorder = Recorder(
            settings.limits.slow_ms / 1000,
            Layers(settings.layers.get("allowed", ())) if settings.layers else None,
            settings.limits.full_scan_rows if explain else 0,
            settings.limits.n_plus_one,
            is_deep=deep,
            keeps_params=settings.params,
        )
        self._facts: dict[str, Any] = _NO_REQUEST
        self._parent: Audit | None = None
        self._active: _Active | None = None
        self._resumed: Audit | None = None
        self._began = 0.0
        self._lock = threading.Lock()
        self._findings: list[Finding] | None = None
        self._ignored: list[Finding] = []
        self._ignores: list[IgnoreUse] = []

    @cached_property
    def _inner(self) -> Inner:
        """What audits inside hand over; made when it is first asked for: most have none."""
        return Inner()

    @cached_property
    def id(self) -> str:
        """Url-safe; made when it is first asked for, since it takes a call of the system."""
        return secrets.token_hex(8)

    @property
    def query_count(self) -> int:
        """Statements that read or write rows or schema; executemany counts once."""
        return self._recorder.query_count + self._inner.query_count

    @property
    def transaction_statements(self) -> int:
        """BEGIN, SAVEPOINT and their like, as far as they pass Django's cursor."""
        return self._recorder.transaction_statements + self._inner.transaction_statements

    @property
    def db_time(self) -> float:
        """Seconds spent in statements."""
        return self._recorder.db_time + self._inner.seconds

    @property
    def dynamodb(self) -> DynamoFigures:
        """What the calls of DynamoDB brought and took: items, bytes, units, retries, seconds."""
        calls = self._recorder.dynamodb
        return DynamoFigures.of(sum_up([self._inner.dynamodb, *([calls.totals] if calls else [])]))

    @property
    def dynamodb_calls(self) -> int:
        """Calls of DynamoDB; they are no queries."""
        return self.dynamodb.calls

    @property
    def dynamodb_capacity_units(self) -> float:
        """Capacity units that these calls consumed, as far as their requests asked for it."""
        return self.dynamodb.capacity_units or 0.0

    @property
    def memory_reads(self) -> tuple[MemoryReads, ...]:
        """Reads that master data answered, by model: hits, loads, misses, rows; busiest first."""
        reads = MemoryLedger()
        reads.add_all(self._recorder.memory)
        reads.add_all(self._inner.memory)
        return tuple(reads)

    @property
    def layers(self) -> tuple[LayerUse, ...]:
        """What each layer asked, the busiest first; nothing without the setting LAYERS."""
        names = self._settings.layers.get("names", {})
        return layers_of([self._recorder.layers, *self._inner.layers], names)

    @property
    def findings(self) -> list[Finding]:
        """The findings, worst first."""
        return self._judge()[0]

    @property
    def expected_count(self) -> int | None:
        """Queries left when every fix is made; None where that cannot be promised."""
        return expected_count(*self._judge())

    @property
    def price(self) -> Price:
        """Seconds (now, once fixed) by milliseconds a round trip, of calls as of queries."""
        findings, count = self._judge()
        return price_of(count, expected_count(findings, count), self.dynamodb_calls, findings)

    @property
    def ignored(self) -> list[Finding]:
        """The findings that a block, the settings or a comment ignores, worst first."""
        self._judge()
        return list(self._ignored)

    @property
    def ignores(self) -> list[IgnoreUse]:
        """The ignores that stood where this audit asked, and whether they matched a finding."""
        self._judge()
        return list(self._ignores)

    def name(self, operation: str) -> None:
        """Say that it is of ``operation``, one of several at an address."""
        self.label = self._operation = operation

    def describe(
        self, *, view: str = "", method: str = "", path: str = "", status: int = 0
    ) -> None:
        """Say of a request what it is: the name of its view, method, path and status."""
        self._facts = {"view": view, "method": method, "path": path, "status": status}

    def describe_request(self, request: HttpRequest, status: int) -> None:
        """Say the same of ``request``, answered with ``status``; what looks secret is masked."""
        match, path = request.resolver_match, masked_path(request)
        method = request.method or ""
        self.describe_page(match.view_name if match else "", method, path, status)

    def describe_page(
        self, view: str, method: str, path: str, status: int, label: str = ""
    ) -> None:
        """Say the same by values; an operation that ``label()`` named is its label and view."""
        self.label = self._operation or label or f"{method} {path}"
        self.describe(
            view=f"{view} {self._operation}".strip(), method=method, path=path, status=status
        )

    def _judge(self) -> tuple[list[Finding], int]:
        """Return the findings and the number of queries that they were judged with."""
        with self._lock:
            if self._findings is None:
                verdict = find(self._recorder, self._context())
                _remember(verdict.read_loads)
                if self.has_ended and self._counts_tables():
                    tallies.add(verdict.tables)
                inner = [one for one in self._inner.findings if one.id not in _read_loads]
                # Read after the rules: a block that runs on has no more findings than queries.
                count = self.query_count
                findings = merge([verdict.findings, inner], count)
                self._ignored = merge([verdict.ignored, self._inner.ignored], count)
                self._ignores = join([*verdict.ignores, *self._inner.ignores])
                if not self.has_ended:
                    return findings, count
                self._findings = findings
                self._recorder.forget()
            return list(self._findings), self.query_count

    def _counts_tables(self) -> bool:
        """Return whether it is one request of many: tests have rows of their own each."""
        return bool(self._facts["method"]) and not conf.is_test_run()

    def _context(self) -> Context:
        settings = self._settings
        return Context(
            limits=settings.limits,
            advice=settings.advice,
            tables=tallies if self._counts_tables() else None,
            layers=settings.layers.get("names", {}),
            read_loads=_read_loads,
            ignores={**settings.ignore, **self._known},
            budgets=settings.budgets,
            label=self.label,
            view=str(self._facts["view"]),
            path=str(self._facts["path"]),
            query_count=self.query_count,
        )

    def __str__(self) -> str:
        return console.render(self.to_record())

    def __repr__(self) -> str:
        return f"<Audit {self.id} {self.label or 'without a label'}: {self.query_count} queries>"

    def to_record(self) -> AuditRecord:
        """Return the audit as plain values for stores and reports."""
        findings, count = self._judge()
        duration = self.duration if self.has_ended else time.perf_counter() - self._began
        shapes, is_cut = shapes_of(
            [*self._recorder.queries, *self._inner.queries],
            self._began,
            duration,
            keeps_params=self._settings.params,
        )
        is_cut |= len(findings) > MAX_FINDINGS
        calls = self._recorder.dynamodb
        shapes += shapes_of_calls(
            [*(calls.shapes if calls else ()), *self._inner.dynamodb_shapes],
            self._began,
            duration,
        )
        return AuditRecord(
            id=self.id,
            label=self.label,
            **self._facts,
            started_at=self.started_at,
            duration=duration,
            query_count=count,
            transaction_statements=self.transaction_statements,
            db_time=self.db_time,
            expected_count=expected_count(findings, count),
            is_cut=self._recorder.is_cut
            or self._inner.is_cut
            or is_cut
            or (calls is not None and calls.is_cut),
            findings=tuple(findings[:MAX_FINDINGS]),
            shapes=shapes,
            dynamodb=self.dynamodb,
            phases=tuple(
                Phase(name, round(max(0.0, start - self._began), 6), round(seconds, 6))
                for name, start, seconds in (*self._recorder.renderings, *self._inner.renderings)
            ),
            memory=self.memory_reads,
            layers=self.layers,
        )

    def begin(self) -> None:
        """Start the clock; what runs inside ``active()`` is recorded. Raises if used before."""
        if self._began:
            raise AuditUsedTwiceError
        capture.install()
        if self._is_deep:
            columns.begin()
        self._parent = _running.get()
        self.started_at = time.time()
        self._began = time.perf_counter()

    def active(self) -> "_Active":
        """Record what the block does, in this thread or task and those it awaits.

        An audit that the block leaves open goes on in the next block: a generator of
        a streamed body may stand within one of its own.
        """
        return _Active(self)

    def stop(self) -> None:
        """Stop the clock and the recording, and no more: takes no lock, runs no rule."""
        if self._began and not self.has_ended:
            self.duration = time.perf_counter() - self._began
            self._recorder.is_open = False
            self.has_ended = True

    def end(self) -> None:
        """Stop, and hand counts and findings to the audit around; a second time is nothing."""
        if self._is_deep and self._began and not self.has_ended:
            columns.end()
        self.stop()
        parent, self._parent = self._parent, None
        if parent is not None and not parent.has_ended:
            parent._take_over(self)  # noqa: SLF001

    def raise_findings(self) -> None:
        """Raise ``FindingsError`` if this audit is told to and has findings of severity error."""
        wanted = conf.get().raise_ if self._raise is None else self._raise
        if wanted and _running.get() is None:
            errors = [finding for finding in self.findings if finding.severity == "error"]
            if errors:
                raise FindingsError(errors, str(self))

    def __enter__(self) -> Self:
        self.begin()
        self._active = self.active()
        self._active.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._active is not None:
            self._active.__exit__(None, None, None)
        self.end()
        if kind is None:
            self.raise_findings()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            msg = (
                f"audit() cannot decorate the generator {function.__qualname__}: its body runs "
                "after the call. Use `with queryaudit.audit()` around the loop that reads it."
            )
            raise TypeError(msg)
        label = self._label or getattr(function, "__qualname__", None) or repr(function)

        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def audited_coroutine(*args: P.args, **kwargs: P.kwargs) -> Any:
                with _reported(self._again(label)):
                    return await cast(Awaitable[Any], function(*args, **kwargs))

            return cast(Callable[P, R], audited_coroutine)

        @wraps(function)
        def audited(*args: P.args, **kwargs: P.kwargs) -> R:
            with _reported(self._again(label)):
                return function(*args, **kwargs)

        return audited

    def _again(self, label: str) -> "Audit":
        """Return an audit of the same options."""
        return Audit(
            deep=self._is_deep,
            label=label,
            explain=self._explains,
            raise_=self._raise,
            known=self._known,
        )

    def _take_over(self, inner: "Audit") -> None:
        findings = inner.findings
        with self._lock:
            self._inner.add(inner._recorder, inner._inner)  # noqa: SLF001
            self._inner.add_judged(findings, inner.ignored, inner.ignores)


class _Active:
    """One block of ``Audit.active()``; a generator costs a page without queries a tenth more."""

    __slots__ = ("_audit", "_outer")

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def __enter__(self) -> None:
        self._outer = _running.get()
        now = self._audit._resumed or self._audit  # noqa: SLF001
        _running.set(now)
        CURRENT.set(now._recorder)  # noqa: SLF001

    def __exit__(self, *_: object) -> None:
        last, outer = _running.get(), self._outer
        is_open = last is not None and last is not self._audit and not last.has_ended
        self._audit._resumed = last if is_open else None  # noqa: SLF001
        # Set, not reset: the body of a streamed response may be closed in
        # another context than the one it was read in. An audit that ended
        # meanwhile, in a block that overlaps with this one, does not come back.
        if outer is not None and outer.has_ended:
            outer = None
        _running.set(outer)
        CURRENT.set(None if outer is None else outer._recorder)  # noqa: SLF001


@contextmanager
def _reported(inner: Audit) -> Iterator[None]:
    with inner:
        yield
    record = inner.to_record()
    if record.findings:
        _logger.warning("%s", console.render(record))


def _remember(read: set[str]) -> None:
    _read_loads.update(dict.fromkeys(read))
    while len(_read_loads) > MAX_READ_LOADS:
        del _read_loads[next(iter(_read_loads))]
