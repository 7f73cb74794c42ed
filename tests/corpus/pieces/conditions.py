"""Look-ups and sets with conditions of their own: the fix must keep what the code asks."""

import warnings
from collections.abc import Iterator

from asgiref.sync import async_to_sync
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, Max, Prefetch, Q, QuerySet, Sum, prefetch_related_objects

from tests.corpus.models import Album, Artist, Country, Credit, Genre, Label, Track
from tests.corpus.scenario import Expected, matches, scenario


@scenario(
    kind="n_plus_one",
    relation="corpus.Album",
    fix=matches(r"artist(_id)?__in=values, year__gt=1970\)"),
    left=1,
    queryset=None,
)
class LookUpWithASecondCondition:
    @staticmethod
    def wrong() -> object:
        return [
            [a.title for a in Album.objects.filter(artist=pk, year__gt=1970).order_by("pk")]  # use
            for pk in (1, 2, 3)
        ]

    @staticmethod
    def right() -> object:
        titles: dict[int, list[str]] = {1: [], 2: [], 3: []}
        rows = Album.objects.filter(artist__in=titles, year__gt=1970).order_by("pk")
        for album in rows:
            titles[album.artist_id].append(album.title)
        return [*titles.values()]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album",
    fix=matches(r'Count\("pk", filter=Q\(year__range='),
    left=1,
    queryset=None,
)
class CountOfEachRange:
    @staticmethod
    def wrong() -> object:
        return [
            Album.objects.filter(year__range=(year, year + 9)).count()  # use
            for year in (1960, 1970, 1980)
        ]

    @staticmethod
    def right() -> object:
        counts = {
            str(year): Count("pk", filter=Q(year__range=(year, year + 9)))
            for year in (1960, 1970, 1980)
        }
        return [*Album.objects.aggregate(**counts).values()]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist",
    fix=matches(r"reduce\(or_, \(Q\(name__iexact="),
    left=1,
    queryset=None,
)
class NameInAnyCase:
    @staticmethod
    def wrong() -> object:
        return [
            Artist.objects.get(name__iexact=name).pk  # use
            for name in ("ARTIST 1", "Artist 2", "aRTIST 3")
        ]

    @staticmethod
    def right() -> object:
        names = Q(name__iexact="ARTIST 1") | Q(name__iexact="Artist 2")
        rows = Artist.objects.filter(names | Q(name__iexact="aRTIST 3")).order_by("pk")
        return [artist.pk for artist in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Credit",
    fix=matches(r"Q\(album=..., artist=...\)"),
    left=1,
    queryset=None,
)
class LookUpByTwoColumns:
    @staticmethod
    def wrong() -> object:
        pairs = [(1, 1), (2, 2), (3, 3)]
        return [
            Credit.objects.filter(album=album, artist=artist).first() is None  # use
            for album, artist in pairs
        ]

    @staticmethod
    def right() -> object:
        wanted = Q(album=1, artist=1) | Q(album=2, artist=2) | Q(album=3, artist=3)
        found = {(credit.album_id, credit.artist_id) for credit in Credit.objects.filter(wanted)}
        return [pair not in found for pair in ((1, 1), (2, 2), (3, 3))]


@scenario(
    kind="n_plus_one",
    relation="corpus.Credit",
    fix=matches(r"album__artist__in=values"),
    left=1,
    queryset=None,
)
class LookUpThroughARelation:
    @staticmethod
    def wrong() -> object:
        return [
            Credit.objects.filter(album__artist=pk).order_by("pk").first().role  # use
            for pk in (1, 2, 3)
        ]

    @staticmethod
    def right() -> object:
        roles: dict[int, str] = {}
        rows = Credit.objects.filter(album__artist__in=(1, 2, 3)).annotate(by=F("album__artist"))
        for credit in rows.order_by("pk"):
            roles.setdefault(credit.by, credit.role)
        return [roles[pk] for pk in (1, 2, 3)]


