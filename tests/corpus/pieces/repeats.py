"""The very same query again, and eager loads that nobody reads."""

from django.db import connection
from django.db.models import Prefetch, QuerySet

from tests.corpus.models import Album, Artist, Country, Genre, Label, Playlist
from tests.corpus.scenario import Expected, matches, scenario

ONCE = matches(r"variable|cached_property")
REMOVE = matches(r"[Rr]emove")


@scenario(
    kind="duplicate",
    relation="corpus.Genre",
    fix=ONCE,
    left=1,
    use="use: all_genres",
    queryset=None,
)
class FunctionCalledTwice:
    @staticmethod
    def wrong() -> object:
        first = all_genres()
        second = all_genres()
        return first + second

    @staticmethod
    def right() -> object:
        genres = all_genres()
        return genres + genres


def all_genres() -> list[str]:
    return [genre.name for genre in Genre.objects.all()]  # use: all_genres


@scenario(kind="duplicate", relation="corpus.Artist", fix=ONCE, left=1, queryset=None)
class SameGetOnTwoLines:
    @staticmethod
    def wrong() -> object:
        name = Artist.objects.get(pk=2).name  # use
        label = Artist.objects.get(pk=2).label_id  # use
        return name, label

    @staticmethod
    def right() -> object:
        artist = Artist.objects.get(pk=2)
        return artist.name, artist.label_id


@scenario(kind="duplicate", relation="corpus.Album", fix=ONCE, left=1, queryset=None)
class QuerysetEvaluatedByTwoMethods:
    """exists() and the loop ask for two things; two counts ask for one."""

    @staticmethod
    def wrong() -> object:
        recent = Album.objects.filter(year__gt=1970)
        return [
            recent.count(),  # use
            "some" if recent.count() else "none",  # use
        ]

    @staticmethod
    def right() -> object:
        count = Album.objects.filter(year__gt=1970).count()
        return [count, "some" if count else "none"]


@scenario(
    kind="duplicate",
    relation=("corpus.Artist.albums", "corpus.Album"),
    fix=ONCE,
    left=2,
    queryset=None,
)
class SetReadTwice:
    @staticmethod
    def wrong() -> object:
        artist = Artist.objects.get(pk=1)
        first = [album.title for album in artist.albums.all()]  # use
        last = [album.year for album in artist.albums.all()]  # use
        return first, last

    @staticmethod
    def right() -> object:
        artist = Artist.objects.get(pk=1)
        albums = list(artist.albums.all())
        return [album.title for album in albums], [album.year for album in albums]


@scenario(
    kind="duplicate",
    relation=("corpus.Artist.albums", "corpus.Album"),
    fix=ONCE,
    left=2,
    use="use: album_total",
    queryset=None,
)
class PropertyReadTwice:
    @staticmethod
    def wrong() -> object:
        artist = Artist.objects.get(pk=1)
        return artist.album_total, artist.album_total > 1

    @staticmethod
    def right() -> object:
        artist = Artist.objects.get(pk=1)
        total = artist.album_total
        return total, total > 1


@scenario(kind="duplicate", relation="corpus.Country", fix=ONCE, left=2, queryset=None)
class SameQuestionInALoop:
    """What varies is nothing: it is asked once before the loop."""

    @staticmethod
    def wrong() -> object:
        pairs = []
        for album in Album.objects.order_by("pk")[:4]:
            home = Country.objects.get(code="c1")  # use
            pairs.append((album.title, home.name))
        return pairs

    @staticmethod
    def right() -> object:
        home = Country.objects.get(code="c1")
        return [(album.title, home.name) for album in Album.objects.order_by("pk")[:4]]


@scenario(kind="duplicate", relation=None, fix=ONCE, left=1, queryset=None, use="use: newest_year")
class SameCursorQueryTwice:
    @staticmethod
    def wrong() -> object:
        lowest = newest_year() - 10
        highest = newest_year()
        return lowest, highest

    @staticmethod
    def right() -> object:
        highest = newest_year()
        return highest - 10, highest


def newest_year() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(year) FROM corpus_album")  # use: newest_year
        return int(cursor.fetchone()[0])


