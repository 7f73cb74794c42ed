import asyncio
import functools
import gc
import re
from collections.abc import Iterator
from threading import Thread
from weakref import ref

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

import queryaudit
from queryaudit.auditing import Audit
from queryaudit.errors import AuditUsedTwiceError, FindingsError
from tests.music.models import Album, Label

pytestmark = pytest.mark.django_db


def loop() -> None:
    for album in Album.objects.all():
        _ = album.artist


def test_an_empty_audit(db: None) -> None:
    with queryaudit.audit() as audit:
        pass
    assert (audit.query_count, audit.transaction_statements, audit.db_time) == (0, 0, 0.0)
    assert (audit.dynamodb_calls, audit.dynamodb_capacity_units) == (0, 0.0)
    assert (audit.findings, audit.expected_count) == ([], 0)
    assert audit.price == {1: (0, 0), 5: (0, 0), 20: (0, 0)}
    assert re.fullmatch(r"[0-9a-zA-Z_-]+", audit.id)
    assert str(audit) == "audit: 0 queries, 0.0 ms in the database, no findings"


def test_the_price_of_an_audit_and_of_a_finding(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        loop()
    assert audit.price == {1: (0.007, 0.001), 5: (0.035, 0.005), 20: (0.14, 0.02)}
    assert audit.findings[0].price == {1: (0.006, 0.0), 5: (0.03, 0.0), 20: (0.12, 0.0)}


def test_counts_and_findings_are_there_while_the_block_runs(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        loop()
        assert (audit.query_count, len(audit.findings)) == (7, 1)
        loop()
    assert (audit.query_count, audit.findings[0].count) == (14, 12)


def test_what_follows_the_block_is_not_recorded(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        pass
    loop()
    assert audit.query_count == 0


def test_an_exception_passes_and_the_audit_ends(albums: list[Album]) -> None:
    with pytest.raises(ZeroDivisionError), queryaudit.audit() as audit:
        loop()
        _ = 1 / 0
    assert (audit.has_ended, audit.query_count) == (True, 7)


def test_an_audit_records_one_block(db: None) -> None:
    audit = queryaudit.audit()
    with audit:
        pass
    with pytest.raises(AuditUsedTwiceError, match="Call queryaudit.audit\\(\\) anew"), audit:
        pass


class TestNesting:
    def test_the_outer_audit_has_the_counts_and_findings_of_the_inner(
        self, albums: list[Album]
    ) -> None:
        with queryaudit.audit() as outer:
            list(Label.objects.all())
            with queryaudit.audit() as inner:
                loop()
        assert (inner.query_count, outer.query_count) == (7, 8)
        assert inner.db_time < outer.db_time
        assert [f.id for f in inner.findings] == [f.id for f in outer.findings]
        assert (inner.findings[0].expected_count, outer.findings[0].expected_count) == (1, 2)
        assert (inner.expected_count, outer.expected_count) == (1, 2)
        assert {s.sql for s in inner.to_record().shapes} < {s.sql for s in outer.to_record().shapes}

    def test_calls_of_other_services_are_added(self) -> None:
        with queryaudit.audit() as outer, queryaudit.audit() as inner:
            for _ in range(3):
                answer = {"ConsumedCapacity": {"CapacityUnits": 0.5}}
                given = {"TableName": "songs", "Key": {}}
                inner._recorder.begin_dynamodb().record("GetItem", given, 0.0, 0.1, answer)
        assert (outer.dynamodb_calls, outer.dynamodb_capacity_units) == (3, 1.5)

    def test_counts_of_the_same_finding_are_added(self, albums: list[Album]) -> None:
        with queryaudit.audit() as outer:
            for _ in range(3):
                with queryaudit.audit():
                    loop()
        (finding,) = outer.findings
        assert (outer.query_count, finding.count, finding.expected_count) == (21, 18, 3)

    def test_events_of_different_children_are_never_joined(self, albums: list[Album]) -> None:
        rows = iter(list(Album.objects.all()))
        with queryaudit.audit() as outer:
            queryset = list(Album.objects.all())
            for row in queryset:
                with queryaudit.audit():
                    _ = row.artist
        assert outer.query_count == 7
        assert outer.findings == []
        assert next(rows)

    def test_a_child_that_outlives_its_parent_hands_on_nothing(self, albums: list[Album]) -> None:
        inner = queryaudit.audit()
        with queryaudit.audit() as outer:
            inner.begin()
        with inner.active():
            loop()
        inner.end()
        assert (inner.query_count, outer.query_count) == (7, 0)

    def test_only_the_outermost_raises(self, albums: list[Album]) -> None:
        with pytest.raises(FindingsError), queryaudit.audit(raise_=True):
            with queryaudit.audit(raise_=True) as inner:
                loop()
            assert len(inner.findings) == 1


class TestRaising:
    def test_findings_of_severity_error_raise_at_the_end(self, albums: list[Album]) -> None:
        with pytest.raises(FindingsError, match="music.Album.artist") as caught:
            with queryaudit.audit(raise_=True) as audit:
                loop()
        assert caught.value.findings == audit.findings

    def test_a_clean_block_does_not_raise(self, albums: list[Album]) -> None:
        with queryaudit.audit(raise_=True) as audit:
            list(Album.objects.select_related("artist"))
        assert audit.query_count == 1

    def test_the_setting_is_the_default(self, albums: list[Album]) -> None:
        with override_settings(QUERYAUDIT={"RAISE": True}):
            with pytest.raises(FindingsError), queryaudit.audit():
                loop()
            with queryaudit.audit(raise_=False):
                loop()

    def test_an_exception_under_way_is_not_covered(self, albums: list[Album]) -> None:
        with pytest.raises(ZeroDivisionError), queryaudit.audit(raise_=True):
            loop()
            _ = 1 / 0


class TestDecorator:
    def test_each_call_is_an_audit_told_to_the_log(
        self, albums: list[Album], caplog: pytest.LogCaptureFixture
    ) -> None:
        @queryaudit.audit()
        def show(times: int) -> str:
            loop()
            return "shown" * times

        assert show(2) == "shownshown"
        assert show(times=1) == "shown"
        assert [r.message.splitlines()[0].partition(",")[0] for r in caplog.records] == [
            "TestDecorator.test_each_call_is_an_audit_told_to_the_log.<locals>.show: 7 queries"
        ] * 2

    def test_clean_calls_say_nothing(
        self, albums: list[Album], caplog: pytest.LogCaptureFixture
    ) -> None:
        queryaudit.audit(label="count")(Album.objects.count)()
        assert caplog.records == []

    def test_coroutines_are_audited_while_they_run(
        self, albums: list[Album], caplog: pytest.LogCaptureFixture
    ) -> None:
        @queryaudit.audit(label="async loop", raise_=False)
        async def show() -> str:
            await sync_to_async(loop)()
            return "shown"

        assert async_to_sync(show)() == "shown"
        assert caplog.records[0].message.startswith("async loop: 7 queries")

    def test_generators_are_refused(self) -> None:
        def rows() -> Iterator[int]:
            yield 1

        with pytest.raises(TypeError, match="cannot decorate the generator .*rows"):
            queryaudit.audit()(rows)


class TestConcurrency:
    def test_async_with_in_parallel_tasks_does_not_mix(self, albums: list[Album]) -> None:
        async def ask(times: int) -> int:
            async with queryaudit.audit() as audit:
                for _ in range(times):
                    await Album.objects.acount()
                    await asyncio.sleep(0)
            return audit.query_count

        async def ask_all() -> list[int]:
            return list(await asyncio.gather(*(ask(n) for n in range(8))))

        assert async_to_sync(ask_all)() == list(range(8))

    def test_a_thread_of_its_own_is_not_recorded_by_chance(self, albums: list[Album]) -> None:
        counts = []

        def work() -> None:
            with queryaudit.audit() as audit:
                pass
            counts.append(audit.query_count)

        with queryaudit.audit() as outer:
            thread = Thread(target=work)
            thread.start()
            thread.join()
        assert (counts, outer.query_count) == ([0], 0)


def test_a_record_is_plain_values(albums: list[Album]) -> None:
    with queryaudit.audit(label="loop") as audit:
        loop()
    audit.describe(view="v", method="GET", path="/p/", status=200)
    record = audit.to_record()
    assert isinstance(audit, Audit)
    assert (record.id, record.label, record.view, record.status) == (audit.id, "loop", "v", 200)
    assert record.expected_count == 1
    assert record.duration == audit.duration > record.db_time == audit.db_time > 0
    assert sum(shape.count for shape in record.shapes) == 7
    assert not record.is_cut


class TestAfterTheEnd:
    def test_a_task_that_goes_on_is_not_recorded(self, albums: list[Album]) -> None:
        async def ask() -> int:
            counted, ended = asyncio.Event(), asyncio.Event()

            async def work() -> None:
                await Album.objects.acount()
                counted.set()
                await ended.wait()
                await Album.objects.acount()
                await sync_to_async(loop)()

            async with queryaudit.audit() as audit:
                task = asyncio.create_task(work())
                await counted.wait()
            ended.set()
            await task
            assert audit.findings == []
            return audit.query_count

        assert async_to_sync(ask)() == 1

    def test_overlapping_blocks_leave_nothing_running(self, albums: list[Album]) -> None:
        first, second = queryaudit.audit(), queryaudit.audit()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        second.__exit__(None, None, None)
        loop()
        assert (first.query_count, second.query_count) == (0, 0)
        with queryaudit.audit() as third:
            pass
        assert third._parent is None


def test_a_list_of_findings_is_the_callers(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        loop()
    audit.findings.clear()
    assert len(audit.findings) == 1


def test_a_function_without_a_name_is_decorated(
    albums: list[Album], caplog: pytest.LogCaptureFixture
) -> None:
    queryaudit.audit()(functools.partial(loop))()
    assert caplog.records[0].message.startswith("functools.partial(<function loop")


class Token:
    """What a converter of a URL makes, whose text is the site's code."""

    def __str__(self) -> str:
        raise ZeroDivisionError


class TestRequests:
    def _audit(self, address: str, **values: object) -> Audit:
        request = RequestFactory().get(address)
        match = path("reset/<str:token>/", HttpResponse, name="reset").resolve("reset/s3cr3tvalue/")
        assert match is not None
        match.kwargs.update(values)
        match.captured_kwargs.update(values)  # type: ignore[attr-defined]
        request.resolver_match = match
        audit = Audit(label=f"{request.method} {request.path}")
        audit.describe_request(request, 200)
        return audit

    def test_a_secret_is_masked_from_the_beginning(self) -> None:
        audit = self._audit("/reset/s3cr3tvalue/")
        audit.describe(view="mine", method="GET", path="/reset/", status=200)
        assert audit.label == "GET /reset/.../"
        assert audit.to_record().view == "mine"

    def test_an_address_that_leads_nowhere_is_masked_when_it_is_asked_for(self) -> None:
        request = RequestFactory().get("/reset/MQ/5rt-x1b2c3d4e5f6")
        audit = Audit(label=f"{request.method} {request.path}")
        audit.describe_request(request, 404)
        record = audit.to_record()
        assert (audit.label, record.path) == ("GET /reset/MQ/...", "/reset/MQ/...")
        assert (record.method, record.view, record.status) == ("GET", "", 404)

    def test_a_name_that_is_given_later_stays(self) -> None:
        request = RequestFactory().get("/albums/")
        audit = Audit()
        audit.describe_request(request, 200)
        audit.label = "mine"
        assert (audit.label, audit.to_record().path) == ("mine", "/albums/")
        audit.name("operation")
        assert audit.label == "operation"

    def test_values_of_the_address_are_not_held(self) -> None:
        label = Label(name="a row that a converter made")
        audit, held = self._audit("/reset/s3cr3tvalue/", extra=label), ref(label)
        del label
        gc.collect()
        assert held() is None
        assert audit.label == "GET /reset/.../"

    def test_what_the_text_of_a_value_raises_is_raised_at_once_and_once(self) -> None:
        request = RequestFactory().get("/reset/s3cr3tvalue/")
        request.resolver_match = path("reset/<str:token>/", HttpResponse).resolve("reset/x/")
        assert request.resolver_match is not None
        request.resolver_match.captured_kwargs["token"] = Token()  # type: ignore[attr-defined]
        audit = Audit(label="a page")
        with pytest.raises(ZeroDivisionError):
            audit.describe_request(request, 200)
        assert audit.label == "a page"
        assert audit.findings == []
