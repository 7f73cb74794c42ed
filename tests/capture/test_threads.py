"""Threads and tasks that audited code starts are recorded, and nothing stays behind in them."""

import asyncio
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections

import queryaudit
from queryaudit.capture import threads
from queryaudit.recording.callsite import AWAITING
from queryaudit.recording.recorder import CURRENT, Recorder
from tests.music.models import Album, Artist

pytestmark = pytest.mark.django_db(transaction=True)


def count_albums() -> int:
    try:
        return Album.objects.count()  # in the thread
    finally:
        connections.close_all()


def test_a_thread_that_is_started_is_recorded() -> None:
    with queryaudit.audit() as audit:
        thread = threading.Thread(target=count_albums)
        thread.start()
        thread.join()
    assert audit.query_count == 1
    assert "run" not in vars(thread)


def test_a_subclass_of_thread_with_a_run_of_its_own_is_recorded() -> None:
    class Counting(threading.Thread):
        def run(self) -> None:
            count_albums()

    with queryaudit.audit() as audit:
        thread = Counting()
        thread.start()
        thread.join()
    assert audit.query_count == 1


def test_workers_of_a_pool_keep_nothing_of_the_audit() -> None:
    with ThreadPoolExecutor(1) as pool:
        with queryaudit.audit() as audit:
            assert pool.submit(count_albums).result() == 0
        assert pool.submit(CURRENT.get).result() is None
        assert pool.submit(count_albums).result() == 0
    assert audit.query_count == 1


def test_what_asgiref_hands_to_a_pool_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[object] = []
    values_of = threads._values

    def counted(recorder: Recorder) -> threads.Values:
        handed.append(recorder)
        return values_of(recorder)

    monkeypatch.setattr(threads, "_values", counted)

    async def page() -> None:
        await sync_to_async(count_albums, thread_sensitive=False)()
        assert handed == []
        await asyncio.get_running_loop().run_in_executor(None, count_albums)
        assert len(handed) == 1

    with queryaudit.audit() as audit:
        async_to_sync(page)()
    assert audit.query_count == 2


def test_an_audit_in_a_thread_adds_its_counts_to_the_one_that_started_it() -> None:
    def inner() -> None:
        with queryaudit.audit():
            count_albums()

    with queryaudit.audit() as audit:
        thread = threading.Thread(target=inner)
        thread.start()
        thread.join()
    assert audit.query_count == 1


def test_who_awaits_does_not_stay_in_the_context() -> None:
    async def page() -> None:
        await asyncio.gather(Album.objects.acount(), sync_to_async(count_albums)())

    with queryaudit.audit():
        async_to_sync(page)()
    assert AWAITING.get() is None


def test_a_coroutine_that_nobody_awaits_warns_once() -> None:
    with warnings.catch_warnings(record=True) as caught, queryaudit.audit():
        warnings.simplefilter("always")
        Artist.objects.acount()  # type: ignore[unused-coroutine]
    assert len([w for w in caught if "never awaited" in str(w.message)]) == 1


def test_asynchronous_methods_are_still_coroutine_functions() -> None:
    with queryaudit.audit():
        assert asyncio.iscoroutinefunction(Artist.objects.all().aget)
