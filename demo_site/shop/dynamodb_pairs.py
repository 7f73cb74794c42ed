"""The pairs whose pages ask DynamoDB; left out where no server runs."""

from shop.pages import Pair
from shop.views import items

DYNAMODB_PAIRS = [
    Pair(
        path="prices/",
        title="Prices in France",
        summary="A list looks up prices by country and album in DynamoDB.",
        mistake=(
            "The price of each of the 50 albums is got by a call of its own, one after the other."
            " The loop stands in shop/providers/prices.py."
        ),
        repair=(
            "Price.objects.in_bulk(keys) reads all 50 keys by one BatchGetItem."
            " Each album finds its price in the dictionary."
        ),
        view=items.show_prices,
    ),
    Pair(
        path="plays/",
        title="Plays in the last four weeks",
        summary="A list shows the last days of an album that DynamoDB has counted for years.",
        mistake=(
            "The page reads the whole partition, six years of days over two pages of 1 MB,"
            " and picks four weeks of them in Python."
            " DynamoDB charges for all that was read."
        ),
        repair=(
            "filter(album=..., day__gte=first) puts the first day into the key condition."
            " DynamoDB begins to read there, and 28 items are read and paid for."
        ),
        view=items.show_plays,
    ),
]
