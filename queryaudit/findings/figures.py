"""What calls of DynamoDB brought and took, as reports show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from queryaudit.recording.dynamocounts import DynamoCounts


@dataclass(frozen=True, slots=True)
class DynamoFigures:
    """Calls, items and bytes of their answers, capacity units, retries, and seconds.

    ``wasted_units`` went into items that a filter left out. Units are None where no request
    asked what it consumed.
    """

    calls: int = 0
    items: int = 0
    bytes: int = 0
    capacity_units: float | None = None
    wasted_units: float | None = None
    retries: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, counts: DynamoCounts) -> "DynamoFigures":
        """Return the figures of what was recorded."""
        return cls(
            calls=counts.count,
            items=counts.returned,
            bytes=counts.size,
            capacity_units=_rounded(counts.capacity),
            wasted_units=_rounded(counts.wasted),
            retries=counts.retries,
            seconds=round(counts.seconds, 6),
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "DynamoFigures":
        """Return the figures of a stored audit. Raises ValueError for what are none."""
        for name, value in data.items():
            if not (isinstance(value, (int, float)) or (value is None and name in _UNITS)):
                msg = f"an audit whose {name} of DynamoDB are {value!r}; allowed is a number"
                raise ValueError(msg)
        return cls(**data)


_UNITS = {"capacity_units", "wasted_units"}


def _rounded(units: float | None) -> float | None:
    return None if units is None else round(units, 6)
