"""Reverse foreign keys, many-to-many and generic sets, read row by row."""

from django.db.models import Prefetch

from tests.corpus.models import Album, Artist, Branch, Genre, Label, Playlist, Tag, Track
from tests.corpus.scenario import Expected, matches, scenario

# A sliced queryset in a Prefetch needs to_attr: without, Django raises TypeError on reading it.
SLICED_ALBUMS = matches(r'\.prefetch_related\(Prefetch\("albums", queryset=((?!\[:).)*$|to_attr=')
NARROWED_ALBUMS = matches(r'\.prefetch_related\(Prefetch\("albums", queryset=')


@scenario(
    kind="n_plus_one", relation="corpus.Artist.albums", fix='.prefetch_related("albums")', left=2
)
class ReverseSet:
    @staticmethod
    def wrong() -> object:
        return [
            [album.title for album in artist.albums.all()]  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [
            [album.title for album in artist.albums.all()]
            for artist in Artist.objects.prefetch_related("albums")
        ]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.track_set",
    fix='.prefetch_related("track_set")',
    left=2,
)
class ReverseSetWithoutARelatedName:
    @staticmethod
    def wrong() -> object:
        titles = []
        for album in Album.objects.order_by("year"):  # queryset
            for track in album.track_set.all():  # use
                titles.append(track.title)
        return titles

    @staticmethod
    def right() -> object:
        albums = Album.objects.order_by("year").prefetch_related("track_set")
        return [track.title for album in albums for track in album.track_set.all()]


