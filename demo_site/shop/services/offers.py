"""Albums as customers see them."""

from decimal import Decimal
from typing import NamedTuple, Protocol

from shop.services.prices import add_vat


class NamedLabel(Protocol):
    """The part of a label an offer tells."""

    @property
    def name(self) -> str: ...


class LabelledArtist(Protocol):
    """The part of an artist an offer tells."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> NamedLabel: ...


class PricedAlbum(Protocol):
    """The part of an album an offer is made from."""

    @property
    def title(self) -> str: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def artist(self) -> LabelledArtist: ...


class Offer(NamedTuple):
    """An album and its price in euros, tax included."""

    album: PricedAlbum
    price: Decimal


def make_offer(album: PricedAlbum) -> Offer:
    """Offer the album to customers."""
    return Offer(album, add_vat(album.price))


def serialize_offer(offer: Offer) -> dict[str, str]:
    """Return what JSON can hold; prices as text, which loses no cent."""
    return {
        "title": offer.album.title,
        "artist": offer.album.artist.name,
        "label": offer.album.artist.label.name,
        "price": str(offer.price),
    }
