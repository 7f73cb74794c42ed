"""Notes: where a tool of the package serves better, with the counts that say so.

Each asks for more evidence than a finding does, by the setting ADVICE, and is silent without.
"""

from queryaudit.findings.advice.composite import find_column_loops, find_tried_updates
from queryaudit.findings.advice.masterdata import find_master_data
from queryaudit.findings.advice.prefetches import find_long_prefetches
from queryaudit.findings.advice.rawsql import find_figures
from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts

_ADVICE = (
    find_long_prefetches,
    find_master_data,
    find_figures,
    find_column_loops,
    find_tried_updates,
)


def find_advice(facts: Facts, context: Context) -> list[Found]:
    """Return what every piece of advice finds."""
    return [found for find in _ADVICE for found in find(facts, context)]
