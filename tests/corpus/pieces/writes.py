"""Rows written one by one, where one statement would do."""

from django.db import connection
from django.db.models import F

from tests.corpus.models import Album, Artist, Credit, Genre, Note, Playlist, Tag, Track
from tests.corpus.scenario import matches, scenario

BULK_UPDATE = matches(r"bulk_update\(")
BULK_CREATE = matches(r"bulk_create\(")
UPDATE = matches(r"\.update\(")
DELETE = matches(r"\.delete\(\)")
ADD = matches(r"bulk_create\(|\.add\(\*")


def years() -> object:
    return [*Album.objects.order_by("pk").values_list("year", flat=True)]


def genres() -> object:
    return [*Genre.objects.order_by("pk").values_list("name", flat=True)]


def prices() -> object:
    return [*Album.objects.order_by("pk").values_list("price", flat=True)]


@scenario(kind="write_in_loop", relation="corpus.Album", fix=BULK_UPDATE, left=2, queryset=None)
class SaveOfEachRow:
    @staticmethod
    def wrong() -> object:
        for album in Album.objects.all():
            album.year += album.pk % 3
            album.save()  # use
        return True

    @staticmethod
    def right() -> object:
        albums = list(Album.objects.all())
        for album in albums:
            album.year += album.pk % 3
        Album.objects.bulk_update(albums, ["year"])
        return True

    result = staticmethod(years)


@scenario(kind="write_in_loop", relation="corpus.Album", fix=BULK_UPDATE, left=2, queryset=None)
class SaveOfNamedColumns:
    @staticmethod
    def wrong() -> object:
        for album in Album.objects.all():
            album.year = 2000 + album.pk
            album.save(update_fields=["year"])  # use
        return True

    @staticmethod
    def right() -> object:
        albums = list(Album.objects.all())
        for album in albums:
            album.year = 2000 + album.pk
        Album.objects.bulk_update(albums, ["year"])
        return True

    result = staticmethod(years)


@scenario(
    kind="write_in_loop",
    relation="corpus.Album",
    fix=BULK_UPDATE,
    left=2,
    queryset=None,
    use="use: shift",
)
class SaveInAHelper:
    @staticmethod
    def wrong() -> object:
        for album in Album.objects.all():
            shift(album)
        return True

    @staticmethod
    def right() -> object:
        albums = list(Album.objects.all())
        for album in albums:
            album.year += 1 + album.pk
        Album.objects.bulk_update(albums, ["year"])
        return True

    result = staticmethod(years)


def shift(album: Album) -> None:
    album.year += 1 + album.pk
    album.save()  # use: shift


@scenario(kind="write_in_loop", relation="corpus.Genre", fix=BULK_CREATE, left=1, queryset=None)
class CreateOfEachRow:
    @staticmethod
    def wrong() -> object:
        for name in ("ska", "dub", "polka"):
            Genre.objects.create(name=name)  # use
        return True

    @staticmethod
    def right() -> object:
        Genre.objects.bulk_create(Genre(name=name) for name in ("ska", "dub", "polka"))
        return True

    result = staticmethod(genres)


@scenario(kind="write_in_loop", relation="corpus.Genre", fix=BULK_CREATE, left=1, queryset=None)
class SaveOfNewRows:
    @staticmethod
    def wrong() -> object:
        for name in ("ska", "dub", "polka"):
            genre = Genre(name=name)
            genre.save()  # use
        return True

    @staticmethod
    def right() -> object:
        Genre.objects.bulk_create([Genre(name=name) for name in ("ska", "dub", "polka")])
        return True

    result = staticmethod(genres)


@scenario(kind="write_in_loop", relation="corpus.Track", fix=BULK_CREATE, left=1, queryset=None)
class CreateThroughASet:
    @staticmethod
    def wrong() -> object:
        album = Album(pk=1)
        for title in ("one more", "another"):
            album.track_set.create(title=title, seconds=1)  # use
        return True

    @staticmethod
    def right() -> object:
        Track.objects.bulk_create(
            Track(title=title, seconds=1, album_id=1) for title in ("one more", "another")
        )
        return True

    @staticmethod
    def result() -> object:
        return [*Track.objects.order_by("pk").values_list("title", "album")]


@scenario(kind="write_in_loop", relation="corpus.Credit", fix=DELETE, left=2, queryset=None)
class DeleteOfEachRow:
    @staticmethod
    def wrong() -> object:
        for credit in Credit.objects.filter(role="piano"):
            credit.delete()  # use
        return True

    @staticmethod
    def right() -> object:
        Credit.objects.filter(role="piano").delete()
        return True

    @staticmethod
    def result() -> object:
        return [*Credit.objects.order_by("pk").values_list("role", "album")]


