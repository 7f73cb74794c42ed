"""One request over time: the whole, its templates, a lane for each shape of its statements."""

from dataclasses import dataclass

from queryaudit.findings.record import AuditRecord
from queryaudit.findings.shapes import COLUMNS, DYNAMODB
from queryaudit.reports import lanes
from queryaudit.reports.words import count_of, figures_text


@dataclass(frozen=True, slots=True)
class Row:
    """One lane: its name, what is said of it, and its path, ``COLUMNS`` wide."""

    name: str
    detail: str
    path: str
    kind: str  # "whole", "template", "sql" or "dynamodb"


def rows_of(record: AuditRecord) -> list[Row]:
    """Return the lanes of a request in the order in which they begin."""
    found = [Row("whole request", _ms(record.duration), _stretch(0, COLUMNS), "whole")]
    if record.duration <= 0:
        return found
    scale = COLUMNS / record.duration
    for phase in sorted(record.phases, key=lambda phase: phase.start):
        start = phase.start * scale
        end = max(start + 0.5, (phase.start + phase.seconds) * scale)
        path = _stretch(start, min(COLUMNS, end))
        found.append(Row(phase.name or "a template", _ms(phase.seconds), path, "template"))
    for shape in sorted(record.shapes, key=lambda shape: lanes.began_at(shape.lane)):
        detail = f"{count_of(shape.count, 'time')}, {_ms(shape.seconds)}"
        if shape.figures is not None:
            detail += f", {figures_text(shape.figures)}"
        kind = "dynamodb" if shape.alias == DYNAMODB else "sql"
        found.append(Row(shape.sql[:80], detail, lanes.path_of(shape.lane), kind))
    return found


@dataclass(frozen=True, slots=True)
class LayerRow:
    """What one layer asked: a bar as long as its part, and the part of it that left lazily."""

    name: str
    detail: str
    path: str
    lazy_path: str


def layer_rows_of(record: AuditRecord) -> list[LayerRow]:
    """Return the layers of a request, the busiest first."""
    most = max([1, *(use.queries for use in record.layers)])
    rows = []
    for use in record.layers:
        detail = f"{count_of(use.queries, 'query')}, {_ms(use.seconds)}"
        if use.lazy:
            detail += f", {use.lazy:,} of querysets that left an allowed layer unread"
        lazy = _stretch(0, COLUMNS * use.lazy / most) if use.lazy else ""
        rows.append(LayerRow(use.layer, detail, _stretch(0, COLUMNS * use.queries / most), lazy))
    return rows


def ticks_of(record: AuditRecord) -> list[str]:
    """Return the times at the quarters of the request."""
    return [_ms(record.duration * quarter / 4) for quarter in range(5)]


def _stretch(start: float, end: float) -> str:
    return f"M{start:.1f} 1H{end:.1f}V{lanes.HEIGHT - 1}H{start:.1f}z"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