@scenario(
    kind="duplicate",
    relation=("corpus.Album.artist", "corpus.Artist"),
    fix=ONCE,
    left=1,
    queryset=None,
)
class SameRowLoadedByTwoCopies:
    """Two objects of one row load its key twice: it was the object that was fetched twice."""

    @staticmethod
    def wrong() -> object:
        first = Album(pk=1, artist_id=3)
        second = Album(pk=1, artist_id=3)
        return [
            first.artist.name,  # use
            second.artist.name,  # use
        ]

    @staticmethod
    def right() -> object:
        artist = Artist.objects.get(pk=3)
        return [artist.name, artist.name]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Album.artist",
    fix=REMOVE,
    left=1,
    use="queryset",
)
class JoinNobodyReads:
    @staticmethod
    def wrong() -> object:
        return [album.title for album in Album.objects.select_related("artist")]  # queryset

    @staticmethod
    def right() -> object:
        return [album.title for album in Album.objects.all()]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Album.genres",
    fix=REMOVE,
    left=1,
    use="queryset",
)
class PrefetchNobodyReads:
    @staticmethod
    def wrong() -> object:
        return [album.title for album in Album.objects.prefetch_related("genres")]  # queryset

    @staticmethod
    def right() -> object:
        return [album.title for album in Album.objects.all()]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Album.genres",
    fix=REMOVE,
    left=2,
    use="queryset",
)
class OneOfTwoPrefetchesNobodyReads:
    @staticmethod
    def wrong() -> object:
        rows = Album.objects.prefetch_related("genres", "track_set")  # queryset
        return [len(album.track_set.all()) for album in rows]

    @staticmethod
    def right() -> object:
        return [len(album.track_set.all()) for album in Album.objects.prefetch_related("track_set")]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Artist.label",
    fix=REMOVE,
    left=1,
    use="queryset",
)
class SecondStepOfAJoinNobodyReads:
    @staticmethod
    def wrong() -> object:
        rows = Album.objects.select_related("artist__label")  # queryset
        return [album.artist.name for album in rows]

    @staticmethod
    def right() -> object:
        return [album.artist.name for album in Album.objects.select_related("artist")]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Album.track_set",
    fix=REMOVE,
    left=2,
    use="queryset",
)
class SecondStepOfAPrefetchNobodyReads:
    @staticmethod
    def wrong() -> object:
        rows = Artist.objects.prefetch_related("albums__track_set")  # queryset
        return [len(artist.albums.all()) for artist in rows]

    @staticmethod
    def right() -> object:
        return [len(artist.albums.all()) for artist in Artist.objects.prefetch_related("albums")]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Artist.albums",
    fix=REMOVE,
    left=1,
    use="queryset",
)
class ListOfAPrefetchNobodyReads:
    @staticmethod
    def wrong() -> object:
        recent = Prefetch("albums", queryset=Album.objects.recent(), to_attr="recent")
        rows = Artist.objects.prefetch_related(recent)  # queryset
        return [artist.name for artist in rows]

    @staticmethod
    def right() -> object:
        return [artist.name for artist in Artist.objects.all()]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Album.label",
    fix=REMOVE,
    left=1,
    use="use: with_label",
    queryset="use: with_label",
)
class JoinOfAFunctionNobodyReads:
    @staticmethod
    def wrong() -> object:
        return [album.title for album in albums_with_label()]

    @staticmethod
    def right() -> object:
        return [album.title for album in Album.objects.all()]


def albums_with_label() -> QuerySet[Album]:
    return Album.objects.select_related("label")  # use: with_label


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Playlist.tracks",
        fix=matches(r'\.prefetch_related\(Prefetch\("tracks", queryset='),
        left=3,
    ),
    Expected(
        kind="unused_eager_load",
        relation="corpus.Playlist.tracks",
        fix=REMOVE,
        left=7,
        use="queryset",
        is_optional=True,
    ),
)
class PrefetchPassedOverAndThereforeUnused:
    """Two sentences on one line: the loop asks anew, and what was loaded is not read."""

    @staticmethod
    def wrong() -> object:
        return [
            [track.title for track in playlist.tracks.filter(seconds__gt=105)]  # use
            for playlist in Playlist.objects.prefetch_related("tracks")  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [
            [track.title for track in playlist.tracks.all() if track.seconds > 105]
            for playlist in Playlist.objects.prefetch_related("tracks")
        ]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Label.parent",
    fix=REMOVE,
    left=1,
    use="queryset",
)
class JoinOfWhichOnlyTheKeyIsRead:
    @staticmethod
    def wrong() -> object:
        rows = Label.objects.select_related("parent")  # queryset
        return [label.parent_id for label in rows]

    @staticmethod
    def right() -> object:
        return [label.parent_id for label in Label.objects.all()]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Album.label",
    fix=matches(r'remove "label" from select_related\(\)'),
    left=2,
    queryset="use",
)
class UnusedJoinOfASet:
    @staticmethod
    def wrong() -> object:
        artist = Artist.objects.get(pk=1)
        return [album.title for album in artist.albums.select_related("label")]  # use

    @staticmethod
    def right() -> object:
        return [album.title for album in Artist.objects.get(pk=1).albums.all()]
