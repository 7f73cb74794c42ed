import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection, connections
from django.test import AsyncClient, Client
from pytest_django import Settings
from shop.models import Artist
from shop.pairs import PAIRS
from shop.round_trips import count_round_trips, get_round_trips, watch_connections

from tests.demo_site.test_pages import ALBUMS, QUERIES, body

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

JSON_ADDRESSES = ["/slow/albums.json", "/fast/albums.json"] * 4
JSON_QUERIES = [101, 1] * 4


def test_only_statements_of_the_block_are_counted() -> None:
    Artist.objects.count()
    with count_round_trips() as outer:
        Artist.objects.count()
        with count_round_trips() as inner:
            Artist.objects.first()
            Artist.objects.last()
        Artist.objects.count()
    Artist.objects.count()
    assert (outer.count, inner.count) == (2, 2)
    assert get_round_trips().count == 0


def test_count_ends_with_an_exception_of_the_block() -> None:
    with pytest.raises(ZeroDivisionError), count_round_trips():
        1 / 0  # noqa: B018
    Artist.objects.count()
    assert get_round_trips().count == 0


def test_statement_in_a_worker_thread_counts_for_its_request() -> None:
    async def count_twice() -> int:
        with count_round_trips() as round_trips:
            await Artist.objects.acount()
            await sync_to_async(Artist.objects.count)()
        return round_trips.count

    assert async_to_sync(count_twice)() == 2


def test_connection_is_wrapped_once_however_often_it_opens() -> None:
    def reopen_and_count() -> int:
        # A thread has a connection of its own, which may be closed as in a server.
        Artist.objects.count()
        connection.close()
        watch_connections()
        with count_round_trips() as round_trips:
            Artist.objects.count()
        connection.close()
        return round_trips.count

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(reopen_and_count).result() == 1


def test_parallel_requests_in_threads_keep_their_counts_apart(settings: Settings) -> None:
    settings.DEMO_LATENCY_MS = 1  # gives the other threads a chance within each request
    start = Barrier(len(JSON_ADDRESSES))

    def ask(address: str) -> int:
        try:
            start.wait(timeout=10)
            queries: int = Client().get(address).json()["about"]["queries"]
            return queries
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(JSON_ADDRESSES)) as pool:
        assert list(pool.map(ask, JSON_ADDRESSES)) == JSON_QUERIES


def test_parallel_requests_on_one_event_loop_keep_their_counts_apart() -> None:
    # What memory holds is read anew after some writes, and whose request that is, is no matter.
    pairs = [pair for pair in PAIRS if pair.path != "shelves/"]
    pages = [page for pair in pairs for page in (pair.slow, pair.fast)] + [
        PAIRS[-2].slow,
        PAIRS[-2].fast,
    ]

    async def ask_all() -> list[bytes]:
        responses = await asyncio.gather(*(AsyncClient().get(page.url) for page in pages))
        return [await sync_to_async(body)(response) for response in responses]

    for page, content in zip(pages, async_to_sync(ask_all)(), strict=True):
        queries = b"%d" % QUERIES.get(page.pair.path, ALBUMS)[page.variant]
        html, json = b'<strong id="queries">%s</strong>' % queries, b'"queries": %s}' % queries
        assert html in content or json in content or b"# queries: %s\r\n" % queries in content


def test_each_round_trip_takes_the_configured_time(settings: Settings) -> None:
    settings.DEMO_LATENCY_MS = 20
    begun = time.perf_counter()
    for _ in range(3):
        Artist.objects.count()
    assert time.perf_counter() - begun >= 0.06
