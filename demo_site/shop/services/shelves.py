"""What lies on the shelves of a warehouse."""

from typing import Protocol


class Moved(Protocol):
    """Stock whose movements have been added up."""

    quantity: int

    @property
    def moved(self) -> int: ...


def correct(stock: Moved) -> None:
    """Have as many in stock as came and did not leave."""
    stock.quantity = stock.moved
