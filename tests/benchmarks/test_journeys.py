"""The journeys, walked through the shop without locust."""

from collections import Counter
from random import Random

import pytest
from django.test import Client
from shop.models import Album, Order
from shop.pairs import PAIRS

from benchmarks.load import journeys
from benchmarks.load.journeys import JOURNEYS, NOT_WALKED, JourneyError, Shop

SHOP = Shop(tuple(pair.path for pair in PAIRS), ("the",))


def shop_with_words() -> Shop:
    word = Album.objects.earliest("pk").title.split()[0]
    return Shop(SHOP.paths, (word,))


def walk(name: str, variant: str, seed: int = 1) -> list[str]:
    """Take a journey; return the names of its requests."""
    client, names = Client(), []
    journey = JOURNEYS[name](Random(seed), shop_with_words())
    ask = next(journey)
    while True:
        names.append(ask.name)
        url = f"/{variant}/{ask.path}"
        answer = client.get(url, ask.query) if ask.form is None else client.post(url, ask.form)
        assert answer.status_code == (200 if ask.form is None else 302), (ask, answer.content)
        try:
            ask = journey.send(answer.content.decode())
        except StopIteration:
            return names


@pytest.mark.django_db
@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("variant", ["slow", "fast"])
def test_journeys_visit_every_page_of_the_shop_and_order(variant: str) -> None:
    before = Order.objects.count()
    visited = Counter(name for journey in JOURNEYS for name in walk(journey, variant))
    assert {f"GET {path}" for path in SHOP.paths} - {f"GET {path}" for path in NOT_WALKED} == {
        name for name in visited if name.startswith("GET")
    }
    assert visited["POST basket/ order"] == 1
    assert visited["POST basket/ add"] == visited["GET basket/"] >= 1
    assert Order.objects.count() == before + 1


def test_a_shop_without_a_page_of_a_journey_is_told() -> None:
    journeys.check(SHOP)
    lacking = tuple(path for path in SHOP.paths if path != "basket/")
    with pytest.raises(JourneyError, match="no pair basket/; it has releases/"):
        journeys.check(Shop(lacking, ("the",)))
    with pytest.raises(JourneyError, match="it is empty"):
        journeys.check(Shop(SHOP.paths, ()))


def test_a_page_that_lacks_what_the_journey_needs_is_told() -> None:
    journey = JOURNEYS["search"](Random(1), SHOP)
    next(journey)
    with pytest.raises(JourneyError, match="search/ has no"):
        journey.send("<main>nothing</main>")
