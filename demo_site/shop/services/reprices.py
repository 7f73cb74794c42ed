"""New prices for what nobody buys."""

from decimal import ROUND_FLOOR, Decimal
from typing import Protocol

ODD = Decimal("0.99")


class Priced(Protocol):
    """What has a price that can be set."""

    price: Decimal


def reprice(album: Priced) -> None:
    """Have the price end in 99 cents; one that does stays."""
    album.price = album.price.quantize(Decimal(1), ROUND_FLOOR) + ODD
