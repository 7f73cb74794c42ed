"""Counts, existence and aggregates asked for each row."""

from django.db.models import Avg, Count, Exists, Max, OuterRef, Q, Sum

from tests.corpus.models import Album, Artist, Genre, Label, Track
from tests.corpus.scenario import matches, scenario

COUNT_ALBUMS = matches(r'\.annotate\(\w+=Count\("album')


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=COUNT_ALBUMS, left=1)
class CountOfASet:
    @staticmethod
    def wrong() -> object:
        return [
            artist.albums.count()  # use
            for artist in Artist.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("pk").annotate(album_count=Count("albums"))
        return [artist.album_count for artist in rows]


@scenario(kind="n_plus_one", relation="corpus.Label.album_set", fix=COUNT_ALBUMS, left=1)
class CountOfASetWithoutARelatedName:
    """The annotation takes the query name ``album``, not ``album_set``."""

    @staticmethod
    def wrong() -> object:
        return [
            label.album_set.count()  # use
            for label in Label.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Label.objects.order_by("pk").annotate(album_count=Count("album"))
        return [label.album_count for label in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=COUNT_ALBUMS,
    left=1,
    use="use: album_total",
)
class CountInAProperty:
    @staticmethod
    def wrong() -> object:
        return [artist.album_total for artist in Artist.objects.order_by("pk")]  # queryset

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("pk").annotate(album_count=Count("albums"))
        return [artist.album_count for artist in rows]


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=COUNT_ALBUMS, left=1)
class CountOfANarrowedSet:
    @staticmethod
    def wrong() -> object:
        return [
            artist.albums.filter(year__gt=1972).count()  # use
            for artist in Artist.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        recent = Count("albums", filter=Q(albums__year__gt=1972))
        rows = Artist.objects.order_by("pk").annotate(recent_count=recent)
        return [artist.recent_count for artist in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.genres",
    fix=matches(r'\.annotate\(\w+=Count\("genres"'),
    left=1,
)
class CountOfAManyToMany:
    @staticmethod
    def wrong() -> object:
        return [
            album.genres.count()  # use
            for album in Album.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("pk").annotate(genre_count=Count("genres"))
        return [album.genre_count for album in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.tags",
    fix=matches(r'\.annotate\(\w+=Count\("(tags|tagged_album)"'),
    left=1,
)
class CountOfAGenericRelation:
    @staticmethod
    def wrong() -> object:
        return [
            album.tags.count()  # use
            for album in Album.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("pk").annotate(tag_count=Count("tags"))
        return [album.tag_count for album in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=matches(r"\.annotate\(\w+=Exists\("),
    left=1,
)
class ExistsOfASet:
    @staticmethod
    def wrong() -> object:
        return [
            artist.albums.exists()  # use
            for artist in Artist.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        own = Exists(Album.objects.filter(artist=OuterRef("pk")))
        return [artist.has for artist in Artist.objects.order_by("pk").annotate(has=own)]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=matches(r"\.annotate\(\w+=Exists\("),
    left=1,
)
class ExistsOfANarrowedSet:
    @staticmethod
    def wrong() -> object:
        names = []
        for artist in Artist.objects.order_by("pk"):  # queryset
            if artist.albums.filter(year__gt=1978).exists():  # use
                names.append(artist.name)
        return names

    @staticmethod
    def right() -> object:
        new = Exists(Album.objects.filter(artist=OuterRef("pk"), year__gt=1978))
        return [row.name for row in Artist.objects.order_by("pk").annotate(new=new) if row.new]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=matches(r"\.annotate\(\w+=Max\("),
    left=1,
)
class GreatestOfASet:
    @staticmethod
    def wrong() -> object:
        return [
            artist.albums.aggregate(newest=Max("year"))["newest"]  # use
            for artist in Artist.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("pk").annotate(newest=Max("albums__year"))
        return [artist.newest for artist in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.track_set",
    fix=matches(r'\.annotate\(\w+=Sum\("track__seconds"'),
    left=1,
)
class SumOfASet:
    @staticmethod
    def wrong() -> object:
        lengths = []
        for album in Album.objects.order_by("pk"):  # queryset
            lengths.append(album.track_set.aggregate(Sum("seconds"))["seconds__sum"])  # use
        return lengths

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("pk").annotate(length=Sum("track__seconds"))
        return [album.length for album in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Genre.albums",
    fix=matches(r"\.annotate\(\w+=Avg\("),
    left=1,
)
class MeanOfAManyToMany:
    @staticmethod
    def wrong() -> object:
        return [
            genre.albums.aggregate(mean=Avg("price"))["mean"]  # use
            for genre in Genre.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Genre.objects.order_by("pk").annotate(mean=Avg("albums__price"))
        return [genre.mean for genre in rows]


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=matches(r"Count\("), left=2)
class CountBesideLoadedRows:
    """The rows are loaded already; counting them in Python is as good as the annotation."""

    @staticmethod
    def wrong() -> object:
        lines = []
        for artist in Artist.objects.prefetch_related("albums"):  # queryset
            number = artist.albums.filter(price=10).count()  # use
            lines.append((number, [album.title for album in artist.albums.all()]))
        return lines

    @staticmethod
    def right() -> object:
        lines = []
        for artist in Artist.objects.prefetch_related("albums"):
            albums = artist.albums.all()
            number = sum(album.price == 10 for album in albums)
            lines.append((number, [album.title for album in albums]))
        return lines


@scenario(
    kind="n_plus_one",
    relation="corpus.Track",
    fix=matches(r"__in|Count\("),
    left=2,
    queryset=None,
)
class CountWithoutTheRelation:
    """A look-up: the rows it belongs to are known by their keys at best."""

    @staticmethod
    def wrong() -> object:
        return [
            Track.objects.filter(album=album).count()  # use
            for album in Album.objects.order_by("pk")  # rows
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("pk").annotate(tracks=Count("track"))
        return [album.tracks for album in rows]
