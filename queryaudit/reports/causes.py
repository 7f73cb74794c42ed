"""Findings of many audits, each cause once, for formats that tell a whole run."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from queryaudit.findings.base import Finding
from queryaudit.findings.locations import Location
from queryaudit.findings.record import AuditRecord


@dataclass(frozen=True, slots=True)
class Cause:
    """One finding where it was worst, ``labels`` of the audits that have it, and its sum."""

    finding: Finding
    labels: tuple[str, ...]
    queries: int

    @property
    def at(self) -> Location | None:
        """The line to change where it is own code, else the line that asks."""
        return self.finding.fix_at or self.finding.used_at or self.finding.queryset_at

    @property
    def title(self) -> str:
        """What it is: ``"N+1 shop.Album.artist"``."""
        return f"{self.finding.title} {self.finding.subject}"

    @property
    def message(self) -> str:
        """One sentence: how often, where it is used, and the fix."""
        used = f", used at {self.finding.used_at}" if self.finding.used_at else ""
        pages = self.labels[0] if len(self.labels) == 1 else f"{len(self.labels)} requests"
        return (
            f"{self.finding.counted} for {self.finding.subject} in {pages}{used}. "
            f"Fix: {self.finding.fix}"
        )


def causes_of(records: Iterable[AuditRecord]) -> list[Cause]:
    """Return each cause once: errors before warnings before notes, most queries first."""
    worst: dict[str, Finding] = {}
    labels: dict[str, dict[str, None]] = {}
    queries: dict[str, int] = {}
    for record in records:
        for finding in record.findings:
            known = worst.get(finding.id)
            if known is None or finding.count > known.count:
                worst[finding.id] = finding
            labels.setdefault(finding.id, {})[record.label or "audit"] = None
            queries[finding.id] = queries.get(finding.id, 0) + finding.count
    causes = [Cause(one, tuple(labels[one.id]), queries[one.id]) for one in worst.values()]
    ranks = ("error", "warning", "note")
    return sorted(
        causes, key=lambda one: (ranks.index(one.finding.severity), -one.queries, one.finding.id)
    )


def path_of(location: Location) -> str:
    """Return the path from the root of the repository, as services of code know files.

    That of own code's root where the file lies in no repository; a package's from its own,
    wherever it is installed.
    """
    file = Path(location.file)
    root = _repository_of(file.parent) if location.file and location.own else None
    return location.path if root is None else file.relative_to(root).as_posix()


@cache
def _repository_of(folder: Path) -> Path | None:
    for one in (folder, *folder.parents):
        if (one / ".git").exists():
            return one
    return None
