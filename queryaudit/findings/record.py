"""What is kept of an audit: plain values that any store can hold and any report can show."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from queryaudit.findings.base import Finding, Price, price
from queryaudit.findings.edits import Edit
from queryaudit.findings.locations import Location, locate_use
from queryaudit.recording.events import Query
from queryaudit.recording.fingerprint import shape_of

SCHEMA: Final = 1  # of to_dict; a record of another schema is not read
MAX_SHAPES: Final = 40  # kept of one audit, the slowest


@dataclass(frozen=True, slots=True)
class Shape:
    """Statements that differ in values alone; ``seconds`` all together, ``place`` the first."""

    sql: str
    alias: str
    count: int
    seconds: float
    place: Location | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One audited request or block. Times in seconds, ``started_at`` since the epoch."""

    id: str
    label: str
    view: str
    method: str
    path: str
    status: int
    started_at: float
    duration: float
    query_count: int
    transaction_statements: int
    db_time: float
    expected_count: int | None
    is_cut: bool
    findings: tuple[Finding, ...]
    shapes: tuple[Shape, ...]

    @property
    def price(self) -> Price:
        """Seconds (now, once fixed) of the whole request by milliseconds a round trip."""
        return price(self.query_count, self.expected_count)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON types."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "AuditRecord":
        """Return the record that ``to_dict`` wrote. Raises ValueError for another schema."""
        if data.get("schema") != SCHEMA:
            msg = f"an audit of schema {data.get('schema')!r}; this version reads {SCHEMA}"
            raise ValueError(msg)
        values = {name: data[name] for name in (option.name for option in fields(cls))}
        values["findings"] = tuple(_finding(finding) for finding in data["findings"])
        values["shapes"] = tuple(
            Shape(**{**shape, "place": _location(shape["place"])}) for shape in data["shapes"]
        )
        return cls(**values)


def shapes_of(queries: Iterable[Query]) -> tuple[Shape, ...]:
    """Return the shapes of ``queries``, the slowest first."""
    shapes: dict[tuple[str, str], Shape] = {}
    for query in queries:
        key = query.alias, shape_of(query.sql)
        known = shapes.get(key)
        place = locate_use(query.place) if query.place else None
        shapes[key] = Shape(
            sql=key[1],
            alias=query.alias,
            count=query.count + (known.count if known else 0),
            seconds=query.seconds + (known.seconds if known else 0.0),
            place=known.place if known else place,
        )
    slowest = sorted(shapes.values(), key=lambda shape: -shape.seconds)
    return tuple(slowest[:MAX_SHAPES])


def _finding(data: dict[str, Any]) -> Finding:
    edit = data["edit"]
    return Finding(
        **{
            **data,
            "uses": tuple(Location(**use) for use in data["uses"]),
            "queryset_at": _location(data["queryset_at"]),
            "edit": Edit(**{**edit, "paths": tuple(edit["paths"]), "at": _location(edit["at"])}),
        }
    )


def _location(data: dict[str, Any] | None) -> Location | None:
    return Location(**data) if data else None
