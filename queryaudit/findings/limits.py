"""What goes over a limit of the settings: slow queries, and the budget of a page."""

from fnmatch import fnmatchcase

from queryaudit.findings.base import KINDS, Context, Finding, Found, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.facts import Facts
from queryaudit.findings.uses import at_use
from queryaudit.findings.variation import roles_of
from queryaudit.recording.events import AnyPlace, FullScan, Query
from queryaudit.recording.fingerprint import shape_of


def find_slow_queries(facts: Facts, context: Context) -> list[Found]:
    """Return one finding for each statement and line that took longer than SLOW_MS."""
    return [
        _slow(query, context.limits.slow_ms)
        for query in facts.recorder.queries
        if query.slow_count and query.slow_place is not None
    ]


def _slow(query: Query, limit: float) -> Found:
    place = query.slow_place
    assert place is not None  # noqa: S101  # asked by the caller
    return at_use(
        "slow_query",
        (place,),
        names=(shape_of(query.sql),),
        relation=query.model,
        count=query.slow_count,
        duration=query.slow_seconds,
        fix=f"look at its plan, audit(explain=True): over {limit:g} ms, "
        f"at most {query.slowest * 1000:.0f} ms",
        saves=0,  # it becomes faster and stays one query
    )


def find_full_scans(facts: Facts, context: Context) -> list[Found]:
    """Return one finding for each table and line that reads all rows to find some."""
    found: dict[tuple[AnyPlace, str], FullScan] = {}
    for scan in facts.recorder.scans:
        found.setdefault((scan.place, scan.table), scan)
    rows = context.limits.full_scan_rows
    counts = {query.sql: query for query in facts.recorder.queries}
    return [
        at_use(
            "full_scan",
            (scan.place,),
            names=(scan.table, shape_of(scan.sql)),
            relation=scan.model,
            count=counts[scan.sql].count if scan.sql in counts else 1,
            duration=counts[scan.sql].seconds if scan.sql in counts else 0.0,
            fix=f"an index for {scan.table}{_columns(scan)}, of {rows:,} rows or more",
            saves=0,
        )
        for scan in found.values()
    ]


def _columns(scan: FullScan) -> str:
    """Return the columns that the scan filters by, as an index would name them."""
    compared = [column for column, role in roles_of(scan.sql) if column and role in _COMPARED]
    columns = scan.columns or tuple(dict.fromkeys(compared))
    return f" ({', '.join(columns)})" if columns else ""


_COMPARED = {"=", "<", ">", "<=", ">=", "IN", "BETWEEN"}


def find_over_budget(facts: Facts, context: Context) -> list[Found]:
    """Return a finding where the audit asked more queries than its budget allows."""
    name = _budget_of(context)
    if name is None or context.query_count <= context.budgets[name]:
        return []
    most = context.budgets[name]
    what = context.view or context.label or name
    asked = f"{context.query_count} {'query' if context.query_count == 1 else 'queries'}"
    finding = Finding(
        kind="query_budget",
        id=make_id(KINDS["query_budget"].prefix, "query_budget", what),
        relation=None,
        uses=(),
        queryset_at=None,
        origin=what,
        count=context.query_count,
        duration=facts.recorder.db_time,
        edit=Edit(
            id=make_id("FX", "query_budget", what),
            before=f'{asked}, allowed are {most}: QUERYAUDIT["BUDGETS"]["{name}"]',
            at=None,
            saves=0,
        ),
    )
    return [Found(finding, {})]


def _budget_of(context: Context) -> str | None:
    """Return the first key of BUDGETS that names the view, the path or the label."""
    for name in context.budgets:
        if name in {context.view, context.label} - {""}:
            return name
        if name.startswith("/") and context.path and fnmatchcase(context.path, name):
            return name
    return None