@scenario(
    kind="n_plus_one", relation="corpus.Label.imprints", fix='.prefetch_related("imprints")', left=2
)
class ReverseSetOfASelfKey:
    @staticmethod
    def wrong() -> object:
        return [
            len(label.imprints.all())  # use
            for label in Label.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Label.objects.prefetch_related("imprints")
        return [len(label.imprints.all()) for label in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.albums",
        fix='.prefetch_related("albums")',
        left=8,
        use="use albums",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.produced",
        fix='.prefetch_related("produced")',
        left=8,
        use="use produced",
    ),
)
class TwoSetsOfOneModel:
    @staticmethod
    def wrong() -> object:
        counts = []
        for artist in Artist.objects.all():  # queryset
            own = len(artist.albums.all())  # use albums
            others = len(artist.produced.all())  # use produced
            counts.append((own, others))
        return counts

    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums", "produced")
        return [(len(artist.albums.all()), len(artist.produced.all())) for artist in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.albums",
        fix='.prefetch_related("albums__track_set")',
        left=3,
        use="use albums",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.track_set",
        fix='.prefetch_related("albums__track_set")',
        left=3,
        use="use tracks",
    ),
)
class SetBelowASet:
    @staticmethod
    def wrong() -> object:
        titles = []
        for artist in Artist.objects.order_by("name"):  # queryset
            for album in artist.albums.all():  # use albums
                for track in album.track_set.all():  # use tracks
                    titles.append(track.title)
        return titles

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("name").prefetch_related("albums__track_set")
        return [
            track.title
            for artist in rows
            for album in artist.albums.all()
            for track in album.track_set.all()
        ]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.albums",
        fix='.prefetch_related("albums__label")',
        left=3,
        use="use albums",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.label",
        fix='.prefetch_related("albums__label")',
        left=3,
        use="use label",
    ),
)
class KeyBelowASet:
    @staticmethod
    def wrong() -> object:
        names = []
        for artist in Artist.objects.order_by("name"):  # queryset
            for album in artist.albums.all():  # use albums
                names.append(album.label.name)  # use label
        return names

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("name").prefetch_related("albums__label")
        return [album.label.name for artist in rows for album in artist.albums.all()]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Track.album",
        fix='.prefetch_related("album__genres")',
        left=3,
        use="use album",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.genres",
        fix='.prefetch_related("album__genres")',
        left=3,
        use="use genres",
    ),
)
class SetBelowAKey:
    @staticmethod
    def wrong() -> object:
        names = []
        for track in Track.objects.order_by("pk"):  # queryset
            album = track.album  # use album
            names.append([genre.name for genre in album.genres.all()])  # use genres
        return names

    @staticmethod
    def right() -> object:
        rows = Track.objects.order_by("pk").prefetch_related("album__genres")
        return [[genre.name for genre in track.album.genres.all()] for track in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix='.prefetch_related("artist__albums")',
    left=2,
)
class SetBelowAJoinedKey:
    @staticmethod
    def wrong() -> object:
        return [
            len(album.artist.albums.all())  # use
            for album in Album.objects.select_related("artist")[:6]  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.select_related("artist").prefetch_related("artist__albums")
        return [len(album.artist.albums.all()) for album in rows[:6]]


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=NARROWED_ALBUMS, left=2)
class NarrowedSet:
    @staticmethod
    def wrong() -> object:
        return [
            [album.title for album in artist.albums.filter(year__gt=1970)]  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        recent = Album.objects.filter(year__gt=1970)
        rows = Artist.objects.prefetch_related(Prefetch("albums", queryset=recent))
        return [[album.title for album in artist.albums.all()] for artist in rows]


@scenario(
    Expected(kind="n_plus_one", relation="corpus.Artist.albums", fix=NARROWED_ALBUMS, left=3),
    Expected(
        kind="unused_eager_load",
        relation="corpus.Artist.albums",
        fix=matches(r"[Rr]emove"),
        left=7,
        use="queryset",
        is_optional=True,
    ),
)
class PrefetchPassedOverByAFilter:
    """The plain prefetch answers nothing: the filter asks again."""

    @staticmethod
    def wrong() -> object:
        return [
            [album.title for album in artist.albums.filter(year__gt=1970)]  # use
            for artist in Artist.objects.prefetch_related("albums")  # queryset
        ]

    @staticmethod
    def right() -> object:
        recent = Album.objects.filter(year__gt=1970)
        rows = Artist.objects.prefetch_related(Prefetch("albums", queryset=recent))
        return [[album.title for album in artist.albums.all()] for artist in rows]


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=NARROWED_ALBUMS, left=2)
class ExcludingSet:
    @staticmethod
    def wrong() -> object:
        titles: list[str] = []
        for artist in Artist.objects.all():  # queryset
            titles.extend(album.title for album in artist.albums.exclude(year=1972))  # use
        return titles

    @staticmethod
    def right() -> object:
        others = Album.objects.exclude(year=1972)
        rows = Artist.objects.prefetch_related(Prefetch("albums", queryset=others))
        return [album.title for artist in rows for album in artist.albums.all()]


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=NARROWED_ALBUMS, left=2)
class OrderedSet:
    @staticmethod
    def wrong() -> object:
        return [
            [album.title for album in artist.albums.order_by("-year")]  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        ordered = Album.objects.order_by("-year")
        rows = Artist.objects.prefetch_related(Prefetch("albums", queryset=ordered))
        return [[album.title for album in artist.albums.all()] for artist in rows]


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=SLICED_ALBUMS, left=2)
class SlicedSet:
    @staticmethod
    def wrong() -> object:
        return [
            [album.title for album in artist.albums.order_by("-year")[:1]]  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        newest = Album.objects.order_by("-year")[:1]
        rows = Artist.objects.prefetch_related(
            Prefetch("albums", queryset=newest, to_attr="newest")
        )
        return [[album.title for album in artist.newest] for artist in rows]


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=SLICED_ALBUMS, left=2)
class FirstOfAnOrderedSet:
    @staticmethod
    def wrong() -> object:
        titles = []
        for artist in Artist.objects.all():  # queryset
            newest = artist.albums.order_by("-year").first()  # use
            titles.append(newest and newest.title)
        return titles

    @staticmethod
    def right() -> object:
        newest = Album.objects.order_by("-year")[:1]
        rows = Artist.objects.prefetch_related(
            Prefetch("albums", queryset=newest, to_attr="newest")
        )
        return [artist.newest[0].title for artist in rows]


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=SLICED_ALBUMS, left=2)
class LatestOfASet:
    @staticmethod
    def wrong() -> object:
        return [
            artist.albums.latest("year").title  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        newest = Album.objects.order_by("-year")[:1]
        rows = Artist.objects.prefetch_related(
            Prefetch("albums", queryset=newest, to_attr="newest")
        )
        return [artist.newest[0].title for artist in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Artist.albums", fix='.prefetch_related("albums")', left=2
)
class FirstElementOfASet:
    """``all()[0]`` is answered by a plain prefetch."""

    @staticmethod
    def wrong() -> object:
        return [
            artist.albums.all()[0].title  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [artist.albums.all()[0].title for artist in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=matches(r'\.prefetch_related\((Prefetch\()?"albums"'),
    left=2,
)
class ValuesOfASet:
    """values_list() passes a prefetch over: the use changes with the queryset."""

    @staticmethod
    def wrong() -> object:
        return [
            list(artist.albums.values_list("title", flat=True))  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [[album.title for album in artist.albums.all()] for artist in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=matches(r'\.prefetch_related\((Prefetch\()?"albums"'),
    left=2,
)
class GetFromASet:
    @staticmethod
    def wrong() -> object:
        return [
            artist.albums.get(year__lt=1974).title  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        old = Album.objects.filter(year__lt=1974)
        rows = Artist.objects.prefetch_related(Prefetch("albums", queryset=old))
        return [artist.albums.all()[0].title for artist in rows]


@scenario(kind="n_plus_one", relation="corpus.Artist.albums", fix=NARROWED_ALBUMS, left=2)
class SetWithAJoinOfItsOwn:
    """The key is joined already; the set is asked per row all the same."""

    @staticmethod
    def wrong() -> object:
        return [
            [album.label.name for album in artist.albums.select_related("label")]  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        joined = Album.objects.select_related("label")
        rows = Artist.objects.prefetch_related(Prefetch("albums", queryset=joined))
        return [[album.label.name for album in artist.albums.all()] for artist in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=NARROWED_ALBUMS,
    left=2,
)
class SetThroughAQuerysetMethod:
    @staticmethod
    def wrong() -> object:
        return [
            [album.title for album in artist.albums.recent()]  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        recent = Album.objects.recent()
        rows = Artist.objects.prefetch_related(Prefetch("albums", queryset=recent))
        return [[album.title for album in artist.albums.all()] for artist in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Album.genres", fix='.prefetch_related("genres")', left=2
)
class ManyToMany:
    @staticmethod
    def wrong() -> object:
        return [
            sorted(genre.name for genre in album.genres.all())  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.prefetch_related("genres")
        return [sorted(genre.name for genre in album.genres.all()) for album in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Genre.albums", fix='.prefetch_related("albums")', left=2
)
class ManyToManyBackwards:
    @staticmethod
    def wrong() -> object:
        return {
            genre.name: len(genre.albums.all())  # use
            for genre in Genre.objects.all()  # queryset
        }

    @staticmethod
    def right() -> object:
        rows = Genre.objects.prefetch_related("albums")
        return {genre.name: len(genre.albums.all()) for genre in rows}


@scenario(
    kind="n_plus_one", relation="corpus.Album.guests", fix='.prefetch_related("guests")', left=2
)
class ManyToManyThroughAModel:
    @staticmethod
    def wrong() -> object:
        return [
            sorted(guest.name for guest in album.guests.all())  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.prefetch_related("guests")
        return [sorted(guest.name for guest in album.guests.all()) for album in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.appearances",
    fix='.prefetch_related("appearances")',
    left=2,
)
class ManyToManyThroughAModelBackwards:
    @staticmethod
    def wrong() -> object:
        return [
            sorted(album.title for album in artist.appearances.all())  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("appearances")
        return [sorted(album.title for album in artist.appearances.all()) for artist in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.credits",
        fix='.prefetch_related("credits__artist")',
        left=3,
        use="use credits",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Credit.artist",
        fix='.prefetch_related("credits__artist")',
        left=3,
        use="use artist",
    ),
)
class ThroughRowsAndTheirKeys:
    @staticmethod
    def wrong() -> object:
        lines = []
        for album in Album.objects.order_by("pk"):  # queryset
            for credit in album.credits.all():  # use credits
                lines.append((credit.role, credit.artist.name))  # use artist
        return lines

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("pk").prefetch_related("credits__artist")
        return [(c.role, c.artist.name) for album in rows for c in album.credits.all()]


@scenario(
    kind="n_plus_one",
    relation="corpus.Playlist.friends",
    fix='.prefetch_related("friends")',
    left=2,
)
class ManyToManyToItself:
    @staticmethod
    def wrong() -> object:
        return [
            sorted(friend.name for friend in playlist.friends.all())  # use
            for playlist in Playlist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Playlist.objects.prefetch_related("friends")
        return [sorted(friend.name for friend in playlist.friends.all()) for playlist in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.genres",
    fix=matches(r'\.prefetch_related\(Prefetch\("genres", queryset='),
    left=2,
)
class NarrowedManyToMany:
    @staticmethod
    def wrong() -> object:
        return [
            [genre.name for genre in album.genres.filter(pk__gt=3).order_by("pk")]  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        genres = Genre.objects.filter(pk__gt=3).order_by("pk")
        rows = Album.objects.prefetch_related(Prefetch("genres", queryset=genres))
        return [[genre.name for genre in album.genres.all()] for album in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Playlist.tracks",
        fix='.prefetch_related("tracks__album__artist")',
        left=4,
        use="use tracks",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Track.album",
        fix='.prefetch_related("tracks__album__artist")',
        left=4,
        use="use album",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.prefetch_related("tracks__album__artist")',
        left=4,
        use="use artist",
    ),
)
class TwoKeysBelowAManyToMany:
    @staticmethod
    def wrong() -> object:
        names = []
        for playlist in Playlist.objects.order_by("pk"):  # queryset
            for track in playlist.tracks.all():  # use tracks
                album = track.album  # use album
                artist = album.artist  # use artist
                names.append(artist.name)
        return sorted(names)

    @staticmethod
    def right() -> object:
        rows = Playlist.objects.order_by("pk").prefetch_related("tracks__album__artist")
        return sorted(track.album.artist.name for row in rows for track in row.tracks.all())


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.genres",
    fix='.prefetch_related("genres")',
    left=2,
    use="use: genre_names",
)
class ManyToManyInAMethodOfTheModel:
    @staticmethod
    def wrong() -> object:
        return [album.genre_names() for album in Album.objects.all()]  # queryset

    @staticmethod
    def right() -> object:
        return [album.genre_names() for album in Album.objects.prefetch_related("genres")]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix='.prefetch_related("albums")',
    left=2,
)
class SetAskedWhetherItIsEmpty:
    """``if set.all()`` loads the set, and the loop asks again: one cause."""

    @staticmethod
    def wrong() -> object:
        titles = []
        for artist in Artist.objects.all():  # queryset
            if artist.albums.all():  # use
                titles.append([album.title for album in artist.albums.all()])  # use
        return titles

    @staticmethod
    def right() -> object:
        rows = Artist.objects.prefetch_related("albums")
        return [[album.title for album in row.albums.all()] for row in rows if row.albums.all()]


@scenario(
    kind="n_plus_one", relation="corpus.Tag.target", fix='.prefetch_related("target")', left=3
)
class GenericKey:
    """A query for each type of target is left."""

    @staticmethod
    def wrong() -> object:
        return [
            (tag.word, tag.target.pk)  # use
            for tag in Tag.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [(tag.word, tag.target.pk) for tag in Tag.objects.prefetch_related("target")]


@scenario(
    kind="n_plus_one", relation="corpus.Tag.target", fix='.prefetch_related("target")', left=2
)
class GenericKeyOfOneType:
    @staticmethod
    def wrong() -> object:
        return [
            tag.target.title  # use
            for tag in Tag.objects.filter(target_type__model="album")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Tag.objects.filter(target_type__model="album").prefetch_related("target")
        return [tag.target.title for tag in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Tag.target",
        fix='.prefetch_related("target__artist")',
        left=3,
        use="use target",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.prefetch_related("target__artist")',
        left=3,
        use="use artist",
    ),
)
class KeyBelowAGenericKey:
    @staticmethod
    def wrong() -> object:
        names = []
        for tag in Tag.objects.filter(target_type__model="album"):  # queryset
            album = tag.target  # use target
            names.append(album.artist.name)  # use artist
        return names

    @staticmethod
    def right() -> object:
        rows = Tag.objects.filter(target_type__model="album")
        return [tag.target.artist.name for tag in rows.prefetch_related("target__artist")]


@scenario(kind="n_plus_one", relation="corpus.Album.tags", fix='.prefetch_related("tags")', left=2)
class GenericRelation:
    @staticmethod
    def wrong() -> object:
        return [
            sorted(tag.word for tag in album.tags.all())  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.prefetch_related("tags")
        return [sorted(tag.word for tag in album.tags.all()) for album in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.tags",
    fix=matches(r'\.prefetch_related\(Prefetch\("tags", queryset='),
    left=2,
)
class NarrowedGenericRelation:
    @staticmethod
    def wrong() -> object:
        return [
            [tag.word for tag in artist.tags.filter(word__contains="1").order_by("pk")]  # use
            for artist in Artist.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        tags = Tag.objects.filter(word__contains="1").order_by("pk")
        rows = Artist.objects.prefetch_related(Prefetch("tags", queryset=tags))
        return [[tag.word for tag in artist.tags.all()] for artist in rows]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix='.prefetch_related("albums")',
    left=2,
    use="use: titles",
)
class SetInAHelper:
    @staticmethod
    def wrong() -> object:
        return [titles(artist) for artist in Artist.objects.all()]  # queryset

    @staticmethod
    def right() -> object:
        return [titles(artist) for artist in Artist.objects.prefetch_related("albums")]


def titles(artist: Artist) -> list[str]:
    return [album.title for album in artist.albums.all()]  # use: titles


@scenario(
    kind="n_plus_one", relation="corpus.Branch.clerks", fix='.prefetch_related("clerks")', left=2
)
class ReverseSetOfACompositeKey:
    @staticmethod
    def wrong() -> object:
        return [
            sorted(clerk.name for clerk in branch.clerks.all())  # use
            for branch in Branch.objects.order_by("city")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Branch.objects.order_by("city").prefetch_related("clerks")
        return [sorted(clerk.name for clerk in branch.clerks.all()) for branch in rows]
