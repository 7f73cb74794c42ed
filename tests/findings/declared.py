"""Pages of which packages make the querysets: the admin, generic views, forms."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import ListView

from tests.music.models import Album


class AlbumAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "title",
        "artist",  # column artist
        "home_name",
    )
    list_filter = ("artist",)  # filter

    def home_name(self, album: Album) -> str:
        home = album.artist.home  # in the admin
        return home.name if home else ""


site = admin.AdminSite("tests")
site.register(Album, AlbumAdmin)


class PassingAdmin(AlbumAdmin):
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().changelist_view(request, extra_context)


passing = admin.AdminSite("passing")
passing.register(Album, PassingAdmin)


class AlbumList(ListView):  # type: ignore[type-arg]
    model = Album  # declared
    template_name = "albums.html"
    context_object_name = "albums"


class PassingList(AlbumList):
    model = Album  # declared by the one that passes on

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().get(request, *args, **kwargs)


class NarrowedList(AlbumList):
    def get_queryset(self) -> Any:
        return super().get_queryset()  # narrowed


class ArtistField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} of {obj.label.name}"  # choice


class AlbumForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Album
        fields = ("title", "artist")
        field_classes = {"artist": ArtistField}  # field artist


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(AlbumForm()))


def forms_of_a_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("".join(str(AlbumForm(prefix=str(n))) for n in range(3)))


urlpatterns = [
    path("admin/", site.urls),
    path("passing-admin/", passing.urls),
    path("albums/", AlbumList.as_view()),
    path("passing/", PassingList.as_view()),
    path("narrowed/", NarrowedList.as_view()),
    path("form/", form),
    path("forms/", forms_of_a_page),
]
