"""The pairs whose pages customers walk through: search, album, basket and order."""

from shop.pages import Pair
from shop.views import baskets, searches

CUSTOMER_PAIRS = [
    Pair(
        path="search/",
        title="Search",
        summary="A page of results names the artist and the formats of each album found.",
        mistake=(
            "The template asks each album that was found for its artist and for its formats,"
            " so that a longer page of results costs more queries."
            " The search in shop/providers/searches.py reads the albums alone."
        ),
        repair=(
            'The search has select_related("artist") and prefetch_related("products").'
            " Two queries remain, however many results are shown."
        ),
        view=searches.show_search,
    ),
    Pair(
        path="album/",
        title="Album",
        summary="A page tells of an album, its tracks, its formats and where they are in stock.",
        mistake=(
            "The template asks each format for its stock, and each stock for its warehouse."
            " The album is read in shop/providers/searches.py without what belongs to it."
        ),
        repair=(
            'prefetch_related("products__stock__warehouse") brings the stock of all formats by one'
            " query, and the warehouses by another."
            " Five queries remain, however many formats and warehouses there are."
        ),
        view=searches.show_album,
    ),
    Pair(
        path="basket/",
        title="Basket",
        summary="A basket of products is shown beside suggestions, and ordered line by line.",
        mistake=(
            "Each product is read by itself, then its album and its artist;"
            " an order saves line, stock and movement of each product one after the other."
            " The loops stand in shop/providers/baskets.py and in the template."
        ),
        repair=(
            'The products are read at once with select_related("album__artist"),'
            " and an order is written by bulk_create() and bulk_update()."
            " A longer basket costs no further query."
        ),
        view=baskets.show_basket,
    ),
]
