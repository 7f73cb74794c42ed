"""Fill the shop with invented records."""

from collections.abc import Callable

from django.db import transaction

from shop.providers import seeding
from shop.services.invention import invent_shop

Progress = Callable[[int, int], None]  # rows done, rows in all


class ShopNotEmptyError(Exception):
    """Raised when seeding would mix new rows with old ones; ``rows`` counts the old by name."""

    def __init__(self, rows: dict[str, int]) -> None:
        self.rows = rows
        super().__init__("there are " + ", ".join(f"{n:,} {name}" for name, n in rows.items()))


class NoCategoriesError(Exception):
    """Raised when there are no categories for the albums: somebody flushed the database."""


def seed_shop(albums: int, *, replace: bool, show_progress: Progress) -> int:
    """Fill an empty shop with so many albums and all around them; return the number of rows.

    Everything happens in one transaction: a failure leaves the shop as it was.
    """
    with transaction.atomic():
        rows = seeding.count_rows()
        if rows and not replace:
            raise ShopNotEmptyError(rows)
        seeding.delete_all()
        categories = seeding.list_kinds()
        if not categories:
            raise NoCategoriesError
        tables = invent_shop(albums, categories)
        total = sum(table.size for table in tables)
        done = 0
        for table in tables:
            for inserted in seeding.insert_rows(table.name, table.rows):
                done += inserted
                show_progress(done, total)
        seeding.count_on()
    return done
