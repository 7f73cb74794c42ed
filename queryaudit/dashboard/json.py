"""The pages as JSON types: what ``?format=json`` answers."""

from dataclasses import asdict
from typing import Any

from queryaudit.dashboard.summaries import Cause, Comparison, ViewSummary, name_of
from queryaudit.findings.base import Finding
from queryaudit.findings.record import AuditRecord


def of_request(record: AuditRecord) -> dict[str, Any]:
    """Return a request without its findings' lines: its counts, times and ids."""
    return {
        "id": record.id,
        "label": record.label,
        "view": name_of(record),
        "method": record.method,
        "path": record.path,
        "status": record.status,
        "started_at": record.started_at,
        "duration": record.duration,
        "db_time": record.db_time,
        "query_count": record.query_count,
        "dynamodb": asdict(record.dynamodb),
        "expected_count": record.expected_count,
        "findings": [finding.id for finding in record.findings],
        "new": dict(record.new),
        "price": record.price,
    }


def of_view(view: ViewSummary) -> dict[str, Any]:
    """Return a view with its series, oldest first."""
    return {
        "view": view.name,
        "requests": len(view.records),
        "total": view.total,
        "share": view.share,
        "p50": view.p50,
        "p95": view.p95,
        "median_queries": view.median_queries,
        "price": view.price,
        "findings": [finding.id for finding in view.findings],
        "shares": dict(view.shares),
        "series": [of_request(record) for record in view.records],
    }


def of_finding(finding: Finding) -> dict[str, Any]:
    """Return a finding as its users read it."""
    return {
        "id": finding.id,
        "kind": finding.kind,
        "severity": finding.severity,
        "subject": finding.subject,
        "used_at": str(finding.used_at or ""),
        "queryset_at": str(finding.queryset_at or ""),
        "fix": finding.fix,
        "fix_at": str(finding.fix_at or ""),
        "noun": finding.noun,
        "count": finding.count,
        "left": finding.left,
        "duration": finding.duration,
        "expected_count": finding.expected_count,
        "price": finding.price,
    }


def of_cause(cause: Cause) -> dict[str, Any]:
    """Return a finding over many requests."""
    return {
        **of_finding(cause.finding),
        "views": list(cause.views),
        "requests": cause.requests,
        "query_count": cause.query_count,
        "total": cause.duration,
        "first_seen": cause.first_seen,
        "last_seen": cause.last_seen,
        "is_gone": cause.is_gone,
        "price": cause.price,
        "series": list(cause.counts),
    }


def of_comparison(found: Comparison) -> dict[str, Any]:
    """Return two requests and their differences."""
    return {
        "a": of_request(found.first),
        "b": of_request(found.second),
        "fixed": [of_finding(finding) for finding in found.fixed],
        "new": [of_finding(finding) for finding in found.new],
        "same": [{**of_finding(now), "count_before": before.count} for before, now in found.same],
        "shapes": [{"sql": sql, "a": old, "b": now} for sql, old, now in found.shapes],
    }
