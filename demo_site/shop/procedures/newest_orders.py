"""Show the newest orders."""

from collections.abc import Iterable
from typing import Any

from shop.pages import Variant
from shop.providers import orders

READERS = {"slow": orders.read_newest, "fast": orders.read_newest_with_lines}


def show(variant: Variant) -> Iterable[Any]:
    """Return the newest orders, whose lines the template reads."""
    return READERS[variant]()
