"""What facts mean: ``find(recorder, context)`` asks every rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from queryaudit.errors import log_once
from queryaudit.findings import n_plus_one, uses
from queryaudit.findings.advice import find_advice
from queryaudit.findings.base import Context, Finding, Found, merge
from queryaudit.findings.deep import find_unused_columns
from queryaudit.findings.duplicate import find_duplicates
from queryaudit.findings.dynamodb import find_dynamodb
from queryaudit.findings.facts import Facts
from queryaudit.findings.ignores import IgnoreUse, sort_out
from queryaudit.findings.layers import find_outside_layers
from queryaudit.findings.limits import find_full_scans, find_over_budget, find_slow_queries
from queryaudit.findings.lookups import find_lookups
from queryaudit.findings.n_plus_one import find_n_plus_one
from queryaudit.findings.tables import TableUse
from queryaudit.findings.unused_eager_load import find_unused_eager_loads, read_loads
from queryaudit.findings.write_in_loop import find_writes
from queryaudit.recording.recorder import Recorder

__all__ = ["Verdict", "find"]


class Rule(Protocol):
    """A rule reads the facts of one recording and returns what they mean."""

    def __call__(self, facts: Facts, context: Context) -> list[Found]:
        """Return what is found; pure, the recording is not changed."""
        ...


RULES: tuple[Rule, ...] = (
    find_n_plus_one,
    find_lookups,
    find_writes,
    find_duplicates,
    find_unused_eager_loads,
    find_unused_columns,
    find_slow_queries,
    find_full_scans,
    find_over_budget,
    find_outside_layers,
    find_dynamodb,
    find_advice,
)


@dataclass(slots=True)
class Verdict:
    """All that the rules say of one recording.

    ``findings`` are worst first, ``ignored`` those that somebody ignores, by one of
    ``ignores``; ``read_loads`` the ids of the eager loads that were read.
    """

    findings: list[Finding]
    ignored: list[Finding]
    ignores: list[IgnoreUse]
    read_loads: set[str]
    tables: Mapping[str, TableUse]


def find(recorder: Recorder, context: Context) -> Verdict:
    """Ask every rule about one recording; a rule that fails is logged once."""
    if not (
        recorder.rowsets
        or recorder.late_reads
        or recorder.dynamodb
        or context.query_count
        or context.ignores
    ):
        return Verdict([], [], [], set(), {})  # a page that asks nothing is not held up
    recorder.settle()
    facts = Facts(recorder, context.limits)
    found: list[Found] = []
    for rule in RULES:
        try:
            found += rule(facts, context)
        except Exception:  # noqa: BLE001
            log_once(f"asking the rule {getattr(rule, '__name__', rule)}")
    sorted_out = sort_out(found, facts, context.ignores, _candidate_ids)
    count = recorder.query_count
    return Verdict(
        merge([sorted_out.findings], count),
        merge([sorted_out.ignored], count),
        sorted_out.uses,
        read_loads(facts),
        _tables_of(facts),
    )


def _tables_of(facts: Facts) -> Mapping[str, TableUse]:
    try:
        return facts.tables
    except Exception:  # noqa: BLE001
        log_once("adding up the use of tables")
        return {}


def _candidate_ids(facts: Facts) -> set[str]:
    """Return the ids that findings about all that was asked would have."""
    return n_plus_one.candidate_ids(facts) | uses.candidate_ids(facts) | read_loads(facts)
