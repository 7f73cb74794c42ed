"""What an audit found: the counts, judged."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

from queryaudit import conf
from queryaudit.auditing.naming import Named
from queryaudit.findings import find
from queryaudit.findings.base import Context, Finding, Price, merge
from queryaudit.findings.ignores import IgnoreUse, join
from queryaudit.findings.promises import expected_count, price_of
from queryaudit.findings.record import AuditRecord, Phase
from queryaudit.findings.shapes import shapes_of, shapes_of_calls
from queryaudit.findings.tables import Tallies

MAX_READ_LOADS: Final = 10_000
MAX_FINDINGS: Final = 500  # of a record, the worst

# Ids of eager loads that some audit of this process saw being read: where a line serves several
# pages, one of them may have no use for what another one reads. The oldest goes first.
_read_loads: dict[str, None] = {}
tallies = Tallies()  # how the requests of this process used tables; forgotten with the settings
conf.when_changed(tallies.clear)


class Judged(Named):
    """The counts of a block with the findings, which are judged when they are first read."""

    started_at = 0.0
    duration = 0.0
    has_ended = False
    _began = 0.0
    _findings: list[Finding] | None = None
    _ignored: Sequence[Finding] = ()
    _ignores: Sequence[IgnoreUse] = ()

    def __init__(
        self, *, label: str, deep: bool, explain: bool, known: Mapping[str, str] | None
    ) -> None:
        super().__init__(deep=deep, explain=explain)
        self._name = label
        self._known = known or {}
        self._lock = threading.Lock()

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


def _remember(read: set[str]) -> None:
    _read_loads.update(dict.fromkeys(read))
    while len(_read_loads) > MAX_READ_LOADS:
        del _read_loads[next(iter(_read_loads))]
