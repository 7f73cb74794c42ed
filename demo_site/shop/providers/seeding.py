"""Fill and empty the tables of the shop."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Manager

from shop.models import (
    Album,
    Artist,
    Category,
    Customer,
    Label,
    Movement,
    Order,
    OrderLine,
    Product,
    Stock,
    StockCount,
    Track,
    Warehouse,
)

# A table stands after those its foreign keys point to.
TABLES: dict[str, Manager[Any]] = {
    "labels": Label.objects,
    "artists": Artist.objects,
    "albums": Album.objects,
    "tracks": Track.objects,
    "warehouses": Warehouse.objects,
    "products": Product.objects,
    "stock": Stock.objects,
    "customers": Customer.objects,
    "orders": Order.objects,
    "order lines": OrderLine.objects,
    "movements": Movement.objects,
    "guests": Album.guests.through.objects,
}
BATCH = 2_000  # rows


def list_kinds() -> list[int]:
    """Return the keys of the categories below another, which migrations have loaded."""
    kinds = Category.objects.filter(parent__isnull=False).order_by("pk")
    return list(kinds.values_list("pk", flat=True))


def count_rows() -> dict[str, int]:
    """Return the number of rows of each table that has any."""
    counts = {name: table.count() for name, table in TABLES.items()}
    return {name: count for name, count in counts.items() if count}


def delete_all() -> None:
    """Delete every row of the shop but its categories, which are part of the program."""
    StockCount.objects.all().delete()  # made by pages only
    for table in reversed(TABLES.values()):
        table.all().delete()


def insert_rows(name: str, rows: Iterable[dict[str, Any]]) -> Iterator[int]:
    """Insert the rows into the table in batches and tell the size of each."""
    table = TABLES[name]
    made = (table.model(**row) for row in rows)
    while batch := list(islice(made, BATCH)):
        table.bulk_create(batch)
        yield len(batch)


def count_on() -> None:
    """Have databases with sequences give new rows keys above those of the rows inserted."""
    models = [table.model for table in TABLES.values()]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
