"""Read what the shop sold."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import DecimalField, F, Sum
from django.db.models.functions import Coalesce

from shop.models import Label, OrderLine


class LabelSales(NamedTuple):
    """What a label sold, added up in Python."""

    label: str
    artists: int
    pieces: int
    revenue: Decimal


_REVENUE = DecimalField(max_digits=12, decimal_places=2)


def read_sales() -> Iterator[LabelSales]:
    """Return the sales of each label, added up label by label."""
    for label in Label.objects.order_by("name"):
        lines = OrderLine.objects.filter(product__album__artist__label=label)
        sold: dict[str, Any] = lines.aggregate(
            pieces=Coalesce(Sum("quantity"), 0),
            revenue=Coalesce(
                Sum(F("quantity") * F("price"), output_field=_REVENUE), 0, output_field=_REVENUE
            ),
        )
        yield LabelSales(label.name, label.artists.count(), sold["pieces"], sold["revenue"])


def read_sales_at_once() -> list[Any]:
    """Return the same by one statement."""
    return Label.rows.sales_by_label(sort="name")
