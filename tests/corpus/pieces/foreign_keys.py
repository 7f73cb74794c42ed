"""Foreign keys in all their variants, and what lies behind them."""

from collections.abc import Iterator
from functools import reduce
from operator import itemgetter

from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet

from tests.corpus.models import (
    Album,
    Artist,
    Clerk,
    Concert,
    Cover,
    Credit,
    Label,
    Playlist,
    Track,
)
from tests.corpus.scenario import Expected, matches, scenario


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyInAList:
    @staticmethod
    def wrong() -> object:
        return [
            album.artist.name  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [album.artist.name for album in Album.objects.select_related("artist")]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyInALoop:
    @staticmethod
    def wrong() -> object:
        names = []
        for album in Album.objects.order_by("title"):  # queryset
            names.append(album.artist.name)  # use
        return names

    @staticmethod
    def right() -> object:
        names = []
        for album in Album.objects.order_by("title").select_related("artist"):
            names.append(album.artist.name)
        return names


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.select_related("artist")',
        left=10,
        use="use artist",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.producer",
        fix='.select_related("producer")',
        left=13,
        use="use producer",
    ),
)
class TwoKeysToOneModel:
    @staticmethod
    def wrong() -> object:
        pairs = []
        for album in Album.objects.all():  # queryset
            artist = album.artist.name  # use artist
            producer = album.producer  # use producer
            pairs.append((artist, producer and producer.name))
        return pairs

    @staticmethod
    def right() -> object:
        return [
            (album.artist.name, album.producer and album.producer.name)
            for album in Album.objects.select_related("artist", "producer")
        ]


