"""What is clean though it looks alike: every piece here must be silent."""

import asyncio
import pickle
from itertools import chain

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection, transaction
from django.db.models import Count, Prefetch, prefetch_related_objects
from django.utils.functional import cached_property

from tests.corpus.data import chunks
from tests.corpus.models import (
    Album,
    Artist,
    Biography,
    Concert,
    Country,
    Credit,
    Genre,
    Label,
    Playlist,
    Tag,
    Track,
)
from tests.corpus.scenario import scenario

clean = scenario(kind="clean")


def artist_named(name: str) -> Artist:
    return Artist.objects.get(name=name)


@clean
class HelperCalledOnceFromSeveralPlaces:
    @staticmethod
    def right() -> object:
        first = artist_named("artist 1")
        second = artist_named("artist 2")
        third = artist_named("artist 3")
        return [first.pk, second.pk, third.pk]


@clean
class SingleLoadsOfOneShape:
    @staticmethod
    def right() -> object:
        cheapest = Album.objects.get(pk=1)
        newest = Album.objects.get(pk=12)
        return [cheapest.artist.name, newest.artist.name]


@clean
class OneRowAndItsPath:
    @staticmethod
    def right() -> object:
        track = Track.objects.get(pk=5)
        return [track.album.artist.label.name, track.album.label.name]


@clean
class OneRowAndItsSets:
    @staticmethod
    def right() -> object:
        album = Album.objects.get(pk=1)
        return [len(album.track_set.all()), album.genres.count(), album.tags.exists()]


@clean
class OneOfSeveralRows:
    @staticmethod
    def right() -> object:
        albums = list(Album.objects.all())
        return albums[3].artist.name


@clean
class LoopOfOneRow:
    @staticmethod
    def right() -> object:
        return [album.artist.name for album in Album.objects.filter(pk=4)]


@clean
class PrefetchOfOneSet:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [[album.title for album in artist.albums.all()] for artist in rows]


@clean
class LengthOfAPrefetchedSet:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [len(artist.albums.all()) for artist in rows]


@clean
class CountOfAPrefetchedSet:
    """count() and exists() on ``all()`` of a prefetched set ask nothing."""

    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [(artist.albums.count(), artist.albums.exists()) for artist in rows]


@clean
class ElementOfAPrefetchedSet:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [artist.albums.all()[0].title for artist in rows]


@clean
class PrefetchedListOfItsOwnName:
    @staticmethod
    def right() -> object:
        recent = Prefetch("albums", queryset=Album.objects.recent(), to_attr="recent")
        return [len(artist.recent) for artist in Artist.objects.prefetch_related(recent)]


@clean
class PrefetchedListReadByName:
    @staticmethod
    def right() -> object:
        recent = Prefetch("albums", queryset=Album.objects.recent(), to_attr="recent")
        rows = Artist.objects.prefetch_related(recent)
        return [len(getattr(artist, "rec" + "ent")) for artist in rows]


@clean
class PrefetchReadFromTheCache:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [len(artist._prefetched_objects_cache["albums"]) for artist in rows]


@clean
class PrefetchReadFromTheDictionaryOfTheRow:
    @staticmethod
    def right() -> object:
        recent = Prefetch("albums", queryset=Album.objects.recent(), to_attr="recent")
        rows = Artist.objects.prefetch_related(recent)
        return [len(vars(artist)["recent"]) for artist in rows]


@clean
class PrefetchReadForSomeRowsOnly:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [len(artist.albums.all()) for artist in rows if artist.pk == 2]


@clean
class PrefetchOfAQuerysetWithoutRows:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.filter(pk=99).prefetch_related("albums").select_related("label")
        return [(artist.label.name, len(artist.albums.all())) for artist in rows] or "nothing"


@clean
class JoinReadThroughTheCache:
    @staticmethod
    def right() -> object:
        rows = Album.objects.select_related("artist")
        return [album._state.fields_cache["artist"].name for album in rows]


@clean
class JoinReadByAValueOfTheField:
    @staticmethod
    def right() -> object:
        field = Album._meta.get_field("artist")
        rows = Album.objects.select_related("artist")
        return [field.get_cached_value(album).name for album in rows]


@clean
class JoinReadBehindIt:
    """The first step is read only on the way to the second."""

    @staticmethod
    def right() -> object:
        rows = Album.objects.select_related("artist__label")
        return [album.artist.label.name for album in rows]