@scenario(kind="write_in_loop", relation="corpus.Tag", fix=DELETE, left=1, queryset=None)
class DeleteByKeys:
    @staticmethod
    def wrong() -> object:
        for word in ("word 1 of album", "word 2 of album"):
            Tag.objects.filter(word=word).delete()  # use
        return True

    @staticmethod
    def right() -> object:
        Tag.objects.filter(word__in=["word 1 of album", "word 2 of album"]).delete()
        return True

    @staticmethod
    def result() -> object:
        return [*Tag.objects.order_by("pk").values_list("word", flat=True)]


@scenario(kind="write_in_loop", relation="corpus.Album", fix=UPDATE, left=1, queryset=None)
class UpdateOfOneRowEachToTheSameValue:
    @staticmethod
    def wrong() -> object:
        for pk in (1, 2, 3):
            Album.objects.filter(pk=pk).update(price=5)  # use
        return True

    @staticmethod
    def right() -> object:
        Album.objects.filter(pk__in=[1, 2, 3]).update(price=5)
        return True

    result = staticmethod(prices)


@scenario(kind="write_in_loop", relation="corpus.Album", fix=UPDATE, left=2, queryset=None)
class UpdateOfOneRowEachByAnExpression:
    @staticmethod
    def wrong() -> object:
        for album in Album.objects.filter(year__lt=1970):
            Album.objects.filter(pk=album.pk).update(price=F("price") + 1)  # use
        return True

    @staticmethod
    def right() -> object:
        Album.objects.filter(year__lt=1970).update(price=F("price") + 1)
        return True

    result = staticmethod(prices)


@scenario(kind="write_in_loop", relation="corpus.Album", fix=BULK_UPDATE, left=1, queryset=None)
class UpdateOfOneRowEachToAnotherValue:
    @staticmethod
    def wrong() -> object:
        for pk, price in ((1, 7), (2, 8), (3, 9)):
            Album.objects.filter(pk=pk).update(price=price)  # use
        return True

    @staticmethod
    def right() -> object:
        albums = [Album(pk=pk, price=price) for pk, price in ((1, 7), (2, 8), (3, 9))]
        Album.objects.bulk_update(albums, ["price"])
        return True

    result = staticmethod(prices)


@scenario(
    kind="write_in_loop",
    relation=("corpus.Album_genres", "corpus.Album.genres"),
    fix=ADD,
    left=None,
    queryset=None,
)
class AddToAManyToManyOneByOne:
    @staticmethod
    def wrong() -> object:
        album = Album(pk=1)
        for pk in (4, 5, 6):
            album.genres.add(pk)  # use
        return True

    @staticmethod
    def right() -> object:
        Album(pk=1).genres.add(4, 5, 6)
        return True

    @staticmethod
    def result() -> object:
        return sorted(Album(pk=1).genres.values_list("pk", flat=True))


@scenario(
    kind="write_in_loop",
    relation=("corpus.Playlist_tracks", "corpus.Playlist.tracks"),
    fix=ADD,
    left=None,
    queryset=None,
)
class AddToTheManyToManyOfEachRow:
    @staticmethod
    def wrong() -> object:
        for playlist in Playlist.objects.all():
            playlist.tracks.add(24)  # use
        return True

    @staticmethod
    def right() -> object:
        through = Playlist.tracks.through
        keys = Playlist.objects.values_list("pk", flat=True)
        through.objects.bulk_create(
            [through(playlist_id=key, track_id=24) for key in keys], ignore_conflicts=True
        )
        return True

    @staticmethod
    def result() -> object:
        return sorted(Playlist.tracks.through.objects.values_list("playlist", "track"))


@scenario(kind="write_in_loop", relation="corpus.Genre", fix=BULK_CREATE, left=None, queryset=None)
class GetOrCreateOfEachRow:
    @staticmethod
    def wrong() -> object:
        for name in ("genre 1", "ska", "dub"):
            Genre.objects.get_or_create(name=name)  # use
        return True

    @staticmethod
    def right() -> object:
        names = ("genre 1", "ska", "dub")
        known = set(Genre.objects.filter(name__in=names).values_list("name", flat=True))
        Genre.objects.bulk_create(Genre(name=name) for name in names if name not in known)
        return True

    result = staticmethod(genres)


@scenario(kind="write_in_loop", relation="corpus.Genre", fix=BULK_CREATE, left=None, queryset=None)
class UpdateOrCreateOfEachRow:
    @staticmethod
    def wrong() -> object:
        for pk, name in ((1, "ska"), (2, "dub"), (77, "polka")):
            Genre.objects.update_or_create(pk=pk, defaults={"name": name})  # use
        return True

    @staticmethod
    def right() -> object:
        pairs = ((1, "ska"), (2, "dub"), (77, "polka"))
        Genre.objects.bulk_create(
            [Genre(pk=pk, name=name) for pk, name in pairs],
            update_conflicts=True,
            update_fields=["name"],
            unique_fields=["pk"],
        )
        return True

    result = staticmethod(genres)


