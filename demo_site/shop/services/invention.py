"""Invent a record shop: the same one for the same number of albums, on every machine.

Of ``random.Random`` only ``randrange`` and ``choice`` are used, which give the same results in all
supported versions of Python.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from shop.services import words

SEED = 1948  # the year of the first long-playing record
FIRST_RELEASE = date(1965, 1, 1)
DAYS_OF_RELEASES = 60 * 365
FIRST_ORDER = datetime(2025, 1, 1, tzinfo=UTC)
MINUTES_OF_ORDERS = 365 * 24 * 60

Row = dict[str, Any]  # column to value


class Table(NamedTuple):
    """The rows of a table, made one after the other while they are read."""

    name: str
    size: int
    rows: Iterator[Row]


@dataclass(frozen=True)
class Plan:
    """How many rows each table gets; drawn first, so that progress knows the end."""

    dice: Random
    categories: Sequence[int]
    albums: int
    artists: int
    labels: int
    customers: int
    tracks_per_album: list[int]
    formats_per_album: list[int]
    lines_per_order: list[int]

    @property
    def products(self) -> int:
        """The number of products of all albums."""
        return sum(self.formats_per_album)


def invent_shop(albums: int, categories: Sequence[int]) -> list[Table]:
    """Return all tables of a shop with so many albums, in an order that satisfies foreign keys.

    ``categories`` are the keys of those that albums may have.
    """
    plan = draw_plan(albums, categories)
    sizes: list[tuple[str, int, Callable[[Plan], Iterator[Row]]]] = [
        ("labels", plan.labels, invent_labels),
        ("artists", plan.artists, invent_artists),
        ("albums", plan.albums, invent_albums),
        ("tracks", sum(plan.tracks_per_album), invent_tracks),
        ("warehouses", len(words.WAREHOUSES), invent_warehouses),
        ("products", plan.products, invent_products),
        ("stock", plan.products * len(words.WAREHOUSES), invent_stock),
        ("customers", plan.customers, invent_customers),
        ("orders", len(plan.lines_per_order), invent_orders),
        ("order lines", sum(plan.lines_per_order), invent_order_lines),
        ("movements", 2 * plan.products, invent_movements),
        ("guests", 2 * (plan.albums // 2), invent_guests),
    ]
    return [Table(name, size, invent(plan)) for name, size, invent in sizes]


def draw_plan(albums: int, categories: Sequence[int]) -> Plan:
    """Decide the number of everything for so many albums."""
    dice = Random(SEED)  # noqa: S311  # nothing here is a secret
    artists = albums // 5
    return Plan(
        dice=dice,
        categories=categories,
        albums=albums,
        artists=artists,
        labels=max(10, artists // 20),
        customers=albums // 5,
        tracks_per_album=[dice.randrange(8, 13) for _ in range(albums)],
        formats_per_album=[dice.randrange(1, 4) for _ in range(albums)],
        lines_per_order=[dice.randrange(1, 4) for _ in range(albums // 2)],
    )


def invent_labels(plan: Plan) -> Iterator[Row]:
    for n in range(plan.labels):
        # Walking both lists at once names 25 times 24 labels before a name comes back.
        adjective = words.ADJECTIVES[n % len(words.ADJECTIVES)]
        noun = words.NOUNS[n % len(words.NOUNS)]
        yield {"id": n + 1, "name": f"{adjective} {noun} Records"}


def invent_artists(plan: Plan) -> Iterator[Row]:
    for n in range(plan.artists):
        if plan.dice.randrange(2):
            name = _invent_person(plan.dice)
        else:
            name = f"The {_invent_title(plan.dice)}s"
        yield {"id": n + 1, "label_id": plan.dice.randrange(plan.labels) + 1, "name": name}


def invent_albums(plan: Plan) -> Iterator[Row]:
    for n in range(plan.albums):
        yield {
            "id": n + 1,
            "artist_id": plan.dice.randrange(plan.artists) + 1,
            "category_id": plan.categories[plan.dice.randrange(len(plan.categories))],
            "title": _invent_title(plan.dice),
            "released": FIRST_RELEASE + timedelta(days=plan.dice.randrange(DAYS_OF_RELEASES)),
            "price": _invent_price(plan.dice),
        }


def invent_tracks(plan: Plan) -> Iterator[Row]:
    track = 0
    for album, tracks in enumerate(plan.tracks_per_album, start=1):
        for number in range(1, tracks + 1):
            track += 1
            yield {
                "id": track,
                "album_id": album,
                "number": number,
                "title": _invent_title(plan.dice),
                "seconds": plan.dice.randrange(90, 600),
            }


def invent_warehouses(_plan: Plan) -> Iterator[Row]:
    for n, name in enumerate(words.WAREHOUSES, start=1):
        yield {"id": n, "name": name}


def invent_products(plan: Plan) -> Iterator[Row]:
    product = 0
    for album, formats in enumerate(plan.formats_per_album, start=1):
        for name in words.FORMATS[:formats]:
            product += 1
            yield {"id": product, "album_id": album, "format": name}


def invent_stock(plan: Plan) -> Iterator[Row]:
    for warehouse in range(1, len(words.WAREHOUSES) + 1):
        for product in range(1, plan.products + 1):
            quantity = plan.dice.randrange(40)
            yield {"warehouse_id": warehouse, "product_id": product, "quantity": quantity}


def invent_customers(plan: Plan) -> Iterator[Row]:
    for n in range(1, plan.customers + 1):
        name = _invent_person(plan.dice)
        yield {"id": n, "name": name, "email": f"customer-{n}@example.com"}


def invent_orders(plan: Plan) -> Iterator[Row]:
    for n in range(1, len(plan.lines_per_order) + 1):
        minutes = plan.dice.randrange(MINUTES_OF_ORDERS)
        yield {
            "id": n,
            "customer_id": plan.dice.randrange(plan.customers) + 1,
            "placed_at": FIRST_ORDER + timedelta(minutes=minutes),
        }


def invent_order_lines(plan: Plan) -> Iterator[Row]:
    for order, lines in enumerate(plan.lines_per_order, start=1):
        for line in range(1, lines + 1):
            yield {
                "order_id": order,
                "line": line,
                "product_id": plan.dice.randrange(plan.products) + 1,
                "quantity": plan.dice.randrange(1, 4),
                "price": _invent_price(plan.dice),
            }


def invent_movements(plan: Plan) -> Iterator[Row]:
    """Each product came into one warehouse once, and some pieces of it left."""
    movement = 0
    for product in range(1, plan.products + 1):
        arrived = plan.dice.randrange(20, 60)
        minutes = plan.dice.randrange(MINUTES_OF_ORDERS)
        for pieces in (arrived, -plan.dice.randrange(1, 20)):
            movement += 1
            yield {
                "id": movement,
                "warehouse_id": product % len(words.WAREHOUSES) + 1,
                "product_id": product,
                "moved_at": FIRST_ORDER + timedelta(minutes=minutes),
                "pieces": pieces,
            }
            minutes += plan.dice.randrange(1, 60 * 24)


def invent_guests(plan: Plan) -> Iterator[Row]:
    """Every second album has two guests."""
    guest = 0
    for album in range(2, plan.albums + 1, 2):
        first = plan.dice.randrange(plan.artists)
        for artist in (first, (first + 1) % plan.artists):
            guest += 1
            yield {"id": guest, "album_id": album, "artist_id": artist + 1}


def _invent_title(dice: Random) -> str:
    return f"{dice.choice(words.ADJECTIVES)} {dice.choice(words.NOUNS)}"


def _invent_person(dice: Random) -> str:
    return f"{dice.choice(words.FIRST_NAMES)} {dice.choice(words.LAST_NAMES)}"


def _invent_price(dice: Random) -> Decimal:
    return Decimal(dice.randrange(799, 3999)) / 100
