"""Read what was sold, row by row, for as many rows as there are."""

from collections.abc import Iterator

from shop.models import OrderLine

CHUNK = 50


def stream_lines() -> Iterator[OrderLine]:
    """Yield the lines of all orders alone, some at a time."""
    return OrderLine.objects.order_by("order_id", "line").iterator(chunk_size=CHUNK)


def stream_lines_joined() -> Iterator[OrderLine]:
    """Yield the same joined with order and customer."""
    lines = OrderLine.objects.select_related("order__customer")
    return lines.order_by("order_id", "line").iterator(chunk_size=CHUNK)
