"""Look-ups in a loop that follow no relation, deferred columns, and SQL by hand."""

from django.db import connection
from django.db.models import Q, Sum

from tests.corpus.models import Album, Artist, Country, Genre, Track
from tests.corpus.scenario import matches, scenario

IN_BULK = matches(r"in_bulk\(")
IN_LIST = matches(r"__in|in_bulk")
RAW_LIST = matches(r"IN \(")


@scenario(kind="n_plus_one", relation="corpus.Artist", fix=IN_BULK, left=1, queryset=None)
class GetByPrimaryKey:
    @staticmethod
    def wrong() -> object:
        return [
            Artist.objects.get(pk=pk).name  # use
            for pk in (3, 1, 2)
        ]

    @staticmethod
    def right() -> object:
        artists = Artist.objects.in_bulk([3, 1, 2])
        return [artists[pk].name for pk in (3, 1, 2)]


@scenario(kind="n_plus_one", relation="corpus.Artist", fix=IN_LIST, left=2, queryset=None)
class GetByTheKeyOfARow:
    """The relation written by hand."""

    @staticmethod
    def wrong() -> object:
        names = []
        for album in Album.objects.order_by("pk"):
            artist = Artist.objects.get(pk=album.artist_id)  # use
            names.append(artist.name)
        return names

    @staticmethod
    def right() -> object:
        albums = list(Album.objects.order_by("pk"))
        artists = Artist.objects.in_bulk({album.artist_id for album in albums})
        return [artists[album.artist_id].name for album in albums]


@scenario(kind="n_plus_one", relation="corpus.Country", fix=IN_LIST, left=1, queryset=None)
class GetByAUniqueColumn:
    @staticmethod
    def wrong() -> object:
        return [
            Country.objects.get(code=code).name  # use
            for code in ("c1", "c4", "c6")
        ]

    @staticmethod
    def right() -> object:
        found = Country.objects.in_bulk(["c1", "c4", "c6"], field_name="code")
        return [found[code].name for code in ("c1", "c4", "c6")]


@scenario(kind="n_plus_one", relation="corpus.Genre", fix=IN_LIST, left=1, queryset=None)
class FilterFirst:
    @staticmethod
    def wrong() -> object:
        found = []
        for name in ("genre 2", "genre 5", "polka"):
            genre = Genre.objects.filter(name=name).first()  # use
            found.append(genre and genre.pk)
        return found

    @staticmethod
    def right() -> object:
        names = ("genre 2", "genre 5", "polka")
        found = {genre.name: genre.pk for genre in Genre.objects.filter(name__in=names)}
        return [found.get(name) for name in names]


@scenario(kind="n_plus_one", relation="corpus.Genre", fix=IN_LIST, left=1, queryset=None)
class FilterAndIndex:
    @staticmethod
    def wrong() -> object:
        return [
            Genre.objects.filter(name=name)[0].pk  # use
            for name in ("genre 2", "genre 5")
        ]

    @staticmethod
    def right() -> object:
        names = ("genre 2", "genre 5")
        found = {genre.name: genre.pk for genre in Genre.objects.filter(name__in=names)}
        return [found[name] for name in names]


@scenario(kind="n_plus_one", relation="corpus.Track", fix=IN_LIST, left=1, queryset=None)
class ExistsByKey:
    @staticmethod
    def wrong() -> object:
        return [
            Track.objects.filter(pk=pk).exists()  # use
            for pk in (1, 99, 2)
        ]

    @staticmethod
    def right() -> object:
        known = set(Track.objects.filter(pk__in=[1, 99, 2]).values_list("pk", flat=True))
        return [pk in known for pk in (1, 99, 2)]


@scenario(kind="n_plus_one", relation="corpus.Album", fix=IN_LIST, left=1, queryset=None)
class ValuesByKey:
    @staticmethod
    def wrong() -> object:
        return [
            Album.objects.values_list("title", flat=True).get(pk=pk)  # use
            for pk in (5, 6, 7)
        ]

    @staticmethod
    def right() -> object:
        titles = dict(Album.objects.filter(pk__in=[5, 6, 7]).values_list("pk", "title"))
        return [titles[pk] for pk in (5, 6, 7)]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album",
    fix=IN_LIST,
    left=1,
    use="use: titles_of",
    queryset=None,
)
class LookUpInAManagersMethod:
    @staticmethod
    def wrong() -> object:
        return [Album.objects.all().titles_of(Artist(pk=pk)) for pk in (1, 2, 3)]

    @staticmethod
    def right() -> object:
        titles: dict[int, list[str]] = {1: [], 2: [], 3: []}
        for album in Album.objects.filter(artist__in=[1, 2, 3]):
            titles[album.artist_id].append(album.title)
        return [*titles.values()]


