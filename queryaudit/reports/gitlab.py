"""Findings as GitLab's code quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import json
from collections.abc import Sequence
from typing import Final

from queryaudit.findings.record import AuditRecord
from queryaudit.reports.causes import causes_of, path_of

_LEVELS: Final = {"error": "major", "warning": "minor", "note": "info"}


def render(records: Sequence[AuditRecord]) -> str:
    """Return a list with an entry for each cause that has a line, its id as fingerprint."""
    entries = [
        {
            "description": f"{cause.title}: {cause.message}",
            "check_name": f"queryaudit.{cause.finding.kind}",
            "fingerprint": cause.finding.id,
            "severity": _LEVELS[cause.finding.severity],
            "location": {"path": path_of(cause.at), "lines": {"begin": max(1, cause.at.line)}},
        }
        for cause in causes_of(records)
        if cause.at is not None
    ]
    return json.dumps(entries, indent=2, ensure_ascii=False)
