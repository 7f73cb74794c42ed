"""An audit as text: one box for each fix, with the findings it cures."""

from collections.abc import Sequence
from typing import Final

from queryaudit.findings.base import Finding, Price
from queryaudit.findings.locations import Location
from queryaudit.findings.record import AuditRecord

_MAX_USES: Final = 3
_SHOWN: Final = 5  # ms a round trip that a single price is given for: a database in the cloud


def render(record: AuditRecord) -> str:
    """Return the whole report of one audit, without a line break at its end."""
    lines = [_head(record)]
    if record.findings:
        lines.append(f"  {_price_line(record.price)}")
    for findings in by_fix(record.findings):
        lines += ["", *_box(findings, record.query_count)]
    if record.is_cut:
        lines += ["", "  Bounds were reached: counts are exact, details are cut."]
    return "\n".join(lines)


def render_line(record: AuditRecord) -> str:
    """Return one line for the request, as the console shows it; empty for a clean one."""
    if not record.findings:
        return ""
    fixes = len({finding.fix_id for finding in record.findings})
    left = "" if record.expected_count is None else f" (-> {record.expected_count}q)"
    ids = " ".join(finding.id for finding in record.findings)
    return (
        f"{record.label} {record.status or ''} {record.query_count}q "
        f"{record.db_time * 1000:.0f}ms/{record.duration * 1000:.0f}ms "
        f"{count_kinds(record.findings)}, {_count(fixes, 'fix')}{left}  {ids}"
    )


def render_fixes(record: AuditRecord, ids: set[str]) -> str:
    """Return the boxes of the findings in ``ids``, for what is seen the first time."""
    chosen = [finding for finding in record.findings if finding.id in ids]
    boxes = [_box(findings, record.query_count) for findings in by_fix(chosen)]
    return "\n".join(line for box in boxes for line in box)


def count_kinds(findings: Sequence[Finding]) -> str:
    """Return how many findings of each kind there are: ``"4 N+1"``."""
    titles = [finding.title for finding in findings]
    return ", ".join(f"{titles.count(title)} {title}" for title in dict.fromkeys(titles))


def price_text(price: Price, ms: int) -> str:
    """Return ``"1.0 s -> 15 ms at 5 ms a round trip"``; the second is left out where unknown."""
    now, fixed = price[ms]
    after = "" if fixed is None else f" -> {_seconds(fixed)}"
    return f"{_seconds(now)}{after} at {ms} ms a round trip"


def _head(record: AuditRecord) -> str:
    name = record.label or "audit"
    found = count_kinds(record.findings) or "no findings"
    time = f"{record.db_time * 1000:.1f} ms in the database"
    return f"{name}: {_count(record.query_count, 'query')}, {time}, {found}"


def _price_line(price: Price) -> str:
    prices = [price_text(price, ms).removesuffix(" a round trip") for ms in price]
    return "a round trip costs: " + ", ".join(prices)


def by_fix(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings in one list for each edit that cures them, worst first."""
    boxes: dict[str, list[Finding]] = {}
    for finding in findings:
        boxes.setdefault(finding.fix_id, []).append(finding)
    return list(boxes.values())


def _box(findings: Sequence[Finding], query_count: int) -> list[str]:
    """Return one edit: what to write where, what it saves, and the findings it cures."""
    first = findings[0]
    lines = [f"  | fix   {first.fix}  {first.fix_id}"]
    if first.kind != "query_budget":  # which is about a page, not about a line
        lines.append(f"  | at    {_queryset(first)}")
    if first.expected_count == query_count:
        lines.append(f"  |       {_count(query_count, 'query')} as before, with less to do")
    elif first.expected_count is None:
        lines.append(f"  |       {_count(query_count, 'query')} now, no promise for this line")
    else:
        now, fixed = (count * _SHOWN / 1000 for count in (query_count, first.expected_count))
        lines.append(
            f"  |       {query_count} -> {_count(first.expected_count, 'query')}, "
            f"{_seconds(now)} -> {_seconds(fixed)} at {_SHOWN} ms a round trip"
        )
    for finding in findings:
        lines.append(
            f"  | {finding.title}   {finding.subject}  {_count(finding.count, 'query')}, "
            f"{finding.duration * 1000:.1f} ms  {finding.id}"
        )
        lines += [f"  | used  {_line(use)}" for use in finding.uses[:_MAX_USES]]
        if len(finding.uses) > _MAX_USES:
            lines.append(f"  |       and on {len(finding.uses) - _MAX_USES} more lines")
    return lines


def _queryset(finding: Finding) -> str:
    if finding.queryset_at is None and finding.fix_at is None:
        return "a queryset that was read before this audit"
    if finding.queryset_at is None or finding.fix_at not in {None, finding.queryset_at}:
        return _line(finding.fix_at)  # type: ignore[arg-type]
    origin = f" ({finding.origin})" if finding.origin else ""
    return f"{_line(finding.queryset_at)}{origin}"


def _line(location: Location) -> str:
    return f"{location}  {location.text}".rstrip()


def _count(number: int, noun: str) -> str:
    plural = {"query": "queries", "fix": "fixes"}[noun]
    return f"{number} {noun if number == 1 else plural}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
