"""Keep stock: list movements, correct what is there, count shelves."""

from datetime import date
from typing import Any, NamedTuple

from shop.pages import Variant
from shop.providers import stock as provider
from shop.services import shelves

LOOKUPS = {"slow": provider.read_left_of_each, "fast": provider.read_left}
WRITERS = {"slow": provider.save_each, "fast": provider.save_all}
COUNTERS = {"slow": provider.save_counts, "fast": provider.create_counts}


class Move(NamedTuple):
    """A movement and what is left where it happened."""

    movement: Any
    left: Any


def list_movements(variant: Variant) -> list[Move]:
    """Return the newest movements with what is left."""
    movements = provider.read_movements()
    return [Move(*pair) for pair in zip(movements, LOOKUPS[variant](movements), strict=True)]


def correct(variant: Variant) -> list[Any]:
    """Write what was moved as what is in stock, and return it."""
    stock = provider.read_moved()
    for row in stock:
        shelves.correct(row)
    WRITERS[variant](stock)
    return stock


def count(variant: Variant, day: date) -> list[Any]:
    """Count shelves once for ``day`` and return them."""
    with provider.at_once():
        stock = provider.lock_shelves()
        provider.forget_counts(day)
        COUNTERS[variant](day, stock)
    return stock
