"""Async code and threads: the line is that of the code that waits, or of the thread's own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections

from tests.corpus.models import Album, Artist, Track
from tests.corpus.scenario import matches, scenario


@scenario(
    kind="n_plus_one", relation="corpus.Album.artist", fix='.select_related("artist")', left=1
)
class KeyReadInAThreadHop:
    @staticmethod
    def wrong() -> object:
        async def page() -> list[str]:
            def names() -> list[str]:
                return [
                    album.artist.name  # use
                    for album in Album.objects.all()  # queryset
                ]

            return await sync_to_async(names)()

        return async_to_sync(page)()

    @staticmethod
    def right() -> object:
        async def page() -> list[str]:
            return [album.artist.name async for album in Album.objects.select_related("artist")]

        return async_to_sync(page)()


@scenario(
    kind="n_plus_one",
    relation="corpus.Album.artist",
    fix='.select_related("artist")',
    left=1,
    use="use: artist_of_album",
)
class AsyncForWithAHopForEachRow:
    @staticmethod
    def wrong() -> object:
        async def page() -> list[str]:
            albums = Album.objects.all()  # queryset
            return [await sync_to_async(artist_of_album)(album) async for album in albums]

        return async_to_sync(page)()

    @staticmethod
    def right() -> object:
        async def page() -> list[str]:
            return [album.artist.name async for album in Album.objects.select_related("artist")]

        return async_to_sync(page)()


def artist_of_album(album: Album) -> str:
    return album.artist.name  # use: artist_of_album


@scenario(
    kind="n_plus_one", relation="corpus.Artist", fix=matches(r"in_bulk\("), left=1, queryset=None
)
class AsyncGetInALoop:
    @staticmethod
    def wrong() -> object:
        async def page() -> list[str]:
            names = []
            for pk in (1, 2, 3):
                artist = await Artist.objects.aget(pk=pk)  # use
                names.append(artist.name)
            return names

        return async_to_sync(page)()

    @staticmethod
    def right() -> object:
        async def page() -> list[str]:
            artists = await Artist.objects.ain_bulk([1, 2, 3])
            return [artists[pk].name for pk in (1, 2, 3)]

        return async_to_sync(page)()


@scenario(
    kind="n_plus_one", relation="corpus.Artist", fix=matches(r"in_bulk\("), left=1, queryset=None
)
class GatheredGets:
    """They seem to run at once and are one query after the other all the same."""

    @staticmethod
    def wrong() -> object:
        async def page() -> list[str]:
            gets = [Artist.objects.aget(pk=pk) for pk in (1, 2, 3)]  # use
            return [artist.name for artist in await asyncio.gather(*gets)]  # use

        return async_to_sync(page)()

    @staticmethod
    def right() -> object:
        async def page() -> list[str]:
            artists = await Artist.objects.ain_bulk([1, 2, 3])
            return [artists[pk].name for pk in (1, 2, 3)]

        return async_to_sync(page)()


@scenario(
    kind="n_plus_one",
    relation="corpus.Artist.albums",
    fix=matches(r'\.annotate\(\w+=Count\("albums"'),
    left=1,
)
class AsyncCountOfEachRow:
    @staticmethod
    def wrong() -> object:
        async def page() -> list[int]:
            return [
                await artist.albums.acount()  # use
                async for artist in Artist.objects.order_by("pk")  # queryset
            ]

        return async_to_sync(page)()

    @staticmethod
    def right() -> object:
        async def page() -> list[int]:
            from django.db.models import Count

            rows = Artist.objects.order_by("pk").annotate(total=Count("albums"))
            return [artist.total async for artist in rows]

        return async_to_sync(page)()


@scenario(
    kind="n_plus_one", relation="corpus.Artist.albums", fix='.prefetch_related("albums")', left=2
)
class AsyncSetOfEachRow:
    @staticmethod
    def wrong() -> object:
        async def page() -> list[list[str]]:
            titles = []
            async for artist in Artist.objects.order_by("pk"):  # queryset
                titles.append([album.title async for album in artist.albums.all()])  # use
            return titles

        return async_to_sync(page)()

    @staticmethod
    def right() -> object:
        async def page() -> list[list[str]]:
            rows = Artist.objects.order_by("pk").prefetch_related("albums")
            return [[album.title for album in artist.albums.all()] async for artist in rows]

        return async_to_sync(page)()


@scenario(
    kind="write_in_loop",
    relation="corpus.Album",
    fix=matches(r"bulk_update\("),
    left=2,
    queryset=None,
)
class AsyncSaveOfEachRow:
    @staticmethod
    def wrong() -> object:
        async def page() -> bool:
            async for album in Album.objects.all():
                album.price = album.pk
                await album.asave()  # use
            return True

        return async_to_sync(page)()

    @staticmethod
    def right() -> object:
        async def page() -> bool:
            albums = [album async for album in Album.objects.all()]
            for album in albums:
                album.price = album.pk
            await Album.objects.abulk_update(albums, ["price"])
            return True

        return async_to_sync(page)()

    @staticmethod
    def result() -> object:
        return [*Album.objects.order_by("pk").values_list("price", flat=True)]


@scenario(kind="clean")
class SeveralAwaitedQuestions:
    @staticmethod
    def right() -> object:
        async def page() -> object:
            first = await Artist.objects.aget(pk=1)
            second = await Artist.objects.aget(pk=2)
            return first.name, second.name, await Album.objects.acount()

        return async_to_sync(page)()


@scenario(kind="clean")
class AsyncForOverAJoin:
    @staticmethod
    def right() -> object:
        async def page() -> list[str]:
            rows = Album.objects.select_related("artist").prefetch_related("genres")
            return [f"{album.artist.name} {len(album.genres.all())}" async for album in rows]

        return async_to_sync(page)()


def in_thread(read: Callable[[], object]) -> object:
    """Run ``read`` in a thread that closes its connections."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(read())
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


@scenario(
    kind="n_plus_one",
    relation="corpus.Track.album",
    fix='.select_related("album")',
    left=1,
    threads=True,
)
class LoopInAThread:
    @staticmethod
    def wrong() -> object:
        return in_thread(
            lambda: [
                track.album.title  # use
                for track in Track.objects.order_by("pk")  # queryset
            ]
        )

    @staticmethod
    def right() -> object:
        return in_thread(
            lambda: [t.album.title for t in Track.objects.order_by("pk").select_related("album")]
        )


def title_of(track: Track) -> str:
    try:
        return track.album.title  # use: title_of
    finally:
        connections.close_all()


@scenario(
    kind="n_plus_one",
    relation="corpus.Track.album",
    fix='.select_related("album")',
    left=1,
    use="use: title_of",
    threads=True,
)
class RowsHandedToAPool:
    @staticmethod
    def wrong() -> object:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(title_of, Track.objects.order_by("pk")[:6]))  # queryset

    @staticmethod
    def right() -> object:
        rows = Track.objects.order_by("pk").select_related("album")[:6]
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(title_of, rows))