@scenario(kind="n_plus_one", relation="corpus.Album", fix=IN_LIST, left=2, queryset=None)
class FilterByARow:
    @staticmethod
    def wrong() -> object:
        pairs = []
        for artist in Artist.objects.order_by("pk"):
            rows = list(Album.objects.filter(artist=artist).order_by("pk"))  # use
            pairs.append((artist.name, [album.title for album in rows]))
        return pairs

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("pk").prefetch_related("albums")
        return [(artist.name, [album.title for album in artist.albums.all()]) for artist in rows]


@scenario(kind="n_plus_one", relation="corpus.Album", fix=IN_LIST, left=1, queryset=None)
class ListOfOneInALoop:
    """``IN`` with one value each time is a look-up, not a batch."""

    @staticmethod
    def wrong() -> object:
        return [
            [album.title for album in Album.objects.filter(pk__in=[pk])]  # use
            for pk in (1, 2, 3)
        ]

    @staticmethod
    def right() -> object:
        found = Album.objects.in_bulk([1, 2, 3])
        return [[found[pk].title] for pk in (1, 2, 3)]


@scenario(kind="n_plus_one", relation="corpus.Artist", fix=IN_BULK, left=2, queryset=None)
class RefreshInALoop:
    @staticmethod
    def wrong() -> object:
        artists = list(Artist.objects.order_by("pk"))
        for artist in artists:
            artist.refresh_from_db()  # use
        return [artist.name for artist in artists]

    @staticmethod
    def right() -> object:
        artists = list(Artist.objects.order_by("pk"))
        fresh = Artist.objects.in_bulk([artist.pk for artist in artists])
        return [fresh[artist.pk].name for artist in artists]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album",
    fix=matches(r"__in|in_bulk|list\("),
    left=None,
    queryset=None,
)
class IndexingAQueryset:
    """Each index is a query with an OFFSET: list() asks once."""

    @staticmethod
    def wrong() -> object:
        albums = Album.objects.order_by("pk")
        return [albums[n].title for n in range(4)]  # use

    @staticmethod
    def right() -> object:
        albums = list(Album.objects.order_by("pk")[:4])
        return [albums[n].title for n in range(4)]


@scenario(kind="n_plus_one", relation=None, fix=RAW_LIST, left=1, queryset=None)
class CursorInALoop:
    @staticmethod
    def wrong() -> object:
        titles = []
        with connection.cursor() as cursor:
            for pk in (1, 2, 3):
                cursor.execute("SELECT title FROM corpus_album WHERE id = %s", [pk])  # use
                titles.append(cursor.fetchone()[0])
        return titles

    @staticmethod
    def right() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT title FROM corpus_album WHERE id IN (%s, %s, %s)", [1, 2, 3])
            return [title for (title,) in cursor.fetchall()]


@scenario(kind="n_plus_one", relation=None, fix=RAW_LIST, left=1, queryset=None, use="use: year_of")
class CursorInAHelper:
    @staticmethod
    def wrong() -> object:
        return [year_of(pk) for pk in (1, 2, 3, 4)]

    @staticmethod
    def right() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT year FROM corpus_album WHERE id IN (1, 2, 3, 4) ORDER BY id")
            return [year for (year,) in cursor.fetchall()]


def year_of(pk: int) -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT year FROM corpus_album WHERE id = %s", [pk])  # use: year_of
        return cursor.fetchone()[0]


@scenario(kind="n_plus_one", relation=None, fix=RAW_LIST, left=1, queryset=None)
class CursorWithLiteralsInALoop:
    """The values stand in the text: the shape is the same."""

    @staticmethod
    def wrong() -> object:
        years = []
        with connection.cursor() as cursor:
            for pk in (1, 2, 3):
                cursor.execute(f"SELECT year FROM corpus_album WHERE id = {pk}")  # use
                years.append(cursor.fetchone()[0])
        return years

    @staticmethod
    def right() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT year FROM corpus_album WHERE id IN (1, 2, 3) ORDER BY id")
            return [year for (year,) in cursor.fetchall()]


