"""The pairs about the catalogue, about a file that is streamed, and about the admin."""

from shop.pages import Pair
from shop.views import catalogue, desk, ledgers

CATALOGUE_PAIRS = [
    Pair(
        path="releases/",
        title="Newest releases",
        summary="A template follows one foreign key.",
        mistake=(
            "The template asks each of the 50 albums for its artist."
            " The list is read in shop/providers/albums.py without artists."
        ),
        repair=(
            'The albums are read with select_related("artist"), a join that brings both.'
            " One query is left, however many albums are shown."
        ),
        view=catalogue.show_releases,
    ),
    Pair(
        path="portraits/",
        title="Albums with guests and tracks",
        summary="A template loops over a many-to-many and over a set of rows that refer back.",
        mistake=(
            "The template asks each of the 25 albums for its guests and for its tracks."
            " A join would not help, since each album has several of them."
        ),
        repair=(
            'prefetch_related("guests", "tracks") reads the guests of all albums by one query,'
            " and the tracks by another."
            " Three queries are left."
        ),
        view=catalogue.show_portraits,
    ),
    Pair(
        path="artists/",
        title="Artists by name",
        summary="A list counts the albums of each artist.",
        mistake=(
            "Each of the 40 artists is asked for the number of its albums by a query of its own."
            " The loop stands in shop/providers/catalogue.py."
        ),
        repair=(
            'annotate(album_count=Count("albums")) has the database count beside each artist.'
            " One query is left."
        ),
        view=catalogue.show_artists,
    ),
    Pair(
        path="shelves/",
        title="Albums on their shelves",
        summary="A list names the category of each album, from a table of 30 rows.",
        mistake=(
            "Each of the 50 albums is asked for its category, and each category for the one above."
            " The 30 rows of that table change when the program does, and hardly ever else."
        ),
        repair=(
            "HeldCategory.cached.get(pk=...) finds both in this process's memory,"
            " which is dropped the moment a category is written."
            " One query is left, for the albums."
        ),
        view=catalogue.show_shelves,
    ),
    Pair(
        path="sales.csv",
        title="Sales as CSV",
        summary="A file is written row by row while it is sent.",
        mistake=(
            "Each line of the file asks for its order and for the customer of that order."
            " The queries come after the view has returned, while the answer is streamed."
        ),
        repair=(
            'The lines are read with select_related("order__customer") and iterator(),'
            " so that rows come joined and some at a time."
            " One query is left."
        ),
        view=ledgers.stream_ledger,
    ),
    Pair(
        path="desk/",
        title="Orders in Django's admin",
        summary="A list of the admin shows a column that is a method.",
        mistake=(
            "The column reads the customer of each order, which Django cannot know before."
            " The class stands in shop/admin.py."
        ),
        repair=(
            'list_select_related = ["customer"] says what the rows need. Nothing else differs.'
        ),
        view=desk.show_orders,
    ),
]
