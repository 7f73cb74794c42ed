"""The block that is audited: its begin, its end, and what stands around it."""

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Final, ParamSpec, Self, TypeVar

from queryaudit import capture, conf
from queryaudit.auditing.judged import Judged
from queryaudit.auditing.wrapping import wrapped
from queryaudit.capture import columns
from queryaudit.errors import AuditUsedTwiceError, FindingsError
from queryaudit.recording.ignores import IGNORING
from queryaudit.recording.recorder import CURRENT, HANDED_ON
from queryaudit.reports import console

P = ParamSpec("P")
R = TypeVar("R")

RUNNING: Final[ContextVar["Audit | None"]] = ContextVar("queryaudit_audit", default=None)
HANDED_ON.append(RUNNING)


class Audit(Judged):
    """What happened in one block.

    Counts may be read at any time, also while the block runs; findings are judged
    when they are first read. An audit inside an audit judges its own events, then
    adds its counts and its findings to the one around it. ``known`` are ids that a baseline
    has, each with a reason: they are ignored. ``id`` is url-safe,
    ``duration`` in seconds, ``started_at`` in seconds since the epoch.
    """

    _parent: "Audit | None" = None
    _active: "_Active | None" = None
    _resumed: "Audit | None" = None

    def __init__(
        self,
        *,
        deep: bool = False,
        label: str | None = None,
        explain: bool = False,
        raise_: bool | None = None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(label=label or "", deep=deep, explain=explain, known=known)
        self._label, self._raise = label, raise_
        self._explains = explain

    def __str__(self) -> str:
        return console.render(self.to_record())

    def __repr__(self) -> str:
        return f"<Audit {self.id} {self.label or 'without a label'}: {self.query_count} queries>"

    def begin(self) -> None:
        """Start the clock; what runs inside ``active()`` is recorded. Raises if used before."""
        if self._began:
            raise AuditUsedTwiceError
        capture.install()
        if self._recorder.is_deep:
            columns.begin()
        self._parent = RUNNING.get()
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
        if self._recorder.is_deep and self._began and not self.has_ended:
            columns.end()
        self.stop()
        parent, self._parent = self._parent, None
        if parent is not None and not parent.has_ended:
            parent._take_over(self)  # noqa: SLF001

    def raise_findings(self) -> None:
        """Raise ``FindingsError`` if this audit is told to and has findings of severity error."""
        wanted = conf.get().raise_ if self._raise is None else self._raise
        if wanted and RUNNING.get() is None:
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
        label = self._label or getattr(function, "__qualname__", None) or repr(function)
        return wrapped(function, lambda: self._again(label))

    def _again(self, label: str) -> "Audit":
        """Return an audit of the same options."""
        return Audit(
            deep=self._recorder.is_deep,
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
        self._outer = RUNNING.get()
        now = self._audit._resumed or self._audit  # noqa: SLF001
        RUNNING.set(now)
        CURRENT.set(now._recorder)  # noqa: SLF001
        IGNORING.set(IGNORING.get())  # each query asks: of what was never set nothing is cached

    def __exit__(self, *_: object) -> None:
        last, outer = RUNNING.get(), self._outer
        is_open = last is not None and last is not self._audit and not last.has_ended
        self._audit._resumed = last if is_open else None  # noqa: SLF001
        # Set, not reset: the body of a streamed response may be closed in
        # another context than the one it was read in. An audit that ended
        # meanwhile, in a block that overlaps with this one, does not come back.
        if outer is not None and outer.has_ended:
            outer = None
        RUNNING.set(outer)
        CURRENT.set(None if outer is None else outer._recorder)  # noqa: SLF001
