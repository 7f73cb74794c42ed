"""The rows of the corpus: six of each parent, two children of each."""

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

from django.contrib.contenttypes.models import ContentType

from tests.corpus.models import (
    Album,
    Artist,
    Biography,
    Branch,
    Clerk,
    Concert,
    Country,
    Cover,
    Credit,
    Genre,
    Hall,
    Label,
    Note,
    Playlist,
    Seat,
    Show,
    Tag,
    Track,
)

V = TypeVar("V")

PARENTS = 6  # labels, artists, countries, genres, playlists, branches, concerts
ALBUMS = 12  # two of each artist, in each label, in each country
TRACKS = 24  # two on each album
COVERS = 8  # of the first albums; the others have none


def fill() -> None:
    """Write the rows and warm the cache of content types, which belongs to no piece."""
    six, twelve = range(1, PARENTS + 1), range(1, ALBUMS + 1)
    Country.objects.bulk_create(Country(pk=n, name=f"country {n}", code=f"c{n}") for n in six)
    Label.objects.bulk_create(Label(pk=n, name=f"label {n}", parent_id=n // 2 or None) for n in six)
    Artist.objects.bulk_create(
        Artist(pk=n, name=f"artist {n}", label_id=n, home_id=None if n == 3 else 7 - n) for n in six
    )
    Biography.objects.bulk_create(Biography(artist_id=n, text=f"born {n}") for n in six)
    Genre.objects.bulk_create(Genre(pk=n, name=f"genre {n}") for n in six)
    Album.objects.bulk_create(
        Album(
            pk=n,
            title=f"album {n}",
            year=1960 + 2 * n,
            notes=f"a long story {n}",
            artist_id=_turn(n),
            producer_id=None if n % 4 == 0 else _turn(n + 1),
            label_id=_turn(n),
            country_id=f"c{_turn(n)}",
        )
        for n in twelve
    )
    Album.genres.through.objects.bulk_create(
        Album.genres.through(album_id=n, genre_id=_turn(n + step))
        for n in twelve
        for step in (0, 1)
    )
    Track.objects.bulk_create(
        Track(pk=n, title=f"track {n}", seconds=100 + n, album_id=(n + 1) // 2)
        for n in range(1, TRACKS + 1)
    )
    Credit.objects.bulk_create(
        Credit(album_id=n, artist_id=_turn(n + step), role=("drums", "piano")[step])
        for n in twelve
        for step in (0, 1)
    )
    Cover.objects.bulk_create(
        Cover(pk=n, album_id=n, painter_id=_turn(n)) for n in range(1, COVERS + 1)
    )
    album, artist = (
        ContentType.objects.get_for_model(Album),
        ContentType.objects.get_for_model(Artist),
    )
    Tag.objects.bulk_create(
        Tag(word=f"word {n} of {kind.model}", target_type=kind, target_id=_turn(n))
        for kind in (album, artist)
        for n in twelve
    )
    Playlist.objects.bulk_create(Playlist(pk=n, name=f"playlist {n}") for n in six)
    Playlist.tracks.through.objects.bulk_create(
        Playlist.tracks.through(playlist_id=n, track_id=2 * n + step)
        for n in six
        for step in (0, 1)
    )
    Playlist.friends.through.objects.bulk_create(
        Playlist.friends.through(from_playlist_id=n, to_playlist_id=_turn(n + step))
        for n in six
        for step in (1, 5)
    )
    for n in six:
        Concert.objects.create(pk=n, title=f"concert {n}", artist_id=n, hall=f"hall {n}")
    Note.objects.bulk_create(Note(pk=n, text=f"note {n}") for n in six)
    Branch.objects.bulk_create(Branch(company=1, code=n, city=f"city {n}") for n in six)
    halls = [(city, number) for city in ("Oslo", "Rome", "Lima") for number in (1, 2)]
    Hall.objects.bulk_create(Hall(pk=key, seats=100 + key[1]) for key in halls)
    Show.objects.bulk_create(
        Show(city=city, hall_no=number, title=f"show {n}") for n in (1, 2) for city, number in halls
    )
    Seat.objects.bulk_create(
        Seat(pk=(*key, row), is_broken=row == 2) for key in halls for row in (1, 2, 3)
    )
    Clerk.objects.bulk_create(
        Clerk(name=f"clerk {n}", company=1, branch_code=_turn(n)) for n in twelve
    )
    ContentType.objects.clear_cache()
    ContentType.objects.get_for_models(Album, Artist)


def _turn(n: int) -> int:
    """Return ``n`` counted around in 1 to 6."""
    return (n - 1) % PARENTS + 1


def chunks(values: list[V], size: int) -> Iterator[list[V]]:
    """Yield ``values`` in lists of ``size``."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
