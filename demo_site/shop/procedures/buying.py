"""Fill a basket and order it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from shop.pages import Variant
from shop.providers import baskets as provider
from shop.services import baskets
from shop.services.customers import read_customer
from shop.services.wishes import WishError

__all__ = ["Basket", "WishError", "add", "order", "show"]

READERS = {"slow": provider.read_each, "fast": provider.read_all}
SUGGESTERS = {"slow": provider.suggest_alone, "fast": provider.suggest_whole}
WRITERS = {"slow": provider.save_each, "fast": provider.save_all}


class Basket(NamedTuple):
    """What is in the basket, and what else could be."""

    lines: list[baskets.Line]
    suggestions: Iterable[Any]


def show(variant: Variant, pieces: baskets.Pieces) -> Basket:
    """Return the basket with so many pieces by product."""
    products = READERS[variant](pieces) if pieces else []
    return Basket(baskets.make_lines(products, pieces), SUGGESTERS[variant]())


def add(pieces: baskets.Pieces, product: str) -> dict[int, int]:
    """Return what is in the basket with a piece more of the product."""
    return baskets.add(pieces, product)


def order(variant: Variant, pieces: baskets.Pieces, name: str, email: str, now: datetime) -> int:
    """Order the basket and return the key of the order; lines are numbered by product.

    Raises WishError where name or address are none, the basket is empty or too few pieces of a
    product are left; nothing is written then.
    """
    name, email = read_customer(name, email)
    with provider.all_or_nothing():
        products = READERS[variant](pieces)
        baskets.check_not_empty(products)
        placed = provider.begin_order(name, email, now)
        if variant == "slow":
            shelves = dict(provider.read_shelves_each(product.pk for product in products))
        else:
            read = provider.read_shelves([product.pk for product in products])
            shelves = dict(baskets.pick_fullest(read))
        taken = [
            baskets.take(shelves.get(product.pk), product.pk, pieces[product.pk])
            for product in products
        ]
        lines = [
            provider.make_line(placed, number, product, pieces[product.pk])
            for number, product in enumerate(products, start=1)
        ]
        WRITERS[variant](lines, taken, now)
    return placed.pk