@scenario(
    kind="n_plus_one", relation="corpus.Album.producer", fix='.select_related("producer")', left=1
)
class NullableKeyOnlyWhereSet:
    @staticmethod
    def wrong() -> object:
        return [
            album.producer.name  # use
            for album in Album.objects.filter(producer__isnull=False)  # queryset
            if album.producer is not None  # use
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(producer__isnull=False).select_related("producer")
        return [album.producer.name for album in rows if album.producer is not None]


@scenario(
    kind="n_plus_one", relation="corpus.Album.producer", fix='.select_related("producer")', left=1
)
class SelectRelatedWithoutNamesSkipsNullableKeys:
    @staticmethod
    def wrong() -> object:
        names = []
        for album in Album.objects.filter(producer__gt=0).select_related("artist"):  # queryset
            names.append((album.artist.name, str(album.producer and album.producer.name)))  # use
        return names

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(producer__gt=0).select_related("artist", "producer")
        return [(a.artist.name, str(a.producer and a.producer.name)) for a in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Label.parent", fix='.select_related("parent")', left=1
)
class SelfKey:
    @staticmethod
    def wrong() -> object:
        names = []
        for label in Label.objects.exclude(parent=None):  # queryset
            parent = label.parent  # use
            names.append(parent and parent.name)
        return names

    @staticmethod
    def right() -> object:
        rows = Label.objects.exclude(parent=None).select_related("parent")
        return [label.parent and label.parent.name for label in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Album.country", fix='.select_related("country")', left=1
)
class KeyToAnotherField:
    @staticmethod
    def wrong() -> object:
        return [
            album.country.name  # use
            for album in Album.objects.filter(year__gt=1965)  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(year__gt=1965).select_related("country")
        return [album.country.name for album in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Clerk.branch", fix='.select_related("branch")', left=1
)
class CompositeKey:
    @staticmethod
    def wrong() -> object:
        return [
            clerk.branch.city  # use
            for clerk in Clerk.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [clerk.branch.city for clerk in Clerk.objects.select_related("branch")]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.select_related("artist__label")',
        left=1,
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.label",
        fix='.select_related("artist__label")',
        left=1,
    ),
)
class SecondHop:
    @staticmethod
    def wrong() -> object:
        return [
            album.artist.label.name  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [album.artist.label.name for album in Album.objects.select_related("artist__label")]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Track.album",
        fix='.select_related("album__artist__label")',
        left=1,
        use="use album",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.select_related("album__artist__label")',
        left=1,
        use="use artist",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.label",
        fix='.select_related("album__artist__label")',
        left=1,
        use="use label",
    ),
)
class ThirdHopOverThreeLines:
    @staticmethod
    def wrong() -> object:
        names = []
        for track in Track.objects.order_by("pk"):  # queryset
            album = track.album  # use album
            artist = album.artist  # use artist
            label = artist.label  # use label
            names.append(label.name)
        return names

    @staticmethod
    def right() -> object:
        rows = Track.objects.order_by("pk").select_related("album__artist__label")
        return [track.album.artist.label.name for track in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.label",
    fix='.select_related("artist__label")',
    left=1,
)
class SecondHopBehindHalfAFix:
    @staticmethod
    def wrong() -> object:
        return [
            album.artist.label.name  # use
            for album in Album.objects.select_related("artist")  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [album.artist.label.name for album in Album.objects.select_related("artist__label")]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.select_related("artist__home", "artist__label")',
        left=1,
        use="use both",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.label",
        fix='.select_related("artist__home", "artist__label")',
        left=1,
        use="use both",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.home",
        fix='.select_related("artist__home", "artist__label")',
        left=1,
        use="use home",
    ),
)
class TwoKeysBehindOneKey:
    @staticmethod
    def wrong() -> object:
        pairs = []
        for album in Album.objects.filter(pk__lte=9):  # queryset
            label = album.artist.label  # use both
            home = album.artist.home  # use home
            pairs.append((label.name, home and home.name))
        return pairs

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(pk__lte=9).select_related("artist__home", "artist__label")
        return [(a.artist.label.name, a.artist.home and a.artist.home.name) for a in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Label.parent",
        fix='.select_related("parent__parent")',
        left=1,
        use="use parent",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Label.parent",
        fix='.select_related("parent__parent")',
        left=1,
        use="use grandparent",
    ),
    mechanical=False,
)
class SelfKeyTwoStepsUp:
    @staticmethod
    def wrong() -> object:
        names = []
        for label in Label.objects.filter(parent__parent__gt=0):  # queryset
            parent = label.parent  # use parent
            above = parent and parent.parent  # use grandparent
            names.append(above and above.name)
        return names

    @staticmethod
    def right() -> object:
        rows = Label.objects.filter(parent__parent__gt=0).select_related("parent__parent")
        return [row.parent and row.parent.parent and row.parent.parent.name for row in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Event.artist", fix='.select_related("artist")', left=1
)
class KeyOfAParentModel:
    @staticmethod
    def wrong() -> object:
        return [
            concert.artist.name  # use
            for concert in Concert.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [concert.artist.name for concert in Concert.objects.select_related("artist")]


@scenario(kind="n_plus_one", relation="corpus.Album.artist", fix=matches(r"\bartist_id\b"), left=1)
class OnlyTheKeyIsRead:
    """A join would do as well, but the row has the key already."""

    @staticmethod
    def wrong() -> object:
        return [
            album.artist.id  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [album.artist_id for album in Album.objects.all()]


@scenario(kind="n_plus_one", relation="corpus.Album.artist", fix=matches(r"\bartist_id\b"), left=1)
class OnlyThePkIsCompared:
    @staticmethod
    def wrong() -> object:
        wanted = {1, 2}
        return [
            album.title
            for album in Album.objects.order_by("-pk")  # queryset
            if album.artist.pk in wanted  # use
        ]

    @staticmethod
    def right() -> object:
        wanted = {1, 2}
        return [a.title for a in Album.objects.order_by("-pk") if a.artist_id in wanted]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: byline",
)
class ForeignKeyInAProperty:
    """The line in the property is the use; its caller has the queryset."""

    @staticmethod
    def wrong() -> object:
        return [album.byline for album in Album.objects.all()]  # queryset

    @staticmethod
    def right() -> object:
        return [album.byline for album in Album.objects.select_related("artist")]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: artist_of",
)
class ForeignKeyInAHelper:
    @staticmethod
    def wrong() -> object:
        return [artist_of(album) for album in Album.objects.filter(year__gt=0)]  # queryset

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(year__gt=0).select_related("artist")
        return [artist_of(album) for album in rows]


def artist_of(album: Album) -> str:
    return album.artist.name  # use: artist_of


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.label",
    fix='.select_related("label")',
    left=1,
    use="use: label_of",
)
class ForeignKeyInASortKey:
    @staticmethod
    def wrong() -> object:
        albums = list(Album.objects.all())  # queryset
        return [album.pk for album in sorted(albums, key=label_of)]

    @staticmethod
    def right() -> object:
        albums = list(Album.objects.select_related("label"))
        return [album.pk for album in sorted(albums, key=label_of)]


