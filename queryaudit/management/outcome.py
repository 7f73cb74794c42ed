"""What a command says at its end: whether it failed, and what changed between two reports."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.core.management import CommandError

from queryaudit.findings.base import Finding
from queryaudit.findings.record import AuditRecord
from queryaudit.reports import markdown
from queryaudit.reports.words import count_of
from queryaudit.stores.baseline import Baseline

# What goes over the numbers of BUDGETS and LIMITS; a loop is more than a number.
_OVER: Final = {"query_budget", "slow_query", "full_scan", "unbounded_query", "filter_waste"}


def fails(records: Sequence[AuditRecord], wanted: str, known: Baseline) -> bool:
    """Return whether findings are such that the command fails: "any", "new" or "budget"."""
    findings = [finding for record in records for finding in record.findings]
    if wanted == "budget":
        return any(finding.kind in _OVER for finding in findings)
    if wanted == "new":
        return any(finding.id not in known.findings for finding in findings if _counts(finding))
    return any(map(_counts, findings))


def _counts(finding: Finding) -> bool:
    return finding.severity != "note"


def summarize(name: str, records: Sequence[AuditRecord]) -> None:
    """Write the summary of a step of GitHub Actions beside its annotations."""
    path = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if name == "github" and path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{markdown.render(records)}\n")


def write_report(text: str, path: Path) -> None:
    """Write a report to a file. Raises CommandError."""
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        msg = f"--output {path}: {error.strerror or error}"
        raise CommandError(msg, returncode=2) from None


def read_report(path: Path) -> list[AuditRecord]:
    """Return the audits of a report of ``--format json``. Raises CommandError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return [AuditRecord.from_dict(one) for one in data["audits"]]
    except OSError as error:
        reason = error.strerror or str(error)
    except KeyError as error:
        reason = f"it has no {error}"
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error)
    msg = f"{path} is no report of --format json: {reason}"
    raise CommandError(msg, returncode=2)


def compare(old: Sequence[AuditRecord], new: Sequence[AuditRecord]) -> tuple[list[str], bool]:
    """Return what changed, by request and finding, and whether it is worse."""
    before, after = _by_label(old), _by_label(new)
    lines: list[str] = []
    is_worse = False
    for label in dict.fromkeys([*before, *after]):
        if label not in after or label not in before:
            lines.append(f"{label}: only in the {'new' if label in after else 'old'} report")
            continue
        first, second = before[label], after[label]
        ids = {finding.id: finding for finding in first.findings}
        found = {finding.id: finding for finding in second.findings}
        change = second.query_count - first.query_count
        if change or ids.keys() != found.keys():
            lines.append(
                f"{label}: {first.query_count:,} -> {count_of(second.query_count, 'query')} "
                f"({change:+,})"
            )
        lines += [f"  gone {_words(one)}" for id_, one in ids.items() if id_ not in found]
        lines += [f"  NEW  {_words(one)}" for id_, one in found.items() if id_ not in ids]
        is_worse |= change > 0 or bool(found.keys() - ids.keys())
    return lines or ["nothing changed"], is_worse


def _by_label(records: Sequence[AuditRecord]) -> dict[str, AuditRecord]:
    """Return the newest audit of each request."""
    return {record.label: record for record in sorted(records, key=lambda one: one.started_at)}


def _words(finding: Finding) -> str:
    return f"{finding.id}  {finding.title}  {finding.subject}  {count_of(finding.count, 'query')}"