@scenario(
    kind="write_in_loop",
    relation=None,
    fix=matches(r"executemany|VALUES|IN \("),
    left=1,
    queryset=None,
)
class CursorWritesInALoop:
    @staticmethod
    def wrong() -> object:
        with connection.cursor() as cursor:
            for name in ("ska", "dub", "polka"):
                cursor.execute("INSERT INTO corpus_genre (name) VALUES (%s)", [name])  # use
        return True

    @staticmethod
    def right() -> object:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO corpus_genre (name) VALUES (%s)", [("ska",), ("dub",), ("polka",)]
            )
        return True

    result = staticmethod(genres)


@scenario(
    kind="write_in_loop",
    relation="corpus.Artist",
    fix=matches(r"bulk_create\(|bulk_update\("),
    left=2,
    queryset=None,
)
class CopiesOfEachRow:
    @staticmethod
    def wrong() -> object:
        for artist in Artist.objects.order_by("pk"):
            artist.pk = None
            artist.save()  # use
        return True

    @staticmethod
    def right() -> object:
        artists = list(Artist.objects.order_by("pk"))
        for artist in artists:
            artist.pk = None
            artist._state.adding = True
        Artist.objects.bulk_create(artists)
        return True

    @staticmethod
    def result() -> object:
        return [*Artist.objects.order_by("pk").values_list("name", flat=True)]


@scenario(
    kind="write_in_loop",
    relation="corpus.Note",
    fix=matches(r"bulk_update\("),
    left=2,
    queryset=None,
)
class SaveThatAModelOverrides:
    """The loop is the caller's: the model's own save() serves everybody."""

    @staticmethod
    def wrong() -> object:
        for note in Note.objects.all():
            note.text = f"{note.text}!"
            note.save()  # use
        return True

    @staticmethod
    def right() -> object:
        notes = list(Note.objects.all())
        for note in notes:
            note.text = f"{note.text}!"
        Note.objects.bulk_update(notes, ["text"])
        return True

    @staticmethod
    def result() -> object:
        return [*Note.objects.order_by("pk").values_list("text", flat=True)]


@scenario(kind="clean")
class OverriddenSaveFromTwoLines:
    @staticmethod
    def right() -> object:
        first, second = Note.objects.order_by("pk")[:2]
        first.text = "first"
        first.save()
        second.text = "second"
        second.save()
        return True


def genres_of_albums() -> object:
    between = Album.genres.through.objects.order_by("album", "genre")
    return list(between.values_list("album", "genre"))


@scenario(
    kind="write_in_loop",
    relation="corpus.Album_genres",
    fix=matches(r"album\.genres\.add\(\*rows\)"),
    left=None,
    queryset=None,
)
class AddToOneSet:
    @staticmethod
    def wrong() -> object:
        album = Album.objects.get(pk=1)
        for genre in Genre.objects.order_by("pk"):
            album.genres.add(genre)  # use
        return None

    @staticmethod
    def right() -> object:
        album = Album.objects.get(pk=1)
        album.genres.add(*Genre.objects.order_by("pk"))
        return None

    @staticmethod
    def result() -> object:
        return list(
            Album.genres.through.objects.order_by("album", "genre").values_list("album", "genre")
        )


@scenario(
    kind="write_in_loop",
    relation="corpus.Album_genres",
    fix=matches(r"Album\.genres\.through\.objects"),
    left=None,
    queryset=None,
)
class SetOfSeveralForEachRow:
    """Rows go and come in numbers that differ: that it is a loop, the reads tell."""

    @staticmethod
    def wrong() -> object:
        for album in Album.objects.order_by("pk"):
            album.genres.set([1, 4])  # use
        return None

    @staticmethod
    def right() -> object:
        between = Album.genres.through.objects
        between.exclude(genre_id__in=[1, 4]).delete()
        albums = Album.objects.values_list("pk", flat=True)
        rows = [between.model(album_id=pk, genre_id=genre) for pk in albums for genre in (1, 4)]
        between.bulk_create(rows, ignore_conflicts=True)
        return None

    @staticmethod
    def result() -> object:
        return list(
            Album.genres.through.objects.order_by("album", "genre").values_list("album", "genre")
        )


@scenario(
    kind="write_in_loop",
    relation="corpus.Genre",
    fix=matches(r"filter\(name__in=values\), then Genre\.objects\.bulk_create"),
    left=None,
    queryset=None,
)
class GetOrCreateOfEachValue:
    @staticmethod
    def wrong() -> object:
        return [
            Genre.objects.get_or_create(name=name)[0].name  # use
            for name in ("genre 1", "polka", "genre 3", "waltz")
        ]

    @staticmethod
    def right() -> object:
        names = ("genre 1", "polka", "genre 3", "waltz")
        found = set(Genre.objects.filter(name__in=names).values_list("name", flat=True))
        Genre.objects.bulk_create([Genre(name=name) for name in names if name not in found])
        return list(names)
