"""Templates that ask: the line of the template is the line of use."""

from collections.abc import Iterable, Iterator

from django import forms
from django.db.models import Count, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.views.generic import DetailView, ListView

from tests.corpus.models import Album, Artist, Genre, Track
from tests.corpus.scenario import Expected, matches, scenario

WITH = matches(r"{% with")


def show(name: str, **context: object) -> list[str]:
    """Render a template; its words are the result."""
    return render_to_string(f"corpus/{name}.html", context).split()


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: key.html",
)
class KeyInATemplate:
    @staticmethod
    def wrong() -> object:
        return show("key", albums=Album.objects.all())  # queryset

    @staticmethod
    def right() -> object:
        return show("key", albums=Album.objects.select_related("artist"))


@scenario(
    Expected(
        kind="n_plus_one",
        relation="corpus.Album.artist",
        fix='.select_related("artist__label")',
        left=1,
        use="use: second_hop.html artist",
    ),
    Expected(
        kind="n_plus_one",
        relation="corpus.Artist.label",
        fix='.select_related("artist__label")',
        left=1,
        use="use: second_hop.html label",
    ),
)
class SecondHopInATemplate:
    @staticmethod
    def wrong() -> object:
        return show("second_hop", albums=Album.objects.order_by("pk"))  # queryset

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("pk").select_related("artist__label")
        return show("second_hop", albums=rows)


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix='.prefetch_related("albums")',
    left=2,
    use="use: sets.html",
)
class SetInATemplate:
    @staticmethod
    def wrong() -> object:
        return show("sets", artists=Artist.objects.all())  # queryset

    @staticmethod
    def right() -> object:
        return show("sets", artists=Artist.objects.prefetch_related("albums"))


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix='.prefetch_related("albums")',
    left=2,
    use="use: asked_twice.html",
)
class SetTestedAndLoopedOverInATemplate:
    """Two queries a row and one cause."""

    @staticmethod
    def wrong() -> object:
        return show("asked_twice", artists=Artist.objects.all())  # queryset

    @staticmethod
    def right() -> object:
        return show("asked_twice", artists=Artist.objects.prefetch_related("albums"))


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=matches(r'\.annotate\(\w+=Count\("albums"'),
    left=1,
    use="use: count.html",
)
class CountInATemplate:
    @staticmethod
    def wrong() -> object:
        return show("count", artists=Artist.objects.order_by("pk"))  # queryset

    @staticmethod
    def right() -> object:
        rows = Artist.objects.order_by("pk").annotate(album_count=Count("albums"))
        return show("annotated", artists=rows)


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.label",
    fix='.select_related("label")',
    left=1,
    use="use: card.html",
)
class KeyInAnIncludedTemplate:
    @staticmethod
    def wrong() -> object:
        return show("included", albums=Album.objects.all())  # queryset

    @staticmethod
    def right() -> object:
        return show("included", albums=Album.objects.select_related("label"))


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.country",
    fix='.select_related("country")',
    left=1,
    use="use: child.html",
)
class KeyInABlock:
    @staticmethod
    def wrong() -> object:
        return show("child", albums=Album.objects.all())  # queryset

    @staticmethod
    def right() -> object:
        return show("child", albums=Album.objects.select_related("country"))


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: condition.html",
)
class KeyInACondition:
    @staticmethod
    def wrong() -> object:
        return show("condition", albums=Album.objects.all())  # queryset

    @staticmethod
    def right() -> object:
        return show("condition", albums=Album.objects.select_related("artist"))


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: regroup.html",
)
class KeyInARegrouping:
    @staticmethod
    def wrong() -> object:
        return show("regroup", albums=Album.objects.order_by("artist"))  # queryset

    @staticmethod
    def right() -> object:
        return show("regroup", albums=Album.objects.order_by("artist").select_related("artist"))


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: artist_name",
)
class KeyInAFilter:
    @staticmethod
    def wrong() -> object:
        return show("filtered", albums=Album.objects.all())  # queryset

    @staticmethod
    def right() -> object:
        return show("filtered", albums=Album.objects.select_related("artist"))


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.label",
    fix='.select_related("label")',
    left=1,
    use="use: label_name",
)
class KeyInATag:
    @staticmethod
    def wrong() -> object:
        return show("tagged", albums=Album.objects.all())  # queryset

    @staticmethod
    def right() -> object:
        return show("tagged", albums=Album.objects.select_related("label"))


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: byline",
)
class PropertyInATemplate:
    @staticmethod
    def wrong() -> object:
        return show("property", albums=Album.objects.all())  # queryset

    @staticmethod
    def right() -> object:
        return show("property", albums=Album.objects.select_related("artist"))


@scenario(
    kind="duplicate",
    relation=("corpus.Artist.albums", "corpus.Album"),
    fix=WITH,
    left=2,
    use="use: twice.html",
    queryset=None,
)
class TemplateAsksTwice:
    @staticmethod
    def wrong() -> object:
        return show("twice", artist=Artist.objects.get(pk=1))

    @staticmethod
    def right() -> object:
        return show("with", artist=Artist.objects.get(pk=1))