def label_of(album: Album) -> str:
    return album.label.name  # use: label_of


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyInALambda:
    @staticmethod
    def wrong() -> object:
        rows = Album.objects.order_by("year")  # queryset
        return list(map(lambda album: album.artist.name, rows))  # use

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("year").select_related("artist")
        return [album.artist.name for album in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyInAReduction:
    @staticmethod
    def wrong() -> object:
        return reduce(
            lambda text, album: text + album.artist.name,  # use
            Album.objects.order_by("year"),  # queryset
            "",
        )

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("year").select_related("artist")
        return reduce(lambda text, album: text + album.artist.name, rows, "")


@scenario(kind="n_plus_one", relation="corpus.Track.album", fix='.select_related("album")', left=1)
class ForeignKeyInAGenerator:
    @staticmethod
    def wrong() -> object:
        def titles(tracks: QuerySet[Track]) -> Iterator[str]:
            for track in tracks:
                yield track.album.title  # use

        return ", ".join(titles(Track.objects.all()))  # queryset

    @staticmethod
    def right() -> object:
        return ", ".join(track.album.title for track in Track.objects.select_related("album"))


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyInADictionary:
    @staticmethod
    def wrong() -> object:
        return {
            album.title: album.artist.name  # use
            for album in Album.objects.all()  # queryset
        }

    @staticmethod
    def right() -> object:
        rows = Album.objects.select_related("artist")
        return {album.title: album.artist.name for album in rows}


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyOfASlice:
    @staticmethod
    def wrong() -> object:
        return [
            album.artist.name  # use
            for album in Album.objects.order_by("-year")[:5]  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("-year").select_related("artist")[:5]
        return [album.artist.name for album in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyBehindAnIterator:
    @staticmethod
    def wrong() -> object:
        return [
            album.artist.name  # use
            for album in Album.objects.all().iterator(chunk_size=3)  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.select_related("artist").iterator(chunk_size=3)
        return [album.artist.name for album in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=2
)
class ForeignKeyOnAPage:
    @staticmethod
    def wrong() -> object:
        albums = Album.objects.order_by("pk")  # queryset
        page = Paginator(albums, 5).page(2)
        return [album.artist.name for album in page]  # use

    @staticmethod
    def right() -> object:
        albums = Album.objects.order_by("pk").select_related("artist")
        page = Paginator(albums, 5).page(2)
        return [album.artist.name for album in page]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyOfTwoRows:
    """Two rows are a loop already: on the next page they are twenty."""

    @staticmethod
    def wrong() -> object:
        return [
            album.artist.name  # use
            for album in Album.objects.filter(pk__in=[1, 2])  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(pk__in=[1, 2]).select_related("artist")
        return [album.artist.name for album in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyOfAQuerysetMethod:
    @staticmethod
    def wrong() -> object:
        return [
            album.artist.name  # use
            for album in Album.objects.recent()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [album.artist.name for album in Album.objects.recent().select_related("artist")]


@scenario(kind="n_plus_one", relation="corpus.Album.label", fix='.select_related("label")', left=1)
class ForeignKeyBesideAMethodThatJoinsOthers:
    @staticmethod
    def wrong() -> object:
        return [
            (album.artist.name, album.label.name)  # use
            for album in Album.objects.with_people().filter(producer__gt=0)  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.with_people().filter(producer__gt=0).select_related("label")
        return [(album.artist.name, album.label.name) for album in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.select_related("artist")',
        left=2,
        queryset="queryset: newest",
    ),
    Expected(
        kind="duplicate",
        relation="corpus.Album",
        fix=matches("variable"),
        left=25,
        use="use: again",
        queryset=None,
    ),
    mechanical=False,
)
class OneQuerysetOfAFunctionReadTwice:
    @staticmethod
    def wrong() -> object:
        return [  # use: again
            (album.artist.name, number)  # use
            for number in range(2)
            for album in newest()  # use: again
        ]

    @staticmethod
    def right() -> object:
        rows = list(newest().select_related("artist"))
        return [(album.artist.name, number) for number in range(2) for album in rows]


def newest() -> QuerySet[Album]:
    return Album.objects.order_by("-year")  # queryset: newest


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class OneQuerysetOfAFunctionNarrowedByItsCaller:
    """The caller's line: the function serves others too."""

    @staticmethod
    def wrong() -> object:
        return [
            album.artist.name  # use
            for album in newest().filter(year__gt=1970)  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = newest().filter(year__gt=1970).select_related("artist")
        return [album.artist.name for album in rows]


class Shelf:
    queryset = Album.objects.all()  # queryset: shelf

    def rows(self) -> QuerySet[Album]:
        return self.queryset.filter(pk__gt=0)


class JoinedShelf(Shelf):
    queryset = Album.objects.select_related("artist")


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    queryset="queryset: shelf",
    mechanical=False,
)
class QuerysetOfAClass:
    @staticmethod
    def wrong() -> object:
        return [album.artist.name for album in Shelf().rows()]  # use

    @staticmethod
    def right() -> object:
        return [album.artist.name for album in JoinedShelf().rows()]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class QuerysetOverSeveralLines:
    @staticmethod
    def wrong() -> object:
        albums = (
            Album.objects  # queryset
            .filter(year__gt=1962)
            .exclude(title="")
            .order_by("title")
        )  # fmt: skip
        return [album.artist.name for album in albums]  # use

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(year__gt=1962).exclude(title="").order_by("title")
        return [album.artist.name for album in rows.select_related("artist")]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class QuerysetBuiltStepByStep:
    """It begins on one line and goes on over others; the first is where it can be changed."""

    @staticmethod
    def wrong() -> object:
        albums = Album.objects.all()  # queryset
        albums = albums.filter(year__gt=1962)
        albums = albums.order_by("title")
        return [album.artist.name for album in albums]  # use

    @staticmethod
    def right() -> object:
        albums = Album.objects.select_related("artist")
        albums = albums.filter(year__gt=1962)
        albums = albums.order_by("title")
        return [album.artist.name for album in albums]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class KeyOfRowsThatOneSetHolds:
    """The set is loaded once: it takes the join itself."""

    @staticmethod
    def wrong() -> object:
        label = Label(pk=2)
        return [
            album.artist.name  # use
            for album in label.album_set.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [a.artist.name for a in Label(pk=2).album_set.select_related("artist")]


@scenario(
    kind="n_plus_one", relation="corpus.Credit.artist", fix='.select_related("artist")', left=2
)
class KeyOfTheThroughRowsOfOneAlbum:
    @staticmethod
    def wrong() -> object:
        album = Album.objects.get(pk=3)
        return [
            (credit.role, credit.artist.name)  # use
            for credit in album.credits.order_by("role")  # queryset
        ]

    @staticmethod
    def right() -> object:
        album = Album.objects.get(pk=3)
        credits_ = album.credits.order_by("role").select_related("artist")
        return [(credit.role, credit.artist.name) for credit in credits_]


@scenario(kind="n_plus_one", relation="corpus.Artist.label", fix='.select_related("label")', left=2)
class KeyOfRowsOfAManyToManySet:
    @staticmethod
    def wrong() -> object:
        album = Album.objects.get(pk=3)
        return [
            artist.label.name  # use
            for artist in album.guests.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        album = Album.objects.get(pk=3)
        guests = album.guests.order_by("pk").select_related("label")
        return [artist.label.name for artist in guests]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.label",
    fix='.prefetch_related("albums__label")',
    left=3,
)
class KeyBelowAPrefetchedSet:
    @staticmethod
    def wrong() -> object:
        return [
            album.label.name  # use
            for artist in Artist.objects.prefetch_related("albums")  # queryset
            for album in artist.albums.all()
        ]

    @staticmethod
    def right() -> object:
        return [
            album.label.name
            for artist in Artist.objects.prefetch_related("albums__label")
            for album in artist.albums.all()
        ]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.label",
    fix='.select_related("label")',
    left=2,
)
class KeyBelowAPrefetchOfAQueryset:
    """The Prefetch has a queryset of its own, which takes the join."""

    @staticmethod
    def wrong() -> object:
        albums = Album.objects.order_by("year")  # queryset
        artists = Artist.objects.prefetch_related(Prefetch("albums", queryset=albums))
        return [
            album.label.name  # use
            for artist in artists
            for album in artist.albums.all()
        ]

    @staticmethod
    def right() -> object:
        albums = Album.objects.order_by("year").select_related("label")
        artists = Artist.objects.prefetch_related(Prefetch("albums", queryset=albums))
        return [album.label.name for artist in artists for album in artist.albums.all()]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class RowsOfTwoQuerysetsOr:
    @staticmethod
    def wrong() -> object:
        old = Album.objects.filter(year__lt=1970)  # queryset
        return [album.artist.name for album in old | Album.objects.filter(year__gt=1980)]  # use

    @staticmethod
    def right() -> object:
        old = Album.objects.filter(year__lt=1970).select_related("artist")
        new = Album.objects.filter(year__gt=1980)
        return [album.artist.name for album in old | new]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.prefetch_related("artist")',
    left=2,
)
class RowsOfARawQuery:
    """A raw queryset takes no join, but a prefetch."""

    @staticmethod
    def wrong() -> object:
        return [
            album.artist.name  # use
            for album in Album.objects.raw("SELECT * FROM corpus_album")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.raw("SELECT * FROM corpus_album").prefetch_related("artist")
        return [album.artist.name for album in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.select_related("artist")',
        left=14,
        use="use first",
        queryset="queryset first",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.select_related("artist")',
        left=14,
        use="use second",
        queryset="queryset second",
    ),
    mechanical=False,
)
class TwoLoopsOverTwoQuerysets:
    @staticmethod
    def wrong() -> object:
        names = [
            album.artist.name  # use first
            for album in Album.objects.order_by("pk")  # queryset first
        ]
        names += [
            album.artist.name  # use second
            for album in Album.objects.order_by("-pk")  # queryset second
        ]
        return names

    @staticmethod
    def right() -> object:
        rows = [
            *Album.objects.order_by("pk").select_related("artist"),
            *Album.objects.order_by("-pk").select_related("artist"),
        ]
        return [album.artist.name for album in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Cover.painter",
        fix='.select_related("painter")',
        left=9,
        use="use painter",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Cover.album",
        fix='.select_related("album")',
        left=9,
        use="use album",
    ),
)
class KeyAndOneToOneOfOneQueryset:
    @staticmethod
    def wrong() -> object:
        return [
            (
                cover.painter and cover.painter.name,  # use painter
                cover.album.title,  # use album
            )
            for cover in Cover.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Cover.objects.select_related("painter", "album")
        return [(row.painter and row.painter.name, row.album.title) for row in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Credit.artist",
    fix='.prefetch_related("credits__artist")',
    left=3,
)
class KeyOfPrefetchedThroughRows:
    @staticmethod
    def wrong() -> object:
        return [
            credit.artist.name  # use
            for album in Album.objects.prefetch_related("credits")  # queryset
            for credit in album.credits.all()
        ]

    @staticmethod
    def right() -> object:
        return [
            credit.artist.name
            for album in Album.objects.prefetch_related("credits__artist")
            for credit in album.credits.all()
        ]


@scenario(kind="n_plus_one", relation="corpus.Track.album", fix='.select_related("album")', left=2)
class KeyOfRowsFoundByIds:
    @staticmethod
    def wrong() -> object:
        ids = list(Playlist.tracks.through.objects.values_list("track_id", flat=True))
        return sorted(
            track.album.title  # use
            for track in Track.objects.filter(pk__in=ids)  # queryset
        )

    @staticmethod
    def right() -> object:
        ids = list(Playlist.tracks.through.objects.values_list("track_id", flat=True))
        rows = Track.objects.filter(pk__in=ids).select_related("album")
        return sorted(track.album.title for track in rows)


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class KeyOfRowsFromInBulk:
    @staticmethod
    def wrong() -> object:
        found = Album.objects.in_bulk([1, 2, 3, 4])  # queryset
        return [found[pk].artist.name for pk in sorted(found)]  # use

    @staticmethod
    def right() -> object:
        found = Album.objects.select_related("artist").in_bulk([1, 2, 3, 4])
        return [found[pk].artist.name for pk in sorted(found)]


@scenario(
    kind="n_plus_one",
    relation="corpus.Credit.artist",
    fix='.select_related("artist")',
    left=1,
    mechanical=True,
)
class ForeignKeyInAWhileLoop:
    @staticmethod
    def wrong() -> object:
        left = list(Credit.objects.order_by("pk"))  # queryset
        names = []
        while left:
            names.append(left.pop().artist.name)  # use
        return names

    @staticmethod
    def right() -> object:
        left = list(Credit.objects.order_by("pk").select_related("artist"))
        return [credit.artist.name for credit in reversed(left)]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyByGetattr:
    """As serializers and exports read: names of attributes from a table."""

    @staticmethod
    def wrong() -> object:
        columns = ("title", "artist")
        return [
            [str(getattr(album, column)) != "" for column in columns]  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        columns = ("title", "artist")
        rows = Album.objects.select_related("artist")
        return [[str(getattr(album, column)) != "" for column in columns] for album in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class ForeignKeyTested:
    """``if album.artist`` loads it as well."""

    @staticmethod
    def wrong() -> object:
        return [
            album.title
            for album in Album.objects.all()  # queryset
            if album.artist  # use
        ]

    @staticmethod
    def right() -> object:
        return [album.title for album in Album.objects.select_related("artist") if album.artist]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
)
class GroupedAndThenRead:
    @staticmethod
    def wrong() -> object:
        by_year: dict[int, list[Album]] = {}
        for album in Album.objects.all():  # queryset
            by_year.setdefault(album.year // 10, []).append(album)
        rows = [(decade, a.artist.name) for decade, group in by_year.items() for a in group]  # use
        return sorted(rows, key=itemgetter(0))

    @staticmethod
    def right() -> object:
        rows = [(a.year // 10, a.artist.name) for a in Album.objects.select_related("artist")]
        return sorted(rows, key=itemgetter(0))
