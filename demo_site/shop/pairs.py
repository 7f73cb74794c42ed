"""The pairs of the demonstration: addresses, boxes and the front page are made from this table."""

from shop.pages import Pair
from shop.views import albums, reports, reprices

PAIRS = [
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
]
