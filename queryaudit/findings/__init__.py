"""What facts mean: ``find(recorder, context)`` asks every rule."""

from typing import Protocol

from queryaudit.errors import log_once
from queryaudit.findings.base import Context, Finding, merge
from queryaudit.findings.duplicate import find_duplicates
from queryaudit.findings.facts import Facts
from queryaudit.findings.lookups import find_lookups
from queryaudit.findings.n_plus_one import find_n_plus_one
from queryaudit.findings.unused_eager_load import find_unused_eager_loads, read_loads
from queryaudit.findings.write_in_loop import find_writes
from queryaudit.recording.recorder import Recorder

__all__ = ["find"]


class Rule(Protocol):
    """A rule reads the facts of one recording and returns what they mean."""

    def __call__(self, facts: Facts, context: Context) -> list[Finding]:
        """Return the findings; pure, the recording is not changed."""
        ...


RULES: tuple[Rule, ...] = (
    find_n_plus_one,
    find_lookups,
    find_writes,
    find_duplicates,
    find_unused_eager_loads,
)


def find(recorder: Recorder, context: Context) -> tuple[list[Finding], set[str]]:
    """Return the findings of one recording, worst first, and the ids of eager loads that it read.

    A rule that fails is logged once.
    """
    facts = Facts(recorder, context.limits)
    findings: list[Finding] = []
    for rule in RULES:
        try:
            findings += rule(facts, context)
        except Exception:  # noqa: BLE001
            log_once(f"asking the rule {getattr(rule, '__name__', rule)}")
    return merge([findings], recorder.query_count), read_loads(facts)
