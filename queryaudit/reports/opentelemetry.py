"""Counts, durations and findings for OpenTelemetry, so that a collector gathers many machines.

Nothing is imported that the site has not imported itself: without its API in the process this
costs a look into ``sys.modules``.
"""

import sys
from functools import cache
from importlib import import_module
from typing import Any

from queryaudit.findings.base import Finding
from queryaudit.findings.figures import DynamoFigures
from queryaudit.findings.record import AuditRecord

_API = "opentelemetry"
_TRACE = f"{_API}.trace"
_MAX_IDS = 20  # an attribute is no list of everything


def has_span() -> bool:
    """Return whether a span of the site records what happens now."""
    return _TRACE in sys.modules and _span() is not None


def describe_span(
    *,
    id_: str,
    query_count: int,
    db_time: float,
    expected: int | None,
    findings: list[Finding],
    dynamodb: DynamoFigures,
) -> None:
    """Set what an audit found as attributes of the current span. Times in seconds."""
    span = _span()
    if span is None:
        return
    attributes: dict[str, Any] = {
        "queryaudit.id": id_,
        "queryaudit.queries": query_count,
        "queryaudit.db_time": db_time,
        "queryaudit.findings": len(findings),
    }
    if dynamodb.calls:
        attributes["queryaudit.dynamodb_calls"] = dynamodb.calls
        attributes["queryaudit.dynamodb_time"] = dynamodb.seconds
        if dynamodb.capacity_units is not None:
            attributes["queryaudit.dynamodb_capacity_units"] = dynamodb.capacity_units
    if expected is not None:
        attributes["queryaudit.expected_queries"] = expected
    if findings:
        attributes["queryaudit.finding_ids"] = [finding.id for finding in findings[:_MAX_IDS]]
        attributes["queryaudit.relations"] = [finding.subject for finding in findings[:_MAX_IDS]]
    span.set_attributes(attributes)


def measure(record: AuditRecord) -> None:
    """Add an audit to the site's metrics: by view and, of findings, by kind."""
    if f"{_API}.metrics" not in sys.modules:
        return
    queries, seconds, findings = _instruments()
    view = {"view": record.view or record.label or "audit"}
    queries.record(record.query_count, view)
    seconds.record(record.db_time, view)
    for finding in record.findings:
        findings.add(1, {**view, "kind": finding.kind})


def _span() -> Any:
    if _TRACE not in sys.modules:
        return None
    span = import_module(_TRACE).get_current_span()
    return span if span.is_recording() else None


@cache
def _instruments() -> tuple[Any, Any, Any]:
    meter = import_module(f"{_API}.metrics").get_meter("queryaudit")
    return (
        meter.create_histogram("queryaudit.queries", "{query}", "Queries of a request"),
        meter.create_histogram("queryaudit.db_time", "s", "Time of a request in the database"),
        meter.create_counter("queryaudit.findings", "{finding}", "Findings, each once a request"),
    )
