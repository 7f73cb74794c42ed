"""Export what was sold."""

from collections.abc import Iterator

from shop.pages import Variant
from shop.providers import ledgers as provider
from shop.services import ledgers

READERS = {"slow": provider.stream_lines, "fast": provider.stream_lines_joined}


def export(variant: Variant) -> Iterator[str]:
    """Yield what was sold as CSV; rows are read while the answer is sent."""
    return ledgers.write_ledger(READERS[variant]())