@scenario(
    kind="n_plus_one", relation="corpus.Album", fix=matches(r"IN \(|__in"), left=1, queryset=None
)
class RawQuerysetInALoop:
    @staticmethod
    def wrong() -> object:
        titles = []
        for pk in (1, 2, 3):
            rows = Album.objects.raw("SELECT * FROM corpus_album WHERE id = %s", [pk])
            titles += [album.title for album in rows]  # use
        return titles

    @staticmethod
    def right() -> object:
        sql = "SELECT * FROM corpus_album WHERE id IN (1, 2, 3) ORDER BY id"
        return [album.title for album in Album.objects.raw(sql)]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.notes",
    fix=".defer(None)",
    left=1,
)
class DeferredColumn:
    @staticmethod
    def wrong() -> object:
        return [
            album.notes  # use
            for album in Album.objects.defer("notes")  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [album.notes for album in Album.objects.all()]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.year",
    fix=matches(r'only\(.*"year"'),
    left=1,
)
class ColumnLeftOutOfOnly:
    @staticmethod
    def wrong() -> object:
        return [
            (album.title, album.year)  # use
            for album in Album.objects.only("title")  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [(album.title, album.year) for album in Album.objects.only("title", "year")]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.name",
    fix=matches(r'only\(.*"artist__name"'),
    left=1,
)
class DeferredColumnOfAJoinedRow:
    @staticmethod
    def wrong() -> object:
        rows = Album.objects.select_related("artist").only("title", "artist__label")  # queryset
        return [(album.title, album.artist.name) for album in rows]  # use

    @staticmethod
    def right() -> object:
        rows = Album.objects.select_related("artist").only("title", "artist__name")
        return [(album.title, album.artist.name) for album in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix=matches(r'only\(.*"artist"'),
    left=1,
    mechanical=False,
)
class DeferredForeignKeyColumn:
    """Reading ``artist_id`` loads the column of the key."""

    @staticmethod
    def wrong() -> object:
        return [
            album.artist_id  # use
            for album in Album.objects.only("title")  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [album.artist_id for album in Album.objects.only("title", "artist")]


@scenario(
    kind="n_plus_one",
    relation=("corpus.Album", "corpus.Artist.albums"),
    fix=matches(r"reduce.*Q\(artist_id=..., year__gt=...\)"),
    left=None,
    queryset=None,
)
class SetsOfOwnersThatCameOneByOne:
    """One line asks the sets of two owners, each by two values: no one query answers all."""

    @staticmethod
    def wrong() -> object:
        first, last = Artist.objects.get(name="artist 2"), Artist.objects.order_by("pk").last()
        return [
            artist.albums.filter(year__gt=year).first()  # use
            for artist in (first, last)
            if artist
            for year in (1960, 1962)
        ]

    @staticmethod
    def right() -> object:
        first, last = Artist.objects.get(name="artist 2"), Artist.objects.order_by("pk").last()
        albums = list(Album.objects.filter(artist__in=(first, last)).order_by("pk"))
        return [
            next((one for one in albums if one.artist_id == artist.pk and one.year > year), None)
            for artist in (first, last)
            if artist
            for year in (1960, 1962)
        ]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album",
    fix=matches(r'aggregate\(\*\*\{key: Sum\("price", filter=Q\(year__gte='),
    left=1,
    queryset=None,
)
class SumOfEachStretch:
    @staticmethod
    def wrong() -> object:
        sums = []
        for year in (1962, 1966, 1970):
            rows = Album.objects.filter(year__gte=year, year__lt=year + 4)
            sums.append(rows.aggregate(s=Sum("price"))["s"])  # use
        return sums

    @staticmethod
    def right() -> object:
        sums = Album.objects.aggregate(
            **{
                str(year): Sum("price", filter=Q(year__gte=year, year__lt=year + 4))
                for year in (1962, 1966, 1970)
            }
        )
        return [sums[str(year)] for year in (1962, 1966, 1970)]