@clean
class JoinOfANullableKeyThatIsNull:
    @staticmethod
    def right() -> object:
        rows = Album.objects.select_related("producer")
        return [album.producer.name if album.producer else "nobody" for album in rows]


@clean
class PickledRowsWithTheirJoins:
    """They are read elsewhere: nobody can say that the join is unused."""

    @staticmethod
    def right() -> object:
        rows = list(Album.objects.select_related("artist").prefetch_related("genres"))
        return len(pickle.dumps(rows)) > 0


@clean
class PrefetchInChunksOfAnIterator:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums").iterator(chunk_size=2)
        return [len(artist.albums.all()) for artist in rows]


@clean
class KeysInChunks:
    @staticmethod
    def right() -> object:
        titles = []
        for keys in chunks(list(range(1, 13)), 4):
            titles += [album.title for album in Album.objects.filter(pk__in=keys)]
        return titles


@clean
class WritesInChunks:
    @staticmethod
    def right() -> object:
        for keys in chunks(list(range(100, 112)), 4):
            Genre.objects.bulk_create(Genre(pk=key, name=f"genre {key}") for key in keys)
        return Genre.objects.count()


@clean
class DeletesInChunks:
    @staticmethod
    def right() -> object:
        for keys in chunks(list(range(1, 13)), 4):
            Credit.objects.filter(album__in=keys).delete()
        return Credit.objects.count() == 0


@clean
class UpdatesInChunks:
    @staticmethod
    def right() -> object:
        for keys in chunks(list(range(1, 13)), 4):
            Album.objects.filter(pk__in=keys).update(price=3)
        return Album.objects.filter(price=3).count()


@clean
class BulkCreateInBatches:
    @staticmethod
    def right() -> object:
        new = [Genre(name=f"genre {n}") for n in range(10)]
        return len(Genre.objects.bulk_create(new, batch_size=3))


@clean
class BulkUpdateInBatches:
    @staticmethod
    def right() -> object:
        albums = list(Album.objects.all())
        for album in albums:
            album.price = album.pk
        return Album.objects.bulk_update(albums, ["price"], batch_size=4)


@clean
class PagesInTurn:
    @staticmethod
    def right() -> object:
        titles: list[str] = []
        for start in range(0, 12, 4):
            titles += [a.title for a in Album.objects.order_by("pk")[start : start + 4]]
        return titles


@clean
class PagesByTheLastKey:
    @staticmethod
    def right() -> object:
        seen, last = [], 0
        while rows := list(Album.objects.filter(pk__gt=last).order_by("pk")[:5]):
            seen += [album.title for album in rows]
            last = rows[-1].pk
        return seen


@clean
class LevelsOfATree:
    """A query for each level, not for each node."""

    @staticmethod
    def right() -> object:
        names, level = [], list(Label.objects.filter(parent=None))
        while level:
            names += [label.name for label in level]
            level = list(Label.objects.filter(parent__in=level))
        return names


@clean
class UpATreeFromOneRow:
    @staticmethod
    def right() -> object:
        names = []
        label: Label | None = Label.objects.get(pk=6)
        while label is not None:
            names.append(label.name)
            label = label.parent
        return names


@clean
class InBulk:
    @staticmethod
    def right() -> object:
        albums = list(Album.objects.all())
        artists = Artist.objects.in_bulk({album.artist_id for album in albums})
        return [artists[album.artist_id].name for album in albums]


@clean
class TwoPrefetchesOfOneTable:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums", "produced")
        return [(len(artist.albums.all()), len(artist.produced.all())) for artist in rows]


@clean
class PrefetchOfListsAlreadyLoaded:
    @staticmethod
    def right() -> object:
        artists = list(Artist.objects.all())
        prefetch_related_objects(artists, "albums__genres")
        return [len(a.genres.all()) for artist in artists for a in artist.albums.all()]


@clean
class SameReadWithAWriteBetween:
    @staticmethod
    def right() -> object:
        before = Genre.objects.count()
        Genre.objects.create(name="ska")
        return before, Genre.objects.count()


@clean
class SameRowReadWithAWriteBetween:
    @staticmethod
    def right() -> object:
        before = Album.objects.get(pk=1).price
        Album.objects.filter(pk=1).update(price=before + 1)
        return before, Album.objects.get(pk=1).price


