"""A filter and a tag that load relations."""

from django import template

from tests.corpus.models import Album

register = template.Library()


@register.filter
def artist_name(album: Album) -> str:
    return album.artist.name  # use: artist_name


@register.simple_tag
def label_name(album: Album) -> str:
    return album.label.name  # use: label_name
