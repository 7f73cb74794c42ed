"""What audits inside an audit hand over to it: their counts, findings and ignores."""

from dataclasses import dataclass, field
from typing import Final

from queryaudit.findings.base import Finding, merge
from queryaudit.findings.ignores import IgnoreUse, join
from queryaudit.recording.dynamodb import DynamoShape
from queryaudit.recording.events import Query, Rendering
from queryaudit.recording.memory import MemoryLedger
from queryaudit.recording.recorder import MAX_RENDERINGS, Recorder

MAX_TEXTS: Final = 2_000  # statements taken over, each text once an audit


@dataclass(slots=True)
class Inner:
    """The sums over all audits inside; ``seconds`` are those spent in statements."""

    query_count: int = 0
    transaction_statements: int = 0
    seconds: float = 0.0
    dynamodb_calls: int = 0
    dynamodb_capacity_units: float = 0.0
    dynamodb_time: float = 0.0
    dynamodb_shapes: list[DynamoShape] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ignored: list[Finding] = field(default_factory=list)
    ignores: list[IgnoreUse] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    renderings: list[Rendering] = field(default_factory=list)
    memory: MemoryLedger = field(default_factory=MemoryLedger)
    is_cut: bool = False

    def add(self, recorder: Recorder, inner: "Inner") -> None:
        """Add what one audit recorded and what it had taken over, as far as there is room."""
        self.query_count += recorder.query_count + inner.query_count
        self.transaction_statements += (
            recorder.transaction_statements + inner.transaction_statements
        )
        self.seconds += recorder.db_time + inner.seconds
        self.dynamodb_calls += recorder.dynamodb_calls + inner.dynamodb_calls
        self.dynamodb_capacity_units += (
            recorder.dynamodb_capacity_units + inner.dynamodb_capacity_units
        )
        self.dynamodb_time += recorder.dynamodb_time + inner.dynamodb_time
        calls = recorder.dynamodb.shapes if recorder.dynamodb else []
        calls = [*calls, *inner.dynamodb_shapes]
        self.dynamodb_shapes += calls[: MAX_TEXTS - len(self.dynamodb_shapes)]
        queries = [*recorder.queries, *inner.queries]
        self.queries += queries[: MAX_TEXTS - len(self.queries)]
        renderings = [*recorder.renderings, *inner.renderings]
        self.renderings += renderings[: MAX_RENDERINGS - len(self.renderings)]
        self.memory.add_all(recorder.memory)
        self.memory.add_all(inner.memory)
        self.is_cut |= recorder.is_cut or inner.is_cut

    def add_judged(
        self, findings: list[Finding], ignored: list[Finding], ignores: list[IgnoreUse]
    ) -> None:
        """Add what one audit was judged to be; its counts have been added before."""
        if findings:
            self.findings = merge([self.findings, findings], self.query_count)
        self.ignored = merge([self.ignored, ignored], self.query_count)
        self.ignores = join([*self.ignores, *ignores])
