"""What judging a recording takes, and how large the record is that stays."""

from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns

import queryaudit
from benchmarks.pages import Page
from benchmarks.variants import IDLE, Variants
from queryaudit.reports import json


@dataclass(frozen=True)
class Judging:
    """Milliseconds of one judgement of ``page``, and bytes of its record as it is stored."""

    page: str
    queries: int
    findings: int
    findings_ms: float
    record_ms: float
    stored_bytes: int


def judge(variants: Variants, page: Page, requests: int) -> Judging:
    """Record ``page`` so many times, and judge each recording once."""
    findings_ms, record_ms = [], []
    for _ in range(requests):
        visit = variants.enter(IDLE, page)
        with queryaudit.audit(label=page.name) as audit:
            visit()
        begin = perf_counter_ns()
        findings = audit.findings
        judged = perf_counter_ns()
        audit.describe(method="GET", path=page.path, status=200)
        record = audit.to_record()
        findings_ms.append((judged - begin) / 1e6)
        record_ms.append((perf_counter_ns() - judged) / 1e6)
    return Judging(
        page.name,
        audit.query_count,
        len(findings),
        median(findings_ms),
        median(record_ms),
        len(json.render(record).encode()),
    )
