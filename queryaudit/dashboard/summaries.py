"""What many audits say together: by view, by cause, and two beside each other."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from queryaudit.findings.base import Finding, Price, price, sum_prices
from queryaudit.findings.record import AuditRecord
from queryaudit.stores.history import Key, key_of, tells

OTHER_SQL = "other queries"
NOT_SQL = "outside the database"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSummary:
    """The kept requests of one view, oldest first. Times in seconds.

    ``share`` is its part of the time of all requests; ``shares`` tell how its own time is
    spent: by cause, in other queries, outside the database.
    """

    name: str
    records: tuple[AuditRecord, ...]
    total: float
    share: float
    p50: float
    p95: float
    median_queries: int
    findings: tuple[Finding, ...]
    shares: tuple[tuple[str, float], ...]

    @property
    def price(self) -> Price:
        """Seconds (now, once fixed) of all its requests by milliseconds a round trip."""
        return sum_prices(record.price for record in self.records)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One finding over all kept requests, as the last one told it.

    ``query_count`` and ``duration`` are the sums, ``views`` those that it slows down,
    ``counts`` its queries in each request of these views, oldest first: 0 where it was not.
    ``is_gone`` tells that the last request of each of its views, by the same method, was
    without it.
    """

    finding: Finding
    views: tuple[str, ...]
    requests: int
    query_count: int
    duration: float
    first_seen: float
    last_seen: float
    last_id: str
    counts: tuple[int, ...]
    is_gone: bool

    @property
    def price(self) -> Price:
        """Seconds (now, once fixed) of all its queries by milliseconds a round trip."""
        left = self.finding.left
        return price(self.query_count, None if left is None else left * self.requests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two audits beside each other: findings only here or there, and statements by shape."""

    first: AuditRecord
    second: AuditRecord
    fixed: tuple[Finding, ...]
    new: tuple[Finding, ...]
    same: tuple[tuple[Finding, Finding], ...]
    shapes: tuple[tuple[str, int, int], ...]


def name_of(record: AuditRecord) -> str:
    """Return the view of a request, else its label: a block, or a path that leads nowhere."""
    return record.view or record.label or "audit"


def by_view(records: Iterable[AuditRecord]) -> list[ViewSummary]:
    """Return the views, the one that took most time first."""
    groups: defaultdict[str, list[AuditRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.started_at):
        groups[name_of(record)].append(record)
    whole = sum(record.duration for group in groups.values() for record in group)
    views = [_view(name, group, whole) for name, group in groups.items()]
    return sorted(views, key=lambda view: (-view.total, view.name))


def _view(name: str, records: list[AuditRecord], whole: float) -> ViewSummary:
    durations = [record.duration for record in records]
    total = sum(durations)
    latest = {finding.id: finding for record in records for finding in record.findings}
    return ViewSummary(
        name=name,
        records=tuple(records),
        total=total,
        share=total / whole if whole else 0.0,
        p50=percentile(durations, 50),
        p95=percentile(durations, 95),
        median_queries=int(percentile([record.query_count for record in records], 50)),
        findings=tuple(latest.values()),
        shares=shares_of(records),
    )


def shares_of(records: Sequence[AuditRecord]) -> tuple[tuple[str, float], ...]:
    """Return the parts of the time of ``records`` by cause, the largest cause first.

    The rest follows: other queries, and what was spent outside the database.
    """
    # Threads that ask at the same time take more than the request's own time.
    total = sum(max(record.duration, record.db_time) for record in records)
    if not total:
        return ()
    causes: defaultdict[str, float] = defaultdict(float)
    other = 0.0
    for record in records:
        told = 0.0
        for finding in record.findings:
            # Findings of one audit may share queries, as a slow one that is also repeated.
            part = min(finding.duration, max(0.0, record.db_time - told))
            causes[_cause_name(finding)] += part
            told += part
        other += max(0.0, record.db_time - told)
    parts = sorted(causes.items(), key=lambda item: -item[1])
    known = min(total, sum(causes.values()) + other)
    parts += [(OTHER_SQL, other), (NOT_SQL, total - known)]
    return tuple((name, part / total) for name, part in parts if part > 0)


def _cause_name(finding: Finding) -> str:
    where = "" if finding.relation or finding.used_at is None else f" at {finding.used_at}"
    return f"{finding.title} {finding.subject}{where}"


def causes_of(records: Iterable[AuditRecord]) -> list[Cause]:
    """Return the findings over all ``records``, the one with most queries first."""
    ordered = sorted(records, key=lambda record: record.started_at)
    seen: defaultdict[str, list[tuple[AuditRecord, Finding]]] = defaultdict(list)
    of_view: defaultdict[str, list[AuditRecord]] = defaultdict(list)
    for record in ordered:
        of_view[name_of(record)].append(record)
        for finding in record.findings:
            seen[finding.id].append((record, finding))
    last_of = {key_of(record): record for record in ordered if tells(record)}
    causes = [_cause(found, of_view, last_of) for found in seen.values()]
    return sorted(causes, key=lambda cause: (cause.is_gone, -cause.query_count, cause.finding.id))


def _cause(
    found: list[tuple[AuditRecord, Finding]],
    of_view: dict[str, list[AuditRecord]],
    last_of: dict[Key, AuditRecord],
) -> Cause:
    last, finding = found[-1]
    views = tuple(dict.fromkeys(name_of(record) for record, _ in found))
    counts = {record.id: finding.count for record, finding in found}
    keys = {key_of(record) for record, _ in found}
    asked = sorted(
        (record for view in views for record in of_view[view]), key=lambda one: one.started_at
    )
    return Cause(
        finding=finding,
        views=views,
        requests=len(found),
        query_count=sum(one.count for _, one in found),
        duration=sum(one.duration for _, one in found),
        first_seen=found[0][0].started_at,
        last_seen=last.started_at,
        last_id=last.id,
        counts=tuple(counts.get(record.id, 0) for record in asked),
        is_gone=not any(last_of[key].id in counts for key in keys if key in last_of),
    )


def compare(first: AuditRecord, second: AuditRecord) -> Comparison:
    """Return what ``second`` has that ``first`` had not, and the other way round."""
    before = {finding.id: finding for finding in first.findings}
    after = {finding.id: finding for finding in second.findings}
    shapes: dict[str, list[int]] = {}
    for column, record in enumerate((first, second)):
        for shape in record.shapes:
            shapes.setdefault(shape.sql, [0, 0])[column] += shape.count
    if first.is_cut or second.is_cut:  # what is missing on one side may have been cut there
        shapes = {sql: counts for sql, counts in shapes.items() if all(counts)}
    changed = [(sql, old, now) for sql, (old, now) in shapes.items() if old != now]
    return Comparison(
        first=first,
        second=second,
        fixed=tuple(finding for key, finding in before.items() if key not in after),
        new=tuple(finding for key, finding in after.items() if key not in before),
        same=tuple((finding, after[key]) for key, finding in before.items() if key in after),
        shapes=tuple(sorted(changed, key=lambda one: -abs(one[2] - one[1]))),
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that ``percent`` of ``values`` do not exceed (nearest rank)."""
    if not values:
        return 0.0
    rank = max(1, ceil(len(values) * percent / 100))
    return sorted(values)[rank - 1]
