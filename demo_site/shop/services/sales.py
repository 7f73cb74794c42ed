"""Sales as the report shows them."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, Protocol

from shop.services.prices import CENT


class Sales(Protocol):
    """What is told of a label."""

    @property
    def label(self) -> str: ...
    @property
    def artists(self) -> int: ...
    @property
    def pieces(self) -> int: ...
    @property
    def revenue(self) -> Decimal: ...


class Line(NamedTuple):
    """A line of the report, and what share of all revenue it is, in percent."""

    sales: Sales
    revenue: Decimal
    share: int


def make_report(sales: Iterable[Sales]) -> list[Line]:
    """Return the report, with the shares of the labels."""
    known = list(sales)
    total = sum((each.revenue for each in known), Decimal(0)) or Decimal(1)
    return [
        Line(
            each,
            Decimal(each.revenue).quantize(CENT, ROUND_HALF_UP),
            int((100 * each.revenue / total).quantize(Decimal(1), ROUND_HALF_UP)),
        )
        for each in known
    ]
