"""What visitors do, page by page. A journey asks, is sent the text that came, and asks again.

Journeys know nothing of locust, which walks them, nor of the variant, which stands before each
path. The staff's journey has the pages that no other visits, from the shop's own table.
"""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final


@dataclass(frozen=True)
class Ask:
    """One request: a path below ``/slow/`` or ``/fast/``, its query, and a form where it posts."""

    path: str
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] | None = None

    @property
    def name(self) -> str:
        """What tables call it: the same for every album and every word."""
        if self.form is None:
            return f"GET {self.path}"
        return f"POST {self.path} {'order' if 'order' in self.form else 'add'}"


@dataclass(frozen=True)
class Shop:
    """What visitors know before they come: the paths of the pairs, and words to search for."""

    paths: tuple[str, ...]
    words: tuple[str, ...]

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> "Shop":
        """Return the shop as ``prepare`` told it."""
        return cls(tuple(told["paths"]), tuple(told["words"]))


Walk = Generator[Ask, str, None]
Journey = Callable[[Random, Shop], Walk]

LIST, ALBUM, SEARCH, BASKET = "albums/", "album/", "search/", "basket/"
_ALBUMS: Final = re.compile(r"\?album=(\d+)")
_PRODUCTS: Final = re.compile(r'name="add" value="(\d+)"')
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class JourneyError(Exception):
    """Raised where a page lacks what the journey goes on with."""


def browse(_dice: Random, _shop: Shop) -> Walk:
    """Look at the list, at an album, and go back to the list."""
    yield Ask(LIST)
    yield Ask(ALBUM)
    yield Ask(LIST)


def search(dice: Random, shop: Shop) -> Walk:
    """Search for a word and look at one of the results."""
    results = yield Ask(SEARCH, {"q": dice.choice(shop.words)})
    yield Ask(ALBUM, {"album": _one(dice, _ALBUMS, results, SEARCH)})


def order(dice: Random, shop: Shop) -> Walk:
    """Put three products that a search found into the basket, and order them."""
    results = yield Ask(SEARCH, {"q": dice.choice(shop.words)})
    basket = ""
    for _ in range(3):
        album = yield Ask(ALBUM, {"album": _one(dice, _ALBUMS, results, SEARCH)})
        # An album that is sold out has no button.
        if _PRODUCTS.search(album):
            product = _one(dice, _PRODUCTS, album, ALBUM)
            yield Ask(BASKET, form={"add": product, **_token(album, ALBUM)})
            basket = yield Ask(BASKET)
    if basket:
        name = f"Visitor {dice.randrange(1_000)}"
        customer = {"name": name, "email": f"{name.replace(' ', '')}@example.com"}
        yield Ask(BASKET, form={"order": "all", **customer, **_token(basket, BASKET)})


def call_api(_dice: Random, shop: Shop) -> Walk:
    """Ask for all that is JSON, as a program does."""
    for path in shop.paths:
        if path.endswith(".json"):
            yield Ask(path)


def read_report(_dice: Random, _shop: Shop) -> Walk:
    """Read the report."""
    yield Ask("report/")


def keep_shop(_dice: Random, shop: Shop) -> Walk:
    """Open each page that no other journey visits, as those who run the shop do."""
    for path in shop.paths:
        if path not in VISITED | NOT_WALKED and not path.endswith(".json"):
            yield Ask(path)


JOURNEYS: Final[dict[str, Journey]] = {
    "browse": browse,
    "search": search,
    "order": order,
    "API client": call_api,
    "report": read_report,
    "staff": keep_shop,
}
VISITED: Final = frozenset({LIST, ALBUM, SEARCH, BASKET, "report/"})
# A file is streamed: its headers, which tell the queries of a page, are gone before it asks.
# The admin's list is measured by the pages like it.
NOT_WALKED: Final = frozenset({"sales.csv", "desk/"})


def check(shop: Shop) -> None:
    """Raise JourneyError where the shop lacks a page that a journey visits."""
    if missing := sorted(VISITED - set(shop.paths)):
        msg = f"The shop has no pair {', '.join(missing)}; it has {', '.join(shop.paths)}"
        raise JourneyError(msg)
    if not shop.words:
        raise JourneyError("The shop has no words to search for: it is empty.")


def walks(dice: Random, shop: Shop, first: int) -> Iterator[tuple[str, Walk]]:
    """Yield journeys in turn for ever, by name, beginning with the one of that number."""
    names: Sequence[str] = list(JOURNEYS)
    for number in count(first):
        name = names[number % len(names)]
        yield name, JOURNEYS[name](dice, shop)


def _one(dice: Random, pattern: re.Pattern[str], text: str, page: str) -> str:
    if not (found := sorted(set(pattern.findall(text)))):
        msg = f"{page} has no {pattern.pattern}: {text[:200]!r}"
        raise JourneyError(msg)
    return str(dice.choice(found))


def _token(text: str, page: str) -> dict[str, str]:
    if not (found := _TOKEN.search(text)):
        msg = f"{page} has no form with a token: {text[:200]!r}"
        raise JourneyError(msg)
    return {"csrfmiddlewaretoken": found[1]}
