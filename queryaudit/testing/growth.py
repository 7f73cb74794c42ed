"""Whether a page asks more queries for more rows."""

from collections.abc import Callable
from dataclasses import dataclass

from queryaudit.auditing import Audit
from queryaudit.findings.base import Finding
from queryaudit.findings.shapes import Shape
from queryaudit.testing.expectations import MAX_LINES, describe


@dataclass(frozen=True, slots=True)
class Growth:
    """The same page with ``small`` rows and with ``large`` ones, each asked when warm."""

    small: int
    large: int
    few: Audit
    many: Audit

    @property
    def grows(self) -> bool:
        """Whether more rows cost more queries."""
        return self.many.query_count > self.few.query_count

    @property
    def findings(self) -> list[Finding]:
        """The findings that grew, worst first."""
        before = {finding.id: finding.count for finding in self.few.findings}
        grown = [f for f in self.many.findings if f.count > before.get(f.id, 0)]
        return [f for f in grown if f.severity == "error"] or grown

    @property
    def failure(self) -> str:
        """What grew, in at most 20 lines; nothing where nothing did."""
        if not self.grows:
            return ""
        head = (
            f"queries grow with the rows: {self.few.query_count} for {self.small} rows, "
            f"{self.many.query_count} for {self.large}"
        )
        return describe(head, self.findings) if self.findings else self._statements(head)

    def _statements(self, head: str) -> str:
        """Return the statements that grew, where no finding tells them."""
        before = {shape.sql: shape.count for shape in self.few.to_record().shapes}
        shapes = self.many.to_record().shapes
        grown = [shape for shape in shapes if shape.count > before.get(shape.sql, 0)]
        return "\n".join([head, *map(_line_of, grown[: MAX_LINES - 1])])


def measure_growth(
    make: Callable[[int], object],
    ask: Callable[[], object],
    *,
    small: int = 2,
    large: int = 6,
) -> Growth:
    """Ask with ``small`` rows and with ``large`` ones, each after a call that warms caches.

    ``make(n)`` makes n rows more. Raises ValueError where the numbers do not grow.
    """
    if not 0 < small < large:
        msg = f"small is {small} and large {large}; allowed are whole numbers, 0 < small < large"
        raise ValueError(msg)
    make(small)
    few = _asked(ask, f"{small} rows")
    make(large - small)
    many = _asked(ask, f"{large} rows")
    return Growth(small, large, few, many)


def _asked(ask: Callable[[], object], label: str) -> Audit:
    ask()
    with Audit(label=label, raise_=False) as audit:
        ask()
    return audit


def _line_of(shape: Shape) -> str:
    place = f"  {shape.place}" if shape.place else ""
    return f"{shape.count}x{place}  {shape.sql[:120]}"
