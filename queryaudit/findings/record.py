"""What is kept of an audit: plain values that any store can hold and any report can show."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from queryaudit.findings.base import KINDS, Finding, Price
from queryaudit.findings.edits import Edit
from queryaudit.findings.figures import DynamoFigures
from queryaudit.findings.layering import LayerUse
from queryaudit.findings.locations import Location
from queryaudit.findings.promises import price_of
from queryaudit.findings.shapes import Example, Shape
from queryaudit.recording.memory import MemoryReads

SCHEMA: Final = 4  # of to_dict; a record of another schema is not read


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of an audit that is no SQL: a template. ``start`` in seconds since it began."""

    name: str
    start: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One audited request or block. Times in seconds, ``started_at`` since the epoch.

    ``new`` holds the ids of findings that an earlier request of the same view was without, and
    how many requests in a row have had them since, this one included. What is not in it was
    always there, as far as requests are kept. ``known`` are the ids that a baseline has.
    """

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
    phases: tuple[Phase, ...] = ()
    memory: tuple[MemoryReads, ...] = ()
    layers: tuple[LayerUse, ...] = ()
    new: Mapping[str, int] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    dynamodb: DynamoFigures = field(default_factory=DynamoFigures)

    def since(self, finding: Finding) -> str:
        """Return whether a finding is ``"known"`` or new; nothing where it was always there."""
        requests = self.new.get(finding.id)
        if finding.id in self.known:
            return "known"
        if requests is None:
            return ""
        return "new" if requests == 1 else f"new since {requests} requests"

    @property
    def price(self) -> Price:
        """Seconds (now, once fixed) of the whole request by milliseconds a round trip.

        Calls of DynamoDB are round trips as queries are.
        """
        return price_of(self.query_count, self.expected_count, self.dynamodb.calls, self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON types."""
        memory = [reads._asdict() for reads in self.memory]
        layers = [use._asdict() for use in self.layers]
        return {"schema": SCHEMA, **asdict(self), "memory": memory, "layers": layers}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "AuditRecord":
        """Return the record that ``to_dict`` wrote. Raises ValueError for another schema."""
        if data.get("schema") != SCHEMA:
            msg = f"an audit of schema {data.get('schema')!r}; this version reads {SCHEMA}"
            raise ValueError(msg)
        _refuse_unknown(data)
        values = {name: data[name] for name in (option.name for option in fields(cls))}
        values["findings"] = tuple(_finding(finding) for finding in data["findings"])
        values["shapes"] = tuple(_shape(shape) for shape in data["shapes"])
        values["known"] = tuple(data["known"])
        values["memory"] = tuple(MemoryReads(**reads) for reads in data["memory"])
        values["layers"] = tuple(LayerUse(**use) for use in data["layers"])
        values["dynamodb"] = DynamoFigures.from_dict(data["dynamodb"])
        values["phases"] = tuple(Phase(**phase) for phase in data["phases"])
        return cls(**values)


def _refuse_unknown(data: dict[str, Any]) -> None:
    """Raise ValueError for what another version of the package may have written."""
    kinds = {finding["kind"] for finding in data["findings"]} - KINDS.keys()
    if kinds:
        msg = f"an audit with findings of unknown kinds: {', '.join(sorted(kinds))}"
        raise ValueError(msg)
    for name in ("started_at", "duration", "db_time", "query_count", "status"):
        if not isinstance(data[name], (int, float)):
            msg = f"an audit whose {name} is {data[name]!r}; allowed is a number"
            raise ValueError(msg)  # noqa: TRY004  # like all that cannot be read
    if not isinstance(data["new"], dict):
        msg = f"an audit whose news are {data['new']!r}; allowed is a dict"
        raise ValueError(msg)  # noqa: TRY004


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


def _shape(data: dict[str, Any]) -> Shape:
    example, figures = data["example"], data["figures"]
    return Shape(
        **{
            **data,
            "place": _location(data["place"]),
            "example": Example(**example) if example else None,
            "figures": DynamoFigures.from_dict(figures) if figures else None,
        }
    )


def _location(data: dict[str, Any] | None) -> Location | None:
    return Location(**data) if data else None
