"""An audit as text: one box for each fix, with the findings it cures."""

import os
import re
from collections.abc import Sequence
from typing import Final, TextIO

from django.utils.termcolors import colorize

from queryaudit.findings.base import Finding
from queryaudit.findings.locations import Location
from queryaudit.findings.record import AuditRecord
from queryaudit.reports.words import (
    by_fix,
    calls_text,
    count_kinds,
    count_of,
    layers_text,
    memory_text,
    prices_text,
    seconds_text,
)

_MAX_USES: Final = 3
_SHOWN: Final = 5  # ms a round trip that a single price is given for: a database in the cloud
# What stands out on a terminal: the counts of a request, and the code to write.
_COUNTS: Final = re.compile(r"^\S.*?(?=  |$)")
_FIX: Final = re.compile(r"(?<=^  \| fix   ).*$", re.MULTILINE)


def render(record: AuditRecord) -> str:
    """Return the whole report of one audit, without a line break at its end."""
    lines = [_head(record)]
    if record.findings:
        lines.append(f"  a round trip costs: {_prices(record)}")
    if record.memory:
        lines.append(f"  from memory: {memory_text(record)}")
    if record.layers:
        lines.append(f"  in layers: {layers_text(record)}")
    for findings in by_fix(record.findings):
        lines += ["", *_box(findings, record)]
    if record.is_cut:
        lines += ["", "  Bounds were reached: counts are exact, details are cut."]
    return "\n".join(map(_plain, lines))


def render_line(record: AuditRecord) -> str:
    """Return one line for the request, as the console shows it; empty for a clean one."""
    if not record.findings:
        return ""
    left = "" if record.expected_count is None else f" (-> {record.expected_count}q)"
    new = f", {len(record.new)} new" if record.new else ""
    new += f", {len(record.known)} known" if record.known else ""
    ids = " ".join(finding.id for finding in record.findings)
    return _plain(
        f"{record.label} {record.status or ''} {record.query_count}q "
        f"{record.db_time * 1000:.0f}ms/{record.duration * 1000:.0f}ms "
        f"{count_kinds(record.findings)}, {count_of(len(by_fix(record.findings)), 'fix')}"
        f"{left}{new}  {_prices(record)}  {ids}"
    )


def render_fixes(record: AuditRecord, ids: set[str]) -> str:
    """Return the boxes of the findings in ``ids``, for what is seen the first time."""
    chosen = [finding for finding in record.findings if finding.id in ids]
    boxes = [_box(findings, record) for findings in by_fix(chosen)]
    return "\n".join(_plain(line) for box in boxes for line in box)


def coloured(text: str) -> str:
    """Return a report with the colours of a terminal."""
    text = _COUNTS.sub(lambda found: colorize(found[0], fg="red", opts=("bold",)), text, count=1)
    return _FIX.sub(lambda found: colorize(found[0], fg="green", opts=("bold",)), text)


def has_colours(stream: TextIO) -> bool:
    """Return whether ``stream`` is a terminal that shows colours and is asked for none less."""
    is_terminal = getattr(stream, "isatty", bool)()
    return is_terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _plain(line: str) -> str:
    """Return a line without what moves a terminal or begins another line of the log."""
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in line)


def _head(record: AuditRecord) -> str:
    name = record.label or "audit"
    found = count_kinds(record.findings) or "no findings"
    time = f"{record.db_time * 1000:.1f} ms in the database"
    calls = f", {calls_text(record)}" if record.dynamodb.calls else ""
    return f"{name}: {count_of(record.query_count, 'query')}, {time}{calls}, {found}"


def _prices(record: AuditRecord) -> str:
    # A terminal of another encoding than UTF-8 has no arrow, and print() would raise.
    return prices_text(record.price).replace("→", "->")


def _box(findings: Sequence[Finding], record: AuditRecord) -> list[str]:
    """Return one edit: what to write where, what it saves, and the findings it cures."""
    first, query_count = findings[0], record.query_count
    lines = [f"  | fix   {first.fix}  {first.fix_id}"]
    if first.kind != "query_budget":  # which is about a page, not about a line
        lines.append(f"  | at    {_queryset(first)}")
    if first.noun == "call":
        lines.append(f"  |       {_calls_left(first)}")
    elif first.expected_count == query_count:
        lines.append(f"  |       {count_of(query_count, 'query')} as before, with less to do")
    elif first.expected_count is None:
        lines.append(f"  |       {count_of(query_count, 'query')} now, no promise for this line")
    else:
        now, fixed = (count * _SHOWN / 1000 for count in (query_count, first.expected_count))
        lines.append(
            f"  |       {query_count:,} -> {count_of(first.expected_count, 'query')}, "
            f"{seconds_text(now)} -> {seconds_text(fixed)} at {_SHOWN} ms a round trip"
        )
    for finding in findings:
        since = record.since(finding)
        lines.append(
            f"  | {finding.title}   {finding.subject}  {finding.counted}, "
            f"{finding.duration * 1000:.1f} ms  {finding.id}{since and f'  {since}'}"
        )
        lines += [f"  | used  {_line(use)}" for use in finding.uses[:_MAX_USES]]
        if len(finding.uses) > _MAX_USES:
            lines.append(f"  |       and on {len(finding.uses) - _MAX_USES} more lines")
    return lines


def _calls_left(finding: Finding) -> str:
    """Return what the edit makes of the calls of DynamoDB that it is about."""
    if finding.calls_left is None:
        return f"{finding.counted} now, no promise for this line"
    if finding.calls_left == finding.count:
        return f"{finding.counted} as before, with less to do"
    now, fixed = (count * _SHOWN / 1000 for count in (finding.count, finding.calls_left))
    return (
        f"{finding.count:,} -> {count_of(finding.calls_left, 'call')}, "
        f"{seconds_text(now)} -> {seconds_text(fixed)} at {_SHOWN} ms a round trip"
    )


def _queryset(finding: Finding) -> str:
    if finding.queryset_at is None and finding.fix_at is None:
        return "a queryset that was read before this audit"
    if finding.queryset_at is None or finding.fix_at not in {None, finding.queryset_at}:
        return _line(finding.fix_at)  # type: ignore[arg-type]
    origin = f" ({finding.origin})" if finding.origin else ""
    return f"{_line(finding.queryset_at)}{origin}"


def _line(location: Location) -> str:
    return f"{location}  {location.text}".rstrip()
