"""What a test expects of an audit, and the words where it is not so."""

from collections.abc import Sequence
from dataclasses import dataclass

from queryaudit.auditing import Audit
from queryaudit.findings.base import Finding
from queryaudit.reports.words import count_of

MAX_LINES = 20
_MAX_TEXT = 200  # characters of a line


@dataclass(frozen=True, slots=True)
class Expectation:
    """What holds of one block: each part that is left out is not asked for.

    ``max_queries``: so many queries at most. ``no_n_plus_one``: no finding of that kind.
    ``no_findings``: none of severity error or warning. ``allow``: relations or ids of
    findings that may be there.
    """

    max_queries: int | None = None
    no_n_plus_one: bool = False
    no_findings: bool = False
    allow: tuple[str, ...] = ()

    def failure_of(self, audit: Audit) -> str:
        """Return what is not as expected, in at most 20 lines; nothing where all is."""
        findings = [finding for finding in audit.findings if not self._allows(finding)]
        told = [f for f in findings if self._refuses(f)]
        over = self.max_queries is not None and audit.query_count > self.max_queries
        if not (over or told):
            return ""
        head = count_of(audit.query_count, "query")
        if over:
            most = self.max_queries or 0
            head += f", budget {most} ({audit.query_count - most} over)"
        return describe(head, told or findings)

    def stale(self, audit: Audit) -> list[str]:
        """Return what ``allow`` names and no finding has: the test has outgrown it."""
        return [
            name
            for name in self.allow
            if not any(name in {finding.relation, finding.id} for finding in audit.findings)
        ]

    def _allows(self, finding: Finding) -> bool:
        return finding.id in self.allow or finding.relation in self.allow

    def _refuses(self, finding: Finding) -> bool:
        if self.no_findings:
            return finding.severity != "note"
        return self.no_n_plus_one and finding.kind == "n_plus_one"


def describe(head: str, findings: Sequence[Finding]) -> str:
    """Return ``head`` and each finding with its line and its fix, in at most 20 lines."""
    lines = [head]
    for number, finding in enumerate(findings):
        told = _lines_of(finding)
        left = len(findings) - number
        # The last line is kept for what does not find room.
        if len(lines) + len(told) > MAX_LINES - (left > 1):
            lines.append(f"and {count_of(left, 'finding')} more")
            break
        lines += told
    return "\n".join(line[:_MAX_TEXT] for line in lines)


def _lines_of(finding: Finding) -> list[str]:
    used = f"  used {finding.used_at} `{finding.used_at.text}`" if finding.used_at else ""
    at = f" at {finding.fix_at}" if finding.fix_at else ""
    return [
        f"{finding.count}x {finding.subject}  {finding.title}  {finding.id}{used}",
        f"    fix {finding.fix}{at}",
    ]
