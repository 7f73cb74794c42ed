"""One-to-ones both ways, also where the other row is missing, and inheritance over tables."""

from django.core.exceptions import ObjectDoesNotExist

from tests.corpus.models import Album, Artist, Biography, Cover, Event
from tests.corpus.scenario import Expected, scenario


@scenario(kind="n_plus_one", relation="corpus.Cover.album", fix='.select_related("album")', left=1)
class OneToOneForwards:
    @staticmethod
    def wrong() -> object:
        return [
            cover.album.title  # use
            for cover in Cover.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [cover.album.title for cover in Cover.objects.select_related("album")]


@scenario(kind="n_plus_one", relation="corpus.Album.cover", fix='.select_related("cover")', left=1)
class OneToOneBackwards:
    @staticmethod
    def wrong() -> object:
        return [
            album.cover.pk  # use
            for album in Album.objects.filter(cover__isnull=False)  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(cover__isnull=False).select_related("cover")
        return [album.cover.pk for album in rows]


@scenario(kind="n_plus_one", relation="corpus.Album.cover", fix='.select_related("cover")', left=1)
class OneToOneBackwardsWithMissingRows:
    """hasattr() asks the database; a join remembers a missing row too."""

    @staticmethod
    def wrong() -> object:
        return [
            hasattr(album, "cover")  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [hasattr(album, "cover") for album in Album.objects.select_related("cover")]


@scenario(kind="n_plus_one", relation="corpus.Album.cover", fix='.select_related("cover")', left=1)
class OneToOneBackwardsWhereAllRowsAreMissing:
    @staticmethod
    def wrong() -> object:
        found = []
        for album in Album.objects.filter(pk__gt=8):  # queryset
            try:
                found.append(album.cover.pk)  # use
            except ObjectDoesNotExist:
                found.append(0)
        return found

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(pk__gt=8).select_related("cover")
        return [album.cover.pk if hasattr(album, "cover") else 0 for album in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Biography.artist", fix='.select_related("artist")', left=1
)
class OneToOneThatIsThePrimaryKey:
    @staticmethod
    def wrong() -> object:
        return [
            biography.artist.name  # use
            for biography in Biography.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [row.artist.name for row in Biography.objects.select_related("artist")]


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.biography",
    fix='.select_related("biography")',
    left=1,
)
class OneToOneBackwardsToAPrimaryKey:
    @staticmethod
    def wrong() -> object:
        return [
            artist.biography.text  # use
            for artist in Artist.objects.order_by("name")  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("name").select_related("biography")
        return [artist.biography.text for artist in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.select_related("artist__biography")',
        left=1,
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.biography",
        fix='.select_related("artist__biography")',
        left=1,
    ),
)
class OneToOneBackwardsBehindAKey:
    @staticmethod
    def wrong() -> object:
        return [
            album.artist.biography.text  # use
            for album in Album.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        rows = Album.objects.select_related("artist__biography")
        return [album.artist.biography.text for album in rows]


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.cover",
        fix='.select_related("cover__painter")',
        left=1,
        use="use cover",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Cover.painter",
        fix='.select_related("cover__painter")',
        left=1,
        use="use painter",
    ),
)
class KeyBehindAOneToOneBackwards:
    @staticmethod
    def wrong() -> object:
        names = []
        for album in Album.objects.filter(cover__gt=0):  # queryset
            cover = album.cover  # use cover
            painter = cover.painter  # use painter
            names.append(painter and painter.name)
        return names

    @staticmethod
    def right() -> object:
        rows = Album.objects.filter(cover__gt=0).select_related("cover__painter")
        return [album.cover.painter and album.cover.painter.name for album in rows]


@scenario(
    kind="n_plus_one", relation="corpus.Event.concert", fix='.select_related("concert")', left=1
)
class ChildOfAParentRow:
    @staticmethod
    def wrong() -> object:
        return [
            event.concert.hall  # use
            for event in Event.objects.all()  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [event.concert.hall for event in Event.objects.select_related("concert")]
