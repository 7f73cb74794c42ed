"""Read orders."""

from django.db.models import QuerySet

from shop.models import Order

NEWEST_FIRST = ("-placed_at", "-id")
SHOWN = 25


def read_newest() -> QuerySet[Order]:
    """Return the newest orders alone."""
    return Order.objects.order_by(*NEWEST_FIRST)[:SHOWN]


def read_newest_with_lines() -> QuerySet[Order]:
    """Return the newest orders with their lines, and what was bought by each."""
    orders = Order.objects.prefetch_related("lines__product__album")
    return orders.order_by(*NEWEST_FIRST)[:SHOWN]
