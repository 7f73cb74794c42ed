"""Findings as annotations of GitHub Actions, and a summary of the step.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Sequence
from typing import Final

from queryaudit.findings.record import AuditRecord
from queryaudit.reports.causes import Cause, causes_of, path_of
from queryaudit.reports.words import count_of

MOST: Final = 10  # GitHub shows no more of a kind in a step
_LEVELS: Final = {"error": "error", "warning": "warning", "note": "notice"}


def render(records: Sequence[AuditRecord]) -> str:
    """Return a workflow command for each of the ten worst causes, then how many are left."""
    causes = causes_of(records)
    lines = [_command(cause) for cause in causes[:MOST]]
    if len(causes) > MOST:
        left = count_of(len(causes) - MOST, "finding")
        lines.append(f"::notice title=queryaudit::and {left} more; the step summary has them all")
    return "\n".join(lines)


def _command(cause: Cause) -> str:
    properties = {"title": cause.title}
    if cause.at is not None and cause.at.own:  # a file of the repository
        properties = {"file": path_of(cause.at), "line": str(cause.at.line), **properties}
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    level = _LEVELS[cause.finding.severity]
    return f"::{level} {told}::{_data(f'{cause.message} ({cause.finding.id})')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
