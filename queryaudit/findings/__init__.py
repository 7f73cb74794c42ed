"""What facts mean: ``find(recorder, context)`` asks every rule."""

from queryaudit.errors import log_once
from queryaudit.findings.base import Context, Finding, Rule, merge
from queryaudit.findings.duplicate import find_duplicates
from queryaudit.findings.lookups import find_lookups
from queryaudit.findings.n_plus_one import find_n_plus_one
from queryaudit.findings.write_in_loop import find_writes
from queryaudit.recording.recorder import Recorder

__all__ = ["find"]

RULES: tuple[Rule, ...] = (find_n_plus_one, find_lookups, find_writes, find_duplicates)


def find(recorder: Recorder, context: Context) -> list[Finding]:
    """Return the findings of one recording, worst first; a rule that fails is logged once."""
    findings: list[Finding] = []
    for rule in RULES:
        try:
            findings += rule(recorder, context)
        except Exception:  # noqa: BLE001
            log_once(f"asking the rule {getattr(rule, '__name__', rule)}")
    return merge([findings], recorder.query_count)
