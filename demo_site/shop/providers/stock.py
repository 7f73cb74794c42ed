"""Read and write what is in stock, by warehouse and product."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from django.db import router, transaction
from django.db.models import Sum

from shop.models import Movement, Stock, StockCount

MOVED = 50
COUNTED = 40


def read_movements() -> list[Movement]:
    """Return the newest movements with the names of warehouse and album."""
    movements = Movement.objects.select_related("warehouse", "product__album")
    return list(movements.order_by("-moved_at", "-id")[:MOVED])


def read_left_of_each(movements: Iterable[Movement]) -> list[Stock]:
    """Return the stock of each movement, looked up one by one."""
    return [
        Stock.objects.get(pk=(movement.warehouse_id, movement.product_id)) for movement in movements
    ]


def read_left(movements: Iterable[Movement]) -> list[Stock]:
    """Return the stock of each movement, looked up at once."""
    keys = [(movement.warehouse_id, movement.product_id) for movement in movements]
    stock = Stock.objects.in_bulk(keys)
    return [stock[key] for key in keys]


def read_moved() -> list[Any]:
    """Return stock with what its movements add up to as ``moved``."""
    stock = Stock.objects.select_related("product__album").annotate(moved=Sum("movements__pieces"))
    return list(stock.filter(moved__gt=0).order_by("warehouse_id", "product_id")[:MOVED])


def save_each(stock: Iterable[Stock]) -> None:
    """Write the quantities one by one."""
    for row in stock:
        row.save(update_fields=["quantity"])


def save_all(stock: Iterable[Stock]) -> None:
    """Write the quantities in one statement."""
    Stock.objects.bulk_update(stock, ["quantity"])


def at_once() -> AbstractContextManager[Any]:
    """Return a transaction: of two who count, one waits for the other at the shelves."""
    return transaction.atomic(using=router.db_for_write(StockCount))


def lock_shelves() -> list[Stock]:
    """Return the stock that is counted, which nobody else changes or counts meanwhile."""
    stock = Stock.objects.select_for_update(of=("self",)).select_related("product__album")
    return list(stock.order_by("warehouse_id", "product_id")[:COUNTED])


def forget_counts(day: date) -> None:
    """Delete what was counted on ``day``, so that it can be counted again."""
    StockCount.objects.filter(day=day).delete()


def save_counts(day: date, stock: Iterable[Stock]) -> None:
    """Write new rows as if they might be there."""
    for count in _make_counts(day, stock):
        count.save()


def create_counts(day: date, stock: Iterable[Stock]) -> None:
    """Write new rows as new ones."""
    StockCount.objects.bulk_create(_make_counts(day, stock))


def _make_counts(day: date, stock: Iterable[Stock]) -> list[StockCount]:
    return [StockCount(pk=(*row.pk, day), pieces=row.quantity) for row in stock]