@clean
class SameReadWithASaveBetween:
    @staticmethod
    def right() -> object:
        artist = Artist.objects.get(pk=1)
        artist.name = "another"
        artist.save()
        artist.refresh_from_db()
        return artist.name


@clean
class TwoDatabases:
    """Equal questions to two databases are two questions; here they are only compiled."""

    @staticmethod
    def right() -> object:
        rows = Genre.objects.using("default").order_by("pk")
        other = Genre.objects.using("other").order_by("pk")
        return [genre.name for genre in rows], str(rows.query) == str(other.query)


@clean
class OneCreate:
    @staticmethod
    def right() -> object:
        return Genre.objects.create(name="ska").name


@clean
class TwoCreatesOnTwoLines:
    @staticmethod
    def right() -> object:
        first = Genre.objects.create(name="ska")
        second = Genre.objects.create(name="dub")
        return first.name, second.name


@clean
class GetOrCreateOnce:
    """It looks, misses, writes within a savepoint: one call."""

    @staticmethod
    def right() -> object:
        genre, is_new = Genre.objects.get_or_create(name="ska")
        return genre.name, is_new


@clean
class UpdateOrCreateOnce:
    @staticmethod
    def right() -> object:
        genre, is_new = Genre.objects.update_or_create(pk=1, defaults={"name": "ska"})
        return genre.name, is_new


@clean
class OneSaveOfAChildModel:
    """A row in each table of the inheritance."""

    @staticmethod
    def right() -> object:
        concert = Concert.objects.create(title="one more", artist_id=1, hall="hall")
        return concert.title


@clean
class DeleteWithItsCascade:
    @staticmethod
    def right() -> object:
        return Album.objects.get(pk=1).delete()[0] > 1


@clean
class OneAddOfSeveralRows:
    @staticmethod
    def right() -> object:
        album = Album.objects.get(pk=1)
        album.genres.add(4, 5, 6)
        album.genres.remove(4)
        return album.genres.count()


@clean
class SetOfAManyToMany:
    @staticmethod
    def right() -> object:
        Album.objects.get(pk=1).genres.set([3, 4])
        return True


@clean
class Savepoints:
    @staticmethod
    def right() -> object:
        total = 0
        for step in range(3):
            with transaction.atomic():
                total += step
        return total


@clean
class ParentOfAChildRow:
    """The columns of the parent are there: ``event_ptr`` asks nothing."""

    @staticmethod
    def right() -> object:
        return [concert.event_ptr.title for concert in Concert.objects.all()]


@clean
class KeyOfTheRow:
    @staticmethod
    def right() -> object:
        return [(album.artist_id, album.country_id) for album in Album.objects.all()]


@clean
class PrimaryKeyThatIsAOneToOne:
    @staticmethod
    def right() -> object:
        return [(row.pk, row.artist_id) for row in Biography.objects.all()]


@clean
class ParentRememberedByItsSet:
    """Rows of ``artist.albums`` know their artist."""

    @staticmethod
    def right() -> object:
        artist = Artist.objects.get(pk=1)
        return [album.artist.name for album in artist.albums.all()]


@clean
class ParentRememberedByAPrefetch:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [album.artist.name for artist in rows for album in artist.albums.all()]


class Catalogue:
    @cached_property
    def countries(self) -> dict[str, str]:
        return dict(Country.objects.values_list("code", "name"))


@clean
class CachedProperty:
    @staticmethod
    def right() -> object:
        catalogue = Catalogue()
        return [catalogue.countries[album.country_id] for album in Album.objects.all()]


@clean
class CacheFilledOnFirstUse:
    @staticmethod
    def right() -> object:
        known: dict[str, str] = {}
        names = []
        for code in ("c1", "c1", "c1"):
            if code not in known:
                known[code] = Country.objects.get(code=code).name
            names.append(known[code])
        return names


@clean
class EvaluatedQuerysetReadTwice:
    @staticmethod
    def right() -> object:
        albums = Album.objects.all()
        return [album.title for album in albums], [album.year for album in albums], len(albums)


@clean
class DeferredColumnOfOneObject:
    @staticmethod
    def right() -> object:
        album = Album.objects.defer("notes").get(pk=1)
        return album.notes


@clean
class DeferredColumnOfOneOfTheRows:
    @staticmethod
    def right() -> object:
        albums = list(Album.objects.defer("notes"))
        return albums[4].notes