@scenario(
    kind="duplicate",
    relation="corpus.Genre",
    fix=WITH,
    left=1,
    use="use: queryset_twice.html",
    queryset=None,
)
class TemplateReadsAQuerysetTwice:
    @staticmethod
    def wrong() -> object:
        return show("queryset_twice", genres=Genre.objects.order_by("pk"))

    @staticmethod
    def right() -> object:
        return show("queryset_once", genres=Genre.objects.order_by("pk"))


@scenario(kind="clean")
class PrefetchedSetInATemplate:
    @staticmethod
    def right() -> object:
        return show("lengths", artists=Artist.objects.prefetch_related("albums"))


class AlbumList(ListView):
    queryset = Album.objects.order_by("pk")  # queryset: AlbumList
    context_object_name = "albums"
    template_name = "corpus/key.html"


class JoinedAlbumList(AlbumList):
    queryset = Album.objects.order_by("pk").select_related("artist")


def page_of(view: type[ListView], *, paginate_by: int | None = None) -> list[str]:
    response = view.as_view(paginate_by=paginate_by)(RequestFactory().get("/"))
    return str(response.render().content, "utf-8").split()


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: key.html",
    queryset="queryset: AlbumList",
    mechanical=False,
)
class GenericViewWithAQueryset:
    @staticmethod
    def wrong() -> object:
        return page_of(AlbumList)

    @staticmethod
    def right() -> object:
        return page_of(JoinedAlbumList)


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=2,
    use="use: key.html",
    queryset="queryset: AlbumList",
    mechanical=False,
)
class GenericViewWithPages:
    @staticmethod
    def wrong() -> object:
        return page_of(AlbumList, paginate_by=5)

    @staticmethod
    def right() -> object:
        return page_of(JoinedAlbumList, paginate_by=5)


class OwnAlbumList(AlbumList):
    def get_queryset(self) -> QuerySet[Album]:
        return Album.objects.filter(year__gt=1970)  # queryset: OwnAlbumList


class OwnJoinedAlbumList(AlbumList):
    def get_queryset(self) -> QuerySet[Album]:
        return Album.objects.filter(year__gt=1970).select_related("artist")


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: key.html",
    queryset="queryset: OwnAlbumList",
    mechanical=False,
)
class GenericViewWithItsOwnGetQueryset:
    @staticmethod
    def wrong() -> object:
        return page_of(OwnAlbumList)

    @staticmethod
    def right() -> object:
        return page_of(OwnJoinedAlbumList)


class ArtistPage(DetailView):
    model = Artist
    template_name = "corpus/with.html"


@scenario(kind="clean")
class GenericViewOfOneRow:
    @staticmethod
    def right() -> object:
        response = ArtistPage.as_view()(RequestFactory().get("/"), pk=1)
        return str(response.render().content, "utf-8").split()


class NamedAlbum(forms.ModelChoiceField):
    def label_from_instance(self, obj: object) -> str:
        assert isinstance(obj, Album)
        return obj.artist.name  # use: label_from_instance


class AlbumForm(forms.Form):
    album = NamedAlbum(queryset=Album.objects.order_by("pk"))  # queryset: AlbumForm


class JoinedAlbumForm(forms.Form):
    album = NamedAlbum(queryset=Album.objects.order_by("pk").select_related("artist"))


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: label_from_instance",
    queryset="queryset: AlbumForm",
    mechanical=False,
)
class ChoicesOfAForm:
    @staticmethod
    def wrong() -> object:
        return AlbumForm().as_p()

    @staticmethod
    def right() -> object:
        return JoinedAlbumForm().as_p()


def body(tracks: Iterable[Track]) -> Iterator[str]:
    for track in tracks:
        yield track.album.title  # use: body


@scenario(
    kind="n_plus_one",
    relation="corpus.Track.album",
    fix='.select_related("album")',
    left=1,
    use="use: body",
)
class StreamedBody:
    @staticmethod
    def wrong() -> object:
        response = StreamingHttpResponse(body(Track.objects.order_by("pk")))  # queryset
        return response.getvalue()

    @staticmethod
    def right() -> object:
        rows = Track.objects.order_by("pk").select_related("album")
        return StreamingHttpResponse(body(rows)).getvalue()


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
)
class FunctionView:
    @staticmethod
    def wrong() -> object:
        lines = [
            f"{album.title}: {album.artist.name}"  # use
            for album in Album.objects.order_by("pk")  # queryset
        ]
        return HttpResponse("\n".join(lines)).content

    @staticmethod
    def right() -> object:
        rows = Album.objects.order_by("pk").select_related("artist")
        return HttpResponse("\n".join(f"{a.title}: {a.artist.name}" for a in rows)).content
