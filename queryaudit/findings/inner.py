"""What audits inside an audit hand over to it: their counts, findings and ignores."""

from dataclasses import dataclass, field
from typing import Final

from queryaudit.findings.base import Finding, merge
from queryaudit.findings.ignores import IgnoreUse, join
from queryaudit.recording.dynamocounts import DynamoCounts
from queryaudit.recording.dynamoshapes import DynamoShape
from queryaudit.recording.events import Query, Rendering
from queryaudit.recording.layers import Layers
from queryaudit.recording.memory import MemoryLedger
from queryaudit.recording.recorder import MAX_RENDERINGS, Recorder

MAX_TEXTS: Final = 2_000  # statements taken over, each text once an audit


@dataclass(slots=True)
class Inner:
    """The sums over all audits inside; ``seconds`` are those spent in statements."""

    query_count: int = 0
    transaction_statements: int = 0
    seconds: float = 0.0
    dynamodb: DynamoCounts = field(default_factory=DynamoCounts)
    dynamodb_shapes: list[DynamoShape] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ignored: list[Finding] = field(default_factory=list)
    ignores: list[IgnoreUse] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    renderings: list[Rendering] = field(default_factory=list)
    memory: MemoryLedger = field(default_factory=MemoryLedger)
    layers: list[Layers] = field(default_factory=list)
    is_cut: bool = False

    def add(self, recorder: Recorder, inner: "Inner") -> None:
        """Add what one audit recorded and what it had taken over, as far as there is room."""
        self.query_count += recorder.query_count + inner.query_count
        self.transaction_statements += (
            recorder.transaction_statements + inner.transaction_statements
        )
        self.seconds += recorder.db_time + inner.seconds
        self.dynamodb.add(inner.dynamodb)
        calls = list(inner.dynamodb_shapes)
        if recorder.dynamodb is not None:
            self.dynamodb.add(recorder.dynamodb.totals)
            calls = [*recorder.dynamodb.shapes, *calls]
            self.is_cut |= recorder.dynamodb.is_cut
        self.dynamodb_shapes += calls[: MAX_TEXTS - len(self.dynamodb_shapes)]
        queries = [*recorder.queries, *inner.queries]
        self.queries += queries[: MAX_TEXTS - len(self.queries)]
        renderings = [*recorder.renderings, *inner.renderings]
        self.renderings += renderings[: MAX_RENDERINGS - len(self.renderings)]
        self.memory.add_all(recorder.memory)
        self.memory.add_all(inner.memory)
        layers = [*([recorder.layers] if recorder.layers else ()), *inner.layers]
        self.layers += layers[: MAX_TEXTS - len(self.layers)]
        self.is_cut |= recorder.is_cut or inner.is_cut

    def add_judged(
        self, findings: list[Finding], ignored: list[Finding], ignores: list[IgnoreUse]
    ) -> None:
        """Add what one audit was judged to be; its counts have been added before."""
        if findings:
            self.findings = merge([self.findings, findings], self.query_count)
        self.ignored = merge([self.ignored, ignored], self.query_count)
        self.ignores = join([*self.ignores, *ignores])