@clean
class DeferredColumnNobodyReads:
    @staticmethod
    def right() -> object:
        return [album.title for album in Album.objects.defer("notes")]


@clean
class PageAndItsCount:
    @staticmethod
    def right() -> object:
        albums = Album.objects.filter(year__gt=1965)
        return albums.count(), [album.title for album in albums[:3]]


@clean
class ExistsAndThenTheRows:
    """Two questions of different text: together they may be dear, but they are no repeat."""

    @staticmethod
    def right() -> object:
        albums = Album.objects.filter(year__gt=1965)
        return [album.title for album in albums] if albums.exists() else []


@clean
class FiguresOfOneModelOnSeveralLines:
    @staticmethod
    def right() -> object:
        sixties = Album.objects.filter(year__lt=1970).count()
        seventies = Album.objects.filter(year__range=(1970, 1979)).count()
        return sixties, seventies


@clean
class AnnotatedFigures:
    @staticmethod
    def right() -> object:
        rows = Artist.objects.annotate(total=Count("albums")).order_by("pk")
        return [artist.total for artist in rows]


@clean
class ValuesOverARelation:
    @staticmethod
    def right() -> object:
        return list(Album.objects.values_list("title", "artist__label__name"))


@clean
class AssignedRelation:
    @staticmethod
    def right() -> object:
        artist = Artist.objects.get(pk=1)
        albums = list(Album.objects.all())
        for album in albums:
            album.artist = artist
        return [album.artist.name for album in albums]


@clean
class UnsavedRows:
    @staticmethod
    def right() -> object:
        artist = Artist.objects.get(pk=1)
        return [Album(title=str(n), artist=artist).byline for n in range(5)]


@clean
class ExecuteMany:
    @staticmethod
    def right() -> object:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO corpus_genre (name) VALUES (%s)", [("ska",), ("dub",), ("polka",)]
            )
        return Genre.objects.count()


@clean
class CursorQueriesOfSeveralTables:
    @staticmethod
    def right() -> object:
        sizes = []
        with connection.cursor() as cursor:
            for table in ("corpus_album", "corpus_artist", "corpus_genre"):
                cursor.execute(f"SELECT COUNT(*) FROM {table}")
                sizes.append(cursor.fetchone()[0])
        return sizes


@clean
class OneQueryOfEachModel:
    """A loop over models is as long as the program says, not as the table is."""

    @staticmethod
    def right() -> object:
        return [model._default_manager.count() for model in (Album, Artist, Genre, Playlist)]


@clean
class TargetsPrefetched:
    @staticmethod
    def right() -> object:
        return [tag.target.pk for tag in Tag.objects.prefetch_related("target")]


@clean
class PrefetchOverAJoin:
    @staticmethod
    def right() -> object:
        rows = Album.objects.select_related("artist").prefetch_related("artist__albums")
        return [len(album.artist.albums.all()) for album in rows]


@clean
class LockedRowReadAgain:
    """Read, then locked and read afresh, as updates under concurrency are written."""

    @staticmethod
    def right() -> object:
        album = Album.objects.get(pk=1)
        with transaction.atomic():
            locked = Album.objects.select_for_update().get(pk=album.pk, price=album.price)
            locked.price += 1
            locked.save(update_fields=["price"])
        return locked.price


@clean
class HelperAwaitedFromTwoLines:
    """One helper, called once from each of two lines: awaited in turn, as tasks, in threads."""

    @staticmethod
    def right() -> object:
        async def name_of(pk: int) -> str:
            artist = await Artist.objects.aget(pk=pk)
            return artist.name

        async def page() -> list[str]:
            names = [await name_of(1)]
            names.append(await name_of(2))
            third = asyncio.create_task(name_of(3))
            fourth = asyncio.create_task(name_of(4))
            names += [await third, await fourth]
            names.append(await sync_to_async(lambda: title_of(5))())
            names.append(await sync_to_async(lambda: title_of(6))())
            return names

        return async_to_sync(page)()


def title_of(pk: int) -> str:
    return Album.objects.get(pk=pk).title


@scenario(kind="clean")
class TwoQuerysetsReadAsOne:
    """They are read by one line, and are two questions."""

    @staticmethod
    def right() -> object:
        early = Album.objects.filter(year=1962)
        late = Album.objects.filter(year=1980)
        return [album.title for album in chain(early, late)]
