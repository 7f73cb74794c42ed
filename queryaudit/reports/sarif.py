"""Findings as SARIF 2.1.0, the format of code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from queryaudit.findings.base import KINDS, Kind
from queryaudit.findings.locations import Location
from queryaudit.findings.record import AuditRecord
from queryaudit.reports.causes import Cause, causes_of, path_of

_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT: Final = "SRCROOT"


def render(records: Sequence[AuditRecord]) -> str:
    """Return one run with a result for each cause; paths are relative to the repository.

    The id of a finding is the result's fingerprint, so that it is known again when lines move.
    """
    causes = causes_of(records)
    run = {
        "tool": {
            "driver": {
                "name": "queryaudit",
                "version": version("queryaudit"),
                "rules": [_rule(kind) for kind in KINDS.values()],
            }
        },
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the site's code."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(cause) for cause in causes],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(kind: Kind) -> dict[str, Any]:
    return {
        "id": kind.prefix,
        "name": kind.name,
        "shortDescription": {"text": kind.title},
        "defaultConfiguration": {"level": kind.severity},
    }


def _result(cause: Cause) -> dict[str, Any]:
    finding = cause.finding
    kinds = list(KINDS)
    uses = [use for use in finding.uses if use != cause.at]
    result: dict[str, Any] = {
        "ruleId": KINDS[finding.kind].prefix,
        "ruleIndex": kinds.index(finding.kind),
        "level": finding.severity,
        "message": {"text": cause.message},
        "locations": [_location(cause.at)] if cause.at else [],
        "partialFingerprints": {"queryauditFindingId/v1": finding.id},
        "properties": {"queries": cause.queries, "requests": list(cause.labels)},
    }
    if uses:
        result["relatedLocations"] = [
            {**_location(use), "id": number, "message": {"text": "asks here"}}
            for number, use in enumerate(uses, start=1)
        ]
    return result


def _location(location: Location) -> dict[str, Any]:
    # A file of a package has no path below the site's root.
    base = {"uriBaseId": _ROOT} if location.own else {}
    region: dict[str, Any] = {"startLine": max(1, location.line)}
    if location.text:
        region["snippet"] = {"text": location.text}
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path_of(location)), **base},
            "region": region,
        }
    }
