"""Ask the database, on demand, which statements read a whole table to find some of its rows.

EXPLAIN runs on the connection and in the thread of the statement, right after it, for each
text once. It passes no execute wrapper: it is in no count and in no ``connection.queries``.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from queryaudit.capture.plans import quiet_cursor
from queryaudit.errors import log_once
from queryaudit.recording.events import AnyPlace, FullScan
from queryaudit.recording.recorder import Recorder

MAX_PLANS: Final = 500  # of one audit

_ALIASES: Final = re.compile(
    r"""\b(?:FROM|JOIN)\s+["`]?(\w+)["`]?(?:\s+(?:AS\s+)?["`]?(\w+)["`]?)?""", re.IGNORECASE
)
# SQLite: "SCAN corpus_album", "SCAN T4 USING COVERING INDEX name"; a subquery is no table.
_SCAN: Final = re.compile(r"^SCAN (?:TABLE )?(\w+)(?! \w+ \()")
_FILTERS: Final = re.compile(r"\bWHERE\b", re.IGNORECASE)


def explain(
    recorder: Recorder, connection: Any, sql: str, params: Any, place: AnyPlace, model: Any
) -> None:
    """Record what a SELECT scans; other statements and databases are passed over."""
    plans = _PLANS.get(connection.vendor)
    key = connection.alias, sql
    if plans is None or key in recorder.explained or len(recorder.explained) >= MAX_PLANS:
        return
    recorder.explained.add(key)
    if not _FILTERS.search(sql) or sql.lstrip()[:6].upper() != "SELECT":
        return  # what asks for all rows reads all rows
    label = None if model is None else model._meta.label  # noqa: SLF001
    try:
        with quiet_cursor(connection) as cursor:
            for table, columns in plans(cursor, sql, params):
                if _has_rows(cursor, connection, table, recorder.scan_rows):
                    recorder.scans.append(FullScan(sql, place, label, table, columns))
    except Exception:  # noqa: BLE001
        log_once("asking for a plan")


def _has_rows(cursor: Any, connection: Any, table: str, rows: int) -> bool:
    """Return whether the table has ``rows`` rows or more, without counting further."""
    name = connection.ops.quote_name(table)
    cursor.execute(f"SELECT COUNT(*) FROM (SELECT 1 FROM {name} LIMIT {rows}) AS few")  # noqa: S608
    return bool(cursor.fetchone()[0] >= rows)


def _sqlite(cursor: Any, sql: str, params: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each table that is scanned; SQLite does not tell what it filters by."""
    cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
    tables = {alias or table: table for table, alias in _ALIASES.findall(sql)}
    tables |= {table: table for table, _ in _ALIASES.findall(sql)}
    for row in cursor.fetchall():
        scanned = _SCAN.match(row[3])
        if scanned is not None and scanned[1] in tables:
            yield tables[scanned[1]], ()


def _postgresql(cursor: Any, sql: str, params: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each table that is scanned with a filter, and the columns of the filter."""
    cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
    answer = cursor.fetchone()[0]
    nodes = [(json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node["Node Type"] in {"Seq Scan", "Parallel Seq Scan"} and "Filter" in node:
            columns = _FILTERED.findall(node["Filter"])
            yield node["Relation Name"], tuple(dict.fromkeys(columns))


# PostgreSQL: "((year > 1970) AND ((title)::text = 'x'::text))".
_FILTERED: Final = re.compile(r"\b([a-z_]\w*)\)?(?:::\w+)? (?:[=<>~!]|IS|IN)")

_PLANS: Final[dict[str, Callable[..., Iterator[tuple[str, tuple[str, ...]]]]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
}
