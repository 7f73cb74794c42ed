"""The words that every report uses: counts, prices, times."""

from collections.abc import Sequence
from typing import Final

from queryaudit.findings.base import Finding, Price
from queryaudit.findings.figures import DynamoFigures
from queryaudit.findings.record import AuditRecord

_PLURALS: Final = {"query": "queries", "fix": "fixes", "retry": "retries"}


def count_of(number: int, noun: str) -> str:
    """Return ``"1 query"``, ``"2 queries"``."""
    return f"{number:,} {noun if number == 1 else _PLURALS.get(noun, f'{noun}s')}"


def count_kinds(findings: Sequence[Finding]) -> str:
    """Return how many findings of each kind there are: ``"4 N+1"``."""
    titles = [finding.title for finding in findings]
    return ", ".join(f"{titles.count(title)} {title}" for title in dict.fromkeys(titles))


def by_fix(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings in one list for each edit that cures them, worst first."""
    boxes: dict[str, list[Finding]] = {}
    for finding in findings:
        boxes.setdefault(finding.fix_id, []).append(finding)
    return list(boxes.values())


def calls_text(record: AuditRecord) -> str:
    """Return ``"12 DynamoDB calls, 12 items, …, 40.2 ms"``; nothing where there was none."""
    if not record.dynamodb.calls:
        return ""
    calls = count_of(record.dynamodb.calls, "DynamoDB call")
    return f"{calls}, {figures_text(record.dynamodb)}, {record.dynamodb.seconds * 1000:.1f} ms"


def figures_text(figures: DynamoFigures) -> str:
    """Return ``"60 items, 4.1 KB, 12.5 units (3 wasted), 1 retry"``; what is none is left out."""
    parts = [count_of(figures.items, "item"), bytes_text(figures.bytes)]
    if figures.capacity_units is None:
        parts.append("units not asked for")
    else:
        wasted = f" ({figures.wasted_units:,.4g} wasted)" if figures.wasted_units else ""
        parts.append(f"{figures.capacity_units:,.6g} units{wasted}")
    if figures.retries:
        parts.append(count_of(figures.retries, "retry"))
    return ", ".join(parts)


def bytes_text(size: int) -> str:
    """Return ``"512 bytes"``, ``"4.1 KB"`` or ``"2.0 MB"``, of 1,024 each."""
    if size < 1024:
        return count_of(size, "byte")
    return f"{size / 1024:.1f} KB" if size < 1024**2 else f"{size / 1024**2:.1f} MB"


def summary(record: AuditRecord) -> str:
    """Return what is told before any click: ``"4 N+1, 3 fixes · 201 → 3 queries"``."""
    queries = count_of(record.query_count, "query")
    made = record.dynamodb.calls
    calls = f", {count_of(made, 'DynamoDB call')}" if made else ""
    if not record.findings:
        return queries + calls
    if record.expected_count is not None:
        queries = f"{record.query_count:,} → {count_of(record.expected_count, 'query')}"
    fixes = count_of(len(by_fix(record.findings)), "fix")
    return f"{count_kinds(record.findings)}, {fixes} · {queries}{calls}"


def seconds_text(seconds: float) -> str:
    """Return ``"1.0 s"`` or ``"15 ms"``."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def price_text(price: Price, ms: int) -> str:
    """Return ``"1.0 s → 15 ms"`` for a round trip of ``ms``; one time where no other is known."""
    now, fixed = price[ms]
    return seconds_text(now) + ("" if fixed in {None, now} else f" → {seconds_text(fixed)}")


def prices_text(price: Price) -> str:
    """Return the prices of all round trips: ``"201 ms → 3 ms at 1 ms, … at 5 ms, …"``."""
    return ", ".join(f"{price_text(price, ms)} at {ms} ms" for ms in price)


def prices_row(price: Price) -> str:
    """Return the prices of all round trips: ``"101 ms, 505 ms, 2.0 s → 1 ms, 5 ms, 20 ms"``."""
    text = ", ".join(seconds_text(one) for one, _ in price.values())
    if not any(fixed in {None, one} for one, fixed in price.values()):
        text += f" → {', '.join(seconds_text(fixed or 0.0) for _, fixed in price.values())}"
    # A number keeps its unit where the column is narrow.
    return text.replace(" ms", "\N{NO-BREAK SPACE}ms").replace(" s", "\N{NO-BREAK SPACE}s")


def memory_text(record: AuditRecord) -> str:
    """Return what local memory answered: ``"shop.Category 200 reads, 1 of them loaded it"``."""
    return "; ".join(
        f"{reads.source} {count_of(reads.hits + reads.loads + reads.misses, 'read')}"
        + (f", {reads.loads} of them loaded it" if reads.loads else "")
        + (f", {reads.misses} asked the database" if reads.misses else "")
        for reads in record.memory
    )


def layers_text(record: AuditRecord) -> str:
    """Return who asked: ``"template 100 queries, 1 of them left lazily; provider 1 query"``."""
    return "; ".join(
        f"{use.layer} {count_of(use.queries, 'query')}"
        + (f", {use.lazy} of them left lazily" if use.lazy else "")
        for use in record.layers
    )