@scenario(
    kind="n_plus_one",
    relation="corpus.Track",
    fix=matches(r"__in"),
    left=1,
    queryset=None,
)
class ExistenceInAListForEach:
    """A list in each turn is a batch of rows, and no batch of answers."""

    @staticmethod
    def wrong() -> object:
        lists = [[1, 2], [3, 4, 5], [6, 99]]
        return [
            Track.objects.filter(pk__in=keys).exists()  # use
            for keys in lists
        ]

    @staticmethod
    def right() -> object:
        found = set(Track.objects.filter(pk__in=range(1, 100)).values_list("pk", flat=True))
        return [not found.isdisjoint(keys) for keys in ([1, 2], [3, 4, 5], [6, 99])]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.track_set",
    fix=matches(r'total=Sum\("track__seconds"\), longest=Max\("track__seconds"\)'),
    left=1,
)
class TwoAggregatesOfASet:
    @staticmethod
    def wrong() -> object:
        return [
            album.track_set.aggregate(total=Sum("seconds"), longest=Max("seconds"))  # use
            for album in Album.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("pk")
        rows = rows.annotate(total=Sum("track__seconds"), longest=Max("track__seconds"))
        return [{"total": album.total, "longest": album.longest} for album in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=matches(r'Count\("albums", filter=Q\(albums__year__gt=1970\)\)'),
    left=1,
)
class CountOfAFilteredSet:
    @staticmethod
    def wrong() -> object:
        return [
            artist.albums.filter(year__gt=1970).count()  # use
            for artist in Artist.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("pk")
        rows = rows.annotate(recent=Count("albums", filter=Q(albums__year__gt=1970)))
        return [artist.recent for artist in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.albums",
        fix=matches(r"Count\(.albums., filter=Q\(albums__year__gt=1970\)"),
        left=7,
        use="use recent",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.albums",
        fix=matches(r"Count\(.albums., filter=Q\(albums__year__lte=1970\)"),
        left=7,
        use="use old",
    ),
)
class TwoCountsOfOneSet:
    """Two questions are two annotations."""

    @staticmethod
    def wrong() -> object:
        counts = []
        for artist in Artist.objects.order_by("pk"):  # queryset
            recent = artist.albums.filter(year__gt=1970).count()  # use, use recent
            old = artist.albums.filter(year__lte=1970).count()  # use, use old
            counts.append((recent, old))
        return counts

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("pk").annotate(
            recent=Count("albums", filter=Q(albums__year__gt=1970)),
            old=Count("albums", filter=Q(albums__year__lte=1970)),
        )
        return [(artist.recent, artist.old) for artist in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.genres",
    fix=matches(r'^\.prefetch_related\("genres"\)|Prefetch\("genres"(?!.*values)'),
    left=2,
)
class ValuesOfASet:
    """A Prefetch refuses values_list(): the loop reads the rows' attributes."""

    @staticmethod
    def wrong() -> object:
        return [
            sorted(album.genres.values_list("name", flat=True))  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.prefetch_related("genres")
        return [sorted(genre.name for genre in album.genres.all()) for album in rows]


def descend(label: Label) -> Iterator[str]:
    yield label.name
    for imprint in label.imprints.all():  # use: descend
        yield from descend(imprint)


@scenario(
    kind="n_plus_one",
    relation="corpus.Label.imprints",
    fix=matches(r'\.prefetch_related\("imprints__imprints'),
    left=None,
    use="use: descend",
)
class TreeClimbedDown:
    """All levels hang on the root's line; how many there are nobody can promise."""

    @staticmethod
    def wrong() -> object:
        return sorted(descend(Label.objects.get(pk=1)))  # queryset

    @staticmethod
    def right() -> object:
        rows = Label.objects.prefetch_related("imprints__imprints__imprints")
        return sorted(descend(rows.get(pk=1)))


def newest(rows: QuerySet[Album], number: int) -> QuerySet[Album]:
    return rows.order_by("-year", "pk")[:number]


def of_the_seventies() -> QuerySet[Album]:
    return Album.objects.filter(year__gt=1970)


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    mechanical=False,
)
class QuerysetGivenToAHelper:
    """The helper serves everybody: who gives it the queryset has the line to change."""

    @staticmethod
    def wrong() -> object:
        rows = newest(of_the_seventies(), 4)  # queryset
        return [album.artist.name for album in rows]  # use

    @staticmethod
    def right() -> object:
        rows = newest(of_the_seventies().select_related("artist"), 4)
        return [album.artist.name for album in rows]


def with_all_keys(rows: QuerySet[Album]) -> QuerySet[Album]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Django 6.1 deprecates it without names
        return rows.select_related()


@scenario(
    kind="unused_eager_load",
    relation=("corpus.Album.artist", "corpus.Album.label", "corpus.Album.country"),
    fix=matches(r"remove select_related\(\)"),
    left=1,
    use="queryset",
)
class JoinOfAllThatNobodyReads:
    @staticmethod
    def wrong() -> object:
        return [album.title for album in with_all_keys(Album.objects.all())]  # queryset

    @staticmethod
    def right() -> object:
        return [album.title for album in Album.objects.all()]


@scenario(
    kind="write_in_loop",
    relation="corpus.Genre",
    fix=matches(r"Genre\.objects\.abulk_create\("),
    left=1,
    queryset=None,
)
class AsyncCreateOfEachRow:
    @staticmethod
    def wrong() -> object:
        async def page() -> bool:
            for n in range(3):
                await Genre.objects.acreate(name=f"new {n}")  # use
            return True

        return async_to_sync(page)()

    @staticmethod
    def right() -> object:
        async def page() -> bool:
            await Genre.objects.abulk_create([Genre(name=f"new {n}") for n in range(3)])
            return True

        return async_to_sync(page)()

    @staticmethod
    def result() -> object:
        return [*Genre.objects.order_by("name").values_list("name", flat=True)]


@scenario(kind="clean")
class PagesOfRawRows:
    @staticmethod
    def right() -> object:
        found = []
        with connection.cursor() as cursor:
            for offset in (0, 4, 8):
                cursor.execute(
                    "SELECT title FROM corpus_album ORDER BY id LIMIT 4 OFFSET %s", [offset]
                )
                found += cursor.fetchall()
        return found


@scenario(kind="clean")
class WriteThatIsTriedAgain:
    @staticmethod
    def right() -> object:
        for code in ("c1", "c9"):
            try:
                with transaction.atomic():
                    Country.objects.create(name="new", code=code)
            except IntegrityError:
                continue
        return Country.objects.filter(name="new").count()


@scenario(kind="clean")
class JoinOfAllOfWhichSomeIsRead:
    @staticmethod
    def right() -> object:
        return [album.label.name for album in with_all_keys(Album.objects.all())]


@scenario(
    kind="unused_eager_load",
    relation="corpus.Artist.albums",
    fix=matches(r'remove "albums" from prefetch_related_objects\(\)'),
    left=1,
    use="queryset",
)
class PrefetchByHandThatNobodyReads:
    @staticmethod
    def wrong() -> object:
        artists = list(Artist.objects.order_by("pk"))
        prefetch_related_objects(artists, "albums")  # queryset
        return [artist.name for artist in artists]

    @staticmethod
    def right() -> object:
        return [artist.name for artist in Artist.objects.order_by("pk")]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.genres",
    fix=matches(r'Prefetch\("albums", queryset=Album\.objects\.annotate\(genres_count='),
    left=None,
)
class CountBelowAPrefetchedSet:
    """It is a figure of each album, not of the artist."""

    @staticmethod
    def wrong() -> object:
        return [
            album.genres.count()  # use
            for artist in Artist.objects.prefetch_related("albums").order_by("pk")  # queryset
            for album in artist.albums.all()
        ]

    @staticmethod
    def right() -> object:
        counted = Album.objects.annotate(genres_count=Count("genres"))
        rows = Artist.objects.prefetch_related(Prefetch("albums", queryset=counted)).order_by("pk")
        return [album.genres_count for artist in rows for album in artist.albums.all()]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.genres",
    fix=matches(r'prefetch_related\("genres"\).*in Python'),
    left=2,
)
class ExistsOfSeveralValuesForEachRow:
    @staticmethod
    def wrong() -> object:
        return [
            album.genres.filter(name=name).exists()  # use
            for album in Album.objects.order_by("pk")  # queryset
            for name in ("genre 1", "genre 2", "genre 3")
        ]

    @staticmethod
    def right() -> object:
        return [
            any(genre.name == name for genre in album.genres.all())
            for album in Album.objects.prefetch_related("genres").order_by("pk")
            for name in ("genre 1", "genre 2", "genre 3")
        ]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.genres",
        fix='.prefetch_related("genres")',
        left=2,
        use="use:exists",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.genres",
        fix='.prefetch_related("genres")',
        left=2,
        use="use:all",
    ),
)
class ExistsBeforeTheRows:
    """One prefetch answers both."""

    @staticmethod
    def wrong() -> object:
        found = []
        for album in Album.objects.order_by("pk"):  # queryset
            if album.genres.exists():  # use:exists
                found.append([genre.name for genre in album.genres.all()])  # use:all
        return found

    @staticmethod
    def right() -> object:
        rows = Album.objects.prefetch_related("genres").order_by("pk")
        return [[g.name for g in album.genres.all()] for album in rows if album.genres.exists()]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=matches(r"albums\.all\(\) instead"),
    left=2,
)
class FirstOfAPrefetchedSet:
    """The prefetch is there: only the loop has to change."""

    @staticmethod
    def wrong() -> object:
        rows = Artist.objects.prefetch_related("albums").order_by("pk")  # queryset
        return [artist.albums.first().title for artist in rows]  # use

    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums").order_by("pk")
        return [min(artist.albums.all(), key=lambda one: one.pk).title for artist in rows]
