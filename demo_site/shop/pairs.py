"""The pairs of the demonstration: addresses, boxes and the front page are made from this table."""

from django.conf import settings

from shop.catalogue_pairs import CATALOGUE_PAIRS
from shop.customer_pairs import CUSTOMER_PAIRS
from shop.pages import Pair
from shop.views import albums, orders, reports, reprices, stock

PAIRS = [
    *CATALOGUE_PAIRS,
    Pair(
        path="albums/",
        title="Newest albums",
        summary="A template follows a foreign key, and the foreign key of that foreign key.",
        mistake=(
            "The template asks each of the 50 albums for its artist and each artist for its label,"
            " and every answer is a query of its own."
            " The list of albums is read in shop/providers/albums.py without what the page needs."
        ),
        repair=(
            'The albums are read with select_related("artist__label"), so that one query brings'
            " albums, artists and labels."
            " Nothing else differs: template, view, procedure and services are those of the twin."
        ),
        view=albums.show_albums,
    ),
    Pair(
        path="albums.json",
        title="Newest albums as JSON",
        summary="A service turns albums into JSON and follows the same two foreign keys.",
        mistake=(
            "The service that writes an album as JSON reads the artist and the artist's label,"
            " which costs two queries for each of the 50 albums."
            " It cannot know that the list of albums came without them."
        ),
        repair=(
            'The albums are read with select_related("artist__label"), so that the service finds'
            " artist and label in memory."
            " The service itself has not been touched."
        ),
        view=albums.export_albums,
    ),
    Pair(
        path="async/albums/",
        title="Newest albums, asynchronously",
        summary="An asynchronous view reads the same albums and renders the same template.",
        mistake=(
            "The view awaits the albums, but the template still fetches 50 artists and 50 labels,"
            " one after the other in a thread."
            " Asynchronous code does not make needless queries fewer."
        ),
        repair=(
            'The awaited query has select_related("artist__label"), so that the template finds'
            " everything in memory."
            " The thread that renders it does not go to the database at all."
        ),
        view=albums.show_albums_async,
    ),
    Pair(
        path="report/",
        title="Sales by label",
        summary="A report adds up what each label sold, label by label.",
        mistake=(
            "The report asks the artists and the sales of each label one after the other,"
            " and every figure is a query of its own."
            " The loop stands in shop/providers/reports.py."
        ),
        repair=(
            "One statement in shop/sql/reports.sql adds up all labels and comes back as named rows,"
            " Label.rows.sales_by_label()."
            " Services and template read the same attributes as before."
        ),
        view=reports.show_sales,
    ),
    Pair(
        path="reprices/",
        title="Slow sellers, repriced",
        summary="A listing picks albums by their sales and writes a new price to each of them.",
        mistake=(
            "The page saves its 50 albums one by one, which is a write for each of them."
            " Each write waits for the database before the next one is sent."
        ),
        repair=(
            "The albums come as instances from the same SQL by fetch_models(), and bulk_update()"
            " writes all prices in one statement."
            " A price that has been set to end in 99 cents stays as it is."
        ),
        view=reprices.show_reprices,
    ),
    Pair(
        path="orders/",
        title="Newest orders",
        summary="A template shows the lines of each order, whose key is order and line.",
        mistake=(
            "The template asks each of the 25 orders for its lines, and each line for its product"
            " and the album."
            " The orders are read in shop/providers/orders.py without what belongs to them."
        ),
        repair=(
            'prefetch_related("lines__product__album") brings the lines of all orders at once,'
            " then their products, then the albums."
            " Four queries remain, however many orders are shown."
        ),
        view=orders.show_orders,
    ),
    Pair(
        path="movements/",
        title="Newest movements of stock",
        summary="A list looks up what is left by the key of two columns, warehouse and product.",
        mistake=(
            "What is left is looked up movement by movement, each time by the whole key."
            " The loop stands in shop/providers/stock.py."
        ),
        repair=(
            "Stock.objects.in_bulk(keys) reads all 50 keys of two columns in one query."
            " Each movement finds its stock in the dictionary."
        ),
        view=stock.show_movements,
    ),
    Pair(
        path="stock/",
        title="Stock, corrected",
        summary="A list corrects what is in stock by what was moved, and writes each row.",
        mistake=(
            "The page saves its 50 rows one by one, each found by a key of two columns."
            " Each write waits for the database before the next one is sent."
        ),
        repair=(
            "bulk_update() joins the table with a list of keys and quantities, in one statement."
            " Django's own grows with the square of the rows there."
        ),
        view=stock.show_corrections,
    ),
    Pair(
        path="counts/",
        title="Stock, counted",
        summary="New rows with a key of three columns are saved, or created.",
        mistake=(
            "Each row has its key from the beginning, so that save() asks whether it is there by an"
            " UPDATE before it inserts."
            " The 40 rows cost two statements each."
        ),
        repair=(
            "bulk_create() knows that the rows are new, as create() does for one of them."
            " No UPDATE is tried, and one INSERT writes all 40."
        ),
        view=stock.show_counts,
    ),
    *CUSTOMER_PAIRS,
]

if settings.DEMO_DYNAMODB:
    from shop.dynamodb_pairs import DYNAMODB_PAIRS

    PAIRS += DYNAMODB_PAIRS
