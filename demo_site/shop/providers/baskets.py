"""Read what is in a basket, and write the order it becomes."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from django.db import router, transaction
from django.db.models import QuerySet

from shop.models import Customer, Movement, Order, OrderLine, Product, Stock

SUGGESTED = 20


def read_each(keys: Iterable[int]) -> list[Product]:
    """Return the products with these keys, asked for one by one; those gone are left out."""
    found = (Product.objects.filter(pk=key).first() for key in sorted(keys))
    return [product for product in found if product is not None]


def read_all(keys: Iterable[int]) -> list[Product]:
    """Return the same with albums and artists, asked for at once."""
    return list(_whole().filter(pk__in=list(keys)).order_by("pk"))


def suggest_alone() -> QuerySet[Product]:
    """Return the newest products alone."""
    return Product.objects.order_by("-pk")[:SUGGESTED]


def suggest_whole() -> QuerySet[Product]:
    """Return the same with albums and artists."""
    return _whole().order_by("-pk")[:SUGGESTED]


def _whole() -> QuerySet[Product]:
    return Product.objects.select_related("album__artist")


def all_or_nothing() -> AbstractContextManager[Any]:
    """Return a transaction: an order that fails leaves nothing behind."""
    return transaction.atomic(using=router.db_for_write(Order))


def begin_order(name: str, email: str, now: datetime) -> Order:
    """Write an order without lines, and its customer where they are new."""
    customer, _ = Customer.objects.get_or_create(email=email, defaults={"name": name})
    return Order.objects.create(customer=customer, placed_at=now)


def read_shelves_each(keys: Iterable[int]) -> Iterator[tuple[int, Stock | None]]:
    """Yield by product the shelf that holds most of it, asked for one by one."""
    for key in keys:
        shelves = Stock.objects.select_for_update().filter(product_id=key)
        yield key, shelves.order_by("-quantity", "warehouse_id").first()


def read_shelves(keys: Iterable[int]) -> list[Stock]:
    """Return all shelves of the products, asked for at once."""
    shelves = Stock.objects.select_for_update().filter(product_id__in=list(keys))
    return list(shelves.order_by("product_id", "warehouse_id"))


def save_each(lines: Iterable[OrderLine], shelves: Sequence[Stock], now: datetime) -> None:
    """Write lines, stock and movements one by one."""
    for line, shelf in zip(lines, shelves, strict=True):
        line.save()
        shelf.save(update_fields=["quantity"])
        _move(line, shelf, now).save()


def save_all(lines: Iterable[OrderLine], shelves: Sequence[Stock], now: datetime) -> None:
    """Write the same in three statements."""
    written = OrderLine.objects.bulk_create(lines)
    Stock.objects.bulk_update(shelves, ["quantity"])
    moved = zip(written, shelves, strict=True)
    Movement.objects.bulk_create([_move(line, shelf, now) for line, shelf in moved])


def make_line(order: Order, number: int, product: Any, pieces: int) -> OrderLine:
    """Return a line of the order, not yet written."""
    return OrderLine(
        order=order, line=number, product=product, quantity=pieces, price=product.album.price
    )


def _move(line: OrderLine, shelf: Stock, now: datetime) -> Movement:
    return Movement(
        warehouse_id=shelf.warehouse_id,
        product_id=shelf.product_id,
        moved_at=now,
        pieces=-line.quantity,
    )
