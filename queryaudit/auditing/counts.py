"""What an audit counted, by itself and by the audits inside it."""

import secrets
from functools import cached_property

from queryaudit import conf
from queryaudit.findings.figures import DynamoFigures
from queryaudit.findings.inner import Inner
from queryaudit.findings.layering import LayerUse, layers_of
from queryaudit.recording.dynamocounts import sum_up
from queryaudit.recording.events import Detachable
from queryaudit.recording.layers import Layers
from queryaudit.recording.memory import MemoryLedger, MemoryReads
from queryaudit.recording.recorder import Recorder


class Counts(Detachable):
    """The counts of a block. They may be read at any time, also while it runs."""

    def __init__(self, *, deep: bool, explain: bool) -> None:
        self._settings = settings = conf.get()  # as they stand when it begins
        self._recorder = Recorder(
            settings.limits.slow_ms / 1000,
            Layers(settings.layers.get("allowed", ())) if settings.layers else None,
            settings.limits.full_scan_rows if explain else 0,
            settings.limits.n_plus_one,
            is_deep=deep,
            keeps_params=settings.params,
        )

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
