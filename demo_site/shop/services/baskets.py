"""What a customer is about to buy."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeVar

from shop.services.prices import add_vat
from shop.services.wishes import MOST_KEY, WishError, read_number

MOST_PIECES = 99  # of a product
MOST_PRODUCTS = 50

Pieces = Mapping[int, int]  # by the key of the product


class PricedAlbum(Protocol):
    """The part of an album a basket tells."""

    @property
    def title(self) -> str: ...
    @property
    def price(self) -> Decimal: ...


class Sold(Protocol):
    """A product with its album."""

    @property
    def pk(self) -> int: ...
    @property
    def album(self) -> PricedAlbum: ...


class Line(NamedTuple):
    """A product of the basket; the price is that of all pieces in euros, tax included."""

    product: Sold
    pieces: int
    price: Decimal


class Shelf(Protocol):
    """What a warehouse holds of a product."""

    quantity: int

    @property
    def product_id(self) -> int: ...


S = TypeVar("S", bound=Shelf)


def add(pieces: Pieces, text: str) -> dict[int, int]:
    """Return the pieces by product with one more of the product that ``text`` names."""
    product = read_number("add", text, MOST_KEY)
    filled = {**pieces, product: pieces.get(product, 0) + 1}
    if filled[product] > MOST_PIECES or len(filled) > MOST_PRODUCTS:
        msg = f"A basket holds {MOST_PRODUCTS} products, and {MOST_PIECES} pieces of each."
        raise WishError(msg)
    return filled


def check_not_empty(products: Sequence[Sold]) -> None:
    """Raise WishError where there is nothing to order."""
    if not products:
        raise WishError("The basket is empty: there is nothing to order.")


def make_lines(products: Iterable[Sold], pieces: Pieces) -> list[Line]:
    """Return the lines of a basket in the order of the products."""
    return [
        Line(product, pieces[product.pk], pieces[product.pk] * add_vat(product.album.price))
        for product in products
    ]


def take(shelf: S | None, product: int, pieces: int) -> S:
    """Take pieces of a product off the shelf that holds most of it.

    Raises WishError where there are too few.
    """
    if shelf is None or shelf.quantity < pieces:
        left = 0 if shelf is None else shelf.quantity
        msg = f"Of product {product}, {left} are left in one warehouse, but {pieces} are wanted."
        raise WishError(msg)
    shelf.quantity -= pieces
    return shelf


def pick_fullest(shelves: Iterable[S]) -> dict[int, S]:
    """Return the shelf that holds most of each product, the first one where they are even."""
    fullest: dict[int, S] = {}
    for shelf in shelves:
        known = fullest.get(shelf.product_id)
        if known is None or shelf.quantity > known.quantity:
            fullest[shelf.product_id] = shelf
    return fullest
