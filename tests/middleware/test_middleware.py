import asyncio
import copy
import gc
import pickle
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.core.exceptions import MiddlewareNotUsed
from django.core.signals import request_finished
from django.db import close_old_connections, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware
from django.test import AsyncClient, Client, RequestFactory, override_settings

import queryaudit
from queryaudit import errors, stores
from queryaudit.auditing import Audit
from queryaudit.errors import FindingsError
from queryaudit.middleware import QueryAuditMiddleware
from queryaudit.signals import request_audited
from queryaudit.stores.writer import writer
from tests.music.models import Album

MIDDLEWARE = "queryaudit.middleware.QueryAuditMiddleware"
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.middleware.pages")]


@pytest.fixture(autouse=True)
def _keep_the_connection() -> Iterator[None]:
    """As Django's test client does, for responses that a test closes itself."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _on() -> Iterator[None]:
    with override_settings(
        DEBUG=True, MIDDLEWARE=[MIDDLEWARE], QUERYAUDIT={"ENABLED": True, "STORE": "memory"}
    ):
        yield


@pytest.fixture
def audits() -> Iterator[list[Audit]]:
    """The audits of requests, as the signal hands them out."""
    heard: list[Audit] = []

    def hear(*, audit: Audit, **_: object) -> None:
        heard.append(audit)

    request_audited.connect(hear)
    yield heard
    request_audited.disconnect(hear)


def ids(audit: Audit) -> dict[str | None, str]:
    return {finding.relation: finding.id for finding in audit.findings}


def get(path: str) -> Any:
    return Client().get(path)


def get_async(path: str) -> Any:
    return async_to_sync(AsyncClient().get)(path)


@pytest.mark.parametrize(
    ("ask", "path"),
    [
        (get, "/albums/"),
        (get_async, "/async/albums/"),
        (get_async, "/albums/"),
        (get, "/async/albums/"),
    ],
)
def test_a_page_is_audited_sync_and_async(
    ask: Callable[[str], Any], path: str, albums: list[Album], audits: list[Audit]
) -> None:
    response = ask(path)
    assert response.status_code == 200
    (audit,) = audits
    assert audit.label == f"GET {path}"
    assert audit.query_count == 13
    assert {f.relation for f in audit.findings} == {"music.Album.artist", "music.Artist.label"}
    assert {str(f.used_at) for f in audit.findings} == {
        "tests/templates/albums.html:4",
        "tests/templates/albums.html:5",
    }
    assert response.headers["X-Queryaudit"] == f"id={audit.id}; q=13; f=2"
    assert 'desc="13 queries"' in response.headers["Server-Timing"]
    assert 'n1;desc="2 N+1"' in response.headers["Server-Timing"]


def test_the_record_is_kept(albums: list[Album], audits: list[Audit]) -> None:
    get("/albums/?secret=1")
    assert writer.drain()
    record = stores.current().read(audits[0].id)
    assert record is not None
    assert (record.method, record.path, record.view, record.status) == (
        "GET",
        "/albums/",
        "albums",
        200,
    )
    assert len(record.findings) == 2
    assert stores.current().recent(1) == [record]


def test_the_console_has_a_line_for_each_page_with_findings_and_details_once(
    albums: list[Album], caplog: pytest.LogCaptureFixture
) -> None:
    from queryaudit import keeping

    keeping._seen.clear()
    for path in ("/albums/", "/some/1/", "/albums/"):
        get(path)
        assert writer.drain()
    first, second = (record.message for record in caplog.records if record.name == "queryaudit")
    assert first.startswith("GET /albums/ 200 13q ")
    assert '.select_related("artist__label")' in first
    assert len(second.splitlines()) == 1
    assert second.split("  ")[-1] == first.splitlines()[0].split("  ")[-1]


class TestStreams:
    def test_a_body_is_audited_to_its_end(self, albums: list[Album], audits: list[Audit]) -> None:
        response = get("/streamed/")
        assert response.headers["X-Queryaudit"].startswith("id=")
        assert "q=" not in response.headers["X-Queryaudit"]
        assert "Server-Timing" not in response.headers
        assert audits == []
        assert len(response.getvalue().splitlines()) == 6
        (audit,) = audits
        assert audit.query_count == 8
        assert [f.relation for f in audit.findings] == ["music.Album.artist"]

    def test_an_async_body_is_audited_to_its_end(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        async def read() -> int:
            response: Any = await AsyncClient().get("/async/streamed/")
            assert audits == []
            return len([part async for part in response.streaming_content])

        assert async_to_sync(read)() == 6
        (audit,) = audits
        assert audit.query_count == 8
        assert [f.relation for f in audit.findings] == ["music.Album.artist"]

    def test_closing_ends_the_audit(self, albums: list[Album], audits: list[Audit]) -> None:
        response = get("/streamed/")
        content = iter(response.streaming_content)
        next(content)
        next(content)
        response.close()
        assert [audit.query_count for audit in audits] == [4]

    def test_closing_an_unread_body_ends_the_audit(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        get("/streamed/").close()
        assert [audit.query_count for audit in audits] == [1]

    def test_an_abandoned_body_ends_the_audit_at_once(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        """Without the garbage collector; no signal is sent from a finalizer."""
        from tests.middleware.pages import streamed

        gc.collect()
        gc.disable()
        try:
            request = RequestFactory().get("/streamed/")
            response = QueryAuditMiddleware(streamed)(request)
            audit = request.queryaudit  # type: ignore[attr-defined]
            gone = weakref.ref(response)
            assert not audit.has_ended
            del response
            assert gone() is None
            assert audit.has_ended
        finally:
            gc.enable()
        assert audits == []
        assert writer.drain()
        assert stores.current().read(audit.id) is not None

    def test_a_read_body_and_its_response_are_no_garbage(self, albums: list[Album]) -> None:
        from tests.middleware.pages import albums as page
        from tests.middleware.pages import streamed

        gc.collect()
        gc.disable()
        try:
            for view in (streamed, page):
                response: Any = QueryAuditMiddleware(view)(RequestFactory().get("/"))
                assert response.getvalue()
                response.close()
                gone = weakref.ref(response)
                del response
                assert gone() is None
        finally:
            gc.enable()

    def test_queries_of_a_generators_end_are_counted(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        def parts() -> Iterator[bytes]:
            try:
                yield b"a"
                yield b"b"
            finally:
                Album.objects.count()

        response: Any = QueryAuditMiddleware(lambda request: StreamingHttpResponse(parts()))(
            RequestFactory().get("/")
        )
        assert next(iter(response.streaming_content)) == b"a"
        response.close()
        assert [audit.query_count for audit in audits] == [1]

    def test_an_async_body_that_is_closed_early_is_closed_at_once(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        ended = []

        async def parts() -> AsyncIterator[bytes]:
            try:
                yield b"a"
                yield b"b"
            finally:
                ended.append(1)

        async def view(request: HttpRequest) -> StreamingHttpResponse:
            return StreamingHttpResponse(parts())

        async def ask() -> None:
            response: Any = await QueryAuditMiddleware(view)(RequestFactory().get("/"))  # type: ignore[misc]
            body = response._iterator
            assert await anext(body) == b"a"
            await body.aclose()
            assert ended == [1]
            response.close()

        async_to_sync(ask)()
        assert len(audits) == 1

    def test_what_runs_between_the_parts_is_not_recorded(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        for _ in get("/streamed/").streaming_content:
            Album.objects.count()
        assert [audit.query_count for audit in audits] == [8]

    def test_a_file_is_sent_as_it_is(self, audits: list[Audit]) -> None:
        from tests.middleware.pages import file

        response: Any = QueryAuditMiddleware(file)(RequestFactory().get("/file/"))
        assert response.file_to_stream is not None
        assert response.headers["X-Queryaudit"].endswith("; q=1; f=0")
        response.close()
        assert [audit.query_count for audit in audits] == [1]


class TestNesting:
    def test_an_audit_around_a_request_has_its_counts(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        with queryaudit.audit() as outer:
            get("/albums/")
            get("/some/1/")
        assert [audit.query_count for audit in audits] == [13, 1]
        assert outer.query_count == 14
        assert ids(outer) == ids(audits[0])
        assert outer.expected_count == 2

    def test_of_async_requests_too(self, albums: list[Album], audits: list[Audit]) -> None:
        with queryaudit.audit() as outer:
            get_async("/async/albums/")
        assert (outer.query_count, ids(outer)) == (13, ids(audits[0]))

    def test_a_streamed_body_read_inside_is_counted(self, albums: list[Album]) -> None:
        with queryaudit.audit() as outer:
            get("/streamed/").getvalue()
        assert outer.query_count == 8

    def test_a_streamed_body_read_after_it_hands_on_nothing(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        with queryaudit.audit() as outer:
            response = get("/streamed/")
        response.getvalue()
        assert (outer.query_count, audits[0].query_count) == (0, 8)


class TestParallel:
    @pytest.mark.django_db(transaction=True)
    def test_eight_threads_do_not_mix_counts(self, audits: list[Audit]) -> None:
        def ask(number: int) -> str:
            try:
                return str(get(f"/some/{number}/").headers["X-Queryaudit"].split("; ")[1])
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            asked = list(pool.map(ask, range(8)))
        assert asked == [f"q={number}" for number in range(8)]
        assert sorted(audit.query_count for audit in audits) == list(range(8))

    def test_eight_tasks_do_not_mix_counts(self, albums: list[Album]) -> None:
        async def ask_all() -> list[str]:
            client = AsyncClient()
            responses = await asyncio.gather(
                *(client.get(f"/async/some/{number}/") for number in range(8))
            )
            return [response.headers["X-Queryaudit"].split("; ")[1] for response in responses]

        assert async_to_sync(ask_all)() == [f"q={number}" for number in range(8)]


class TestWho:
    def test_strangers_see_no_header(self, audits: list[Audit]) -> None:
        response = Client(REMOTE_ADDR="203.0.113.7").get("/some/1/")
        assert "X-Queryaudit" not in response.headers
        assert "Server-Timing" not in response.headers
        assert [audit.query_count for audit in audits] == [1]

    def test_headers_can_be_switched_off(self) -> None:
        with override_settings(QUERYAUDIT={"ENABLED": True, "SERVER_TIMING": False}):
            assert "X-Queryaudit" not in get("/some/1/").headers

    @pytest.mark.parametrize("share", [0, 1])
    def test_a_sample_is_audited(self, share: int, audits: list[Audit]) -> None:
        with override_settings(QUERYAUDIT={"ENABLED": True, "SAMPLE": share, "STORE": "memory"}):
            get("/some/1/")
        assert len(audits) == share

    def test_a_function_of_the_request_decides(self, audits: list[Audit]) -> None:
        path = f"{__name__}.is_marked"
        with override_settings(QUERYAUDIT={"ENABLED": path, "STORE": "memory"}):
            get("/some/1/?audit=no")
            get("/some/2/?audit=yes")
        assert [audit.query_count for audit in audits] == [2]

    def test_disabled_the_middleware_is_not_used(self) -> None:
        for settings in ({"ENABLED": False}, {"ENABLED": None}):
            with override_settings(QUERYAUDIT=settings, DEBUG=False):
                with pytest.raises(MiddlewareNotUsed):
                    QueryAuditMiddleware(lambda request: HttpResponse())


def is_marked(request: HttpRequest) -> bool:
    return request.GET.get("audit") == "yes"


def refuse(request: HttpRequest) -> bool:
    raise ZeroDivisionError


class TestHarmless:
    @pytest.mark.parametrize(
        "broken",
        [
            "queryaudit.middleware.Audit",
            "queryaudit.middleware.Ending.show_headers",
            "queryaudit.middleware.Ending",
            "queryaudit.middleware.ending.request_audited.send_robust",
            "queryaudit.keeping.stores.current",
            "queryaudit.findings.find_n_plus_one",
        ],
    )
    @pytest.mark.usefixtures("audits")  # so that somebody is told of audits
    def test_an_error_of_the_auditor_is_logged_once_and_the_page_is_served(
        self,
        broken: str,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        albums: list[Album],
    ) -> None:
        def fail(*args: object, **kwargs: object) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(errors, "_told", set())
        if broken == "queryaudit.findings.find_n_plus_one":
            monkeypatch.setattr("queryaudit.findings.RULES", (fail,))
        else:
            monkeypatch.setattr(broken, fail)
        for _ in range(2):
            response = get("/albums/")
            assert response.status_code == 200
            assert b"artist 5" in response.content
        assert writer.drain()
        told = [record for record in caplog.records if "the request goes on" in record.message]
        assert len(told) == 1
        assert told[0].exc_info is not None

    def test_a_function_of_the_site_that_fails_audits_nothing(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, audits: list[Audit]
    ) -> None:
        monkeypatch.setattr(errors, "_told", set())
        with override_settings(QUERYAUDIT={"ENABLED": f"{__name__}.refuse"}):
            assert get("/some/1/").status_code == 200
        assert audits == []
        assert "beginning the audit of a request" in caplog.text

    def test_an_exception_of_the_view_passes(self, audits: list[Audit]) -> None:
        with pytest.raises(ZeroDivisionError):
            get("/broken/")
        assert Client(raise_request_exception=False).get("/broken/").status_code == 500
        assert [audit.query_count for audit in audits] == [1, 1]

    def test_a_receiver_that_fails_harms_nobody(
        self, caplog: pytest.LogCaptureFixture, audits: list[Audit]
    ) -> None:
        def fail(**_: object) -> None:
            raise RuntimeError("theirs")

        request_audited.connect(fail)
        try:
            assert get("/some/1/").status_code == 200
        finally:
            request_audited.disconnect(fail)
        assert "failed at request_audited" in caplog.text

    def test_another_server_timing_header_is_kept(self) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse(headers={"Server-Timing": "cache;dur=1"})

        response: Any = QueryAuditMiddleware(view)(RequestFactory().get("/"))
        assert response.headers["Server-Timing"].startswith("cache;dur=1, db;dur=0.0")


class TestBesideOthers:
    def test_a_request_is_pickled_and_copied_as_without(self, albums: list[Album]) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            plain = RequestFactory().get("/")
            plain.__dict__["queryaudit"] = request.queryaudit  # type: ignore[attr-defined]
            for name in ("environ", "META", "_stream", "_read_started"):
                plain.__dict__.pop(name, None)
            assert pickle.loads(pickle.dumps(plain.__dict__["queryaudit"])) is None
            assert copy.deepcopy(request.queryaudit) is request.queryaudit  # type: ignore[attr-defined]
            return HttpResponse()

        response: Any = QueryAuditMiddleware(view)(RequestFactory().get("/"))
        assert response.status_code == 200

    def test_an_audit_within_a_streamed_body_goes_on_over_its_parts(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        inner = queryaudit.audit()

        def parts() -> Iterator[bytes]:
            with inner:
                for _ in range(3):
                    Album.objects.count()
                    yield b"a"
            Album.objects.count()

        response: Any = QueryAuditMiddleware(lambda request: StreamingHttpResponse(parts()))(
            RequestFactory().get("/")
        )
        response.getvalue()
        response.close()
        assert inner.query_count == 3
        assert [audit.query_count for audit in audits] == [4]

    def test_what_other_middleware_closes_late_is_counted(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        from tests.middleware.pages import streamed_closing

        stacks: list[Any] = [
            GZipMiddleware(QueryAuditMiddleware(streamed_closing)),
            QueryAuditMiddleware(GZipMiddleware(streamed_closing)),
        ]
        for answer in stacks:
            request_finished.disconnect(close_old_connections)
            response = answer(RequestFactory().get("/", headers={"accept-encoding": "gzip"}))
            assert len(list(islice(response.streaming_content, 3))) == 3
            response.close()
        assert [audit.query_count for audit in audits] == [2, 2]

    def test_a_page_that_a_cache_middleware_keeps(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        """The cache pickles the response, with what hangs on it."""
        names = [
            "django.middleware.cache.UpdateCacheMiddleware",
            MIDDLEWARE,
            "django.middleware.cache.FetchFromCacheMiddleware",
        ]
        cache.clear()
        with override_settings(MIDDLEWARE=names):
            first, second = get("/albums/"), get("/albums/")
        cache.clear()
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.content == second.content
        assert [audit.query_count for audit in audits] == [13, 0]

    def test_a_response_that_another_middleware_replaces_is_kept(self, albums: list[Album]) -> None:
        names = ["django.middleware.http.ConditionalGetMiddleware", MIDDLEWARE]
        with override_settings(MIDDLEWARE=names):
            client = Client()
            etag = client.get("/albums/").headers["ETag"]
            replaced = client.get("/albums/", headers={"if-none-match": etag})
            assert replaced.status_code == 304
            del replaced
            gc.collect()
            assert writer.drain()
            assert [record.status for record in stores.current().recent()] == [200, 200]

    def test_secrets_in_a_path_are_masked(self, audits: list[Audit]) -> None:
        get("/reset/MTA/d0k3n-secret/5/")
        assert writer.drain()
        record = stores.current().read(audits[0].id)
        assert record is not None
        assert (record.path, record.label) == ("/reset/.../.../5/", "GET /reset/.../.../5/")

    def test_switched_off_by_a_test_it_stops_at_once(self, audits: list[Audit]) -> None:
        client = Client()
        client.get("/some/1/")
        with override_settings(QUERYAUDIT={"ENABLED": False}):
            assert "X-Queryaudit" not in client.get("/some/1/").headers
        assert len(audits) == 1


class TestRaise:
    def test_a_page_with_findings_raises(self, albums: list[Album]) -> None:
        with override_settings(QUERYAUDIT={"ENABLED": True, "RAISE": True, "STORE": "memory"}):
            with pytest.raises(FindingsError, match="music.Artist.label"):
                get("/albums/")
            assert get("/some/2/").status_code == 200

    def test_an_error_page_of_the_site_is_not_covered(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        with override_settings(QUERYAUDIT={"ENABLED": True, "RAISE": True, "STORE": "memory"}):
            with pytest.raises(ZeroDivisionError):
                get("/broken/albums/")
            response = Client(raise_request_exception=False).get("/broken/albums/")
        assert (response.status_code, "ZeroDivisionError" in response.content.decode()) == (
            500,
            True,
        )
        assert [len(audit.findings) for audit in audits] == [1, 1]

    def test_the_audit_of_a_page_that_raises_is_kept(
        self, albums: list[Album], audits: list[Audit]
    ) -> None:
        with override_settings(QUERYAUDIT={"ENABLED": True, "RAISE": True, "STORE": "memory"}):
            with pytest.raises(FindingsError):
                get("/albums/")
            assert writer.drain()
            assert stores.current().read(audits[0].id) is not None

    def test_a_streamed_body_is_logged_instead(
        self, albums: list[Album], caplog: pytest.LogCaptureFixture
    ) -> None:
        with override_settings(QUERYAUDIT={"ENABLED": True, "RAISE": True, "STORE": "memory"}):
            assert len(get("/streamed/").getvalue().splitlines()) == 6
        assert writer.drain()
        assert "GET /streamed/ 200 8q" in caplog.text


def test_a_generic_view_names_the_package_and_promises_nothing(
    albums: list[Album], audits: list[Audit]
) -> None:
    """No own frame made the queryset, and neither the test's nor a middleware's line is named."""
    get("/generic/albums/")
    (audit,) = audits
    for finding in audit.findings:
        assert finding.queryset_at is not None
        assert finding.queryset_at.path.endswith("django/views/generic/list.py")
        assert finding.origin == "package"
        assert (finding.fix_at, finding.expected_count) == (None, None)
    assert audit.expected_count is None
    assert audit.price[5] == (0.065, None)
    assert "no promise" in str(audit)


class TestOperations:
    """One address for many: each operation has its name, its history and its budget."""

    def test_the_operation_is_the_label_and_tells_views_apart(self, audits: list[Audit]) -> None:
        for operation in ("albums", "labels"):
            get(f"/graph/?operation={operation}")
        records = [audit.to_record() for audit in audits]
        assert [record.label for record in records] == ["albums", "labels"]
        assert [record.view for record in records] == ["graph albums", "graph labels"]

    def test_a_budget_names_it(self, audits: list[Audit]) -> None:
        settings = {"ENABLED": True, "STORE": "memory", "BUDGETS": {"albums": 0, "labels": 0}}
        with override_settings(QUERYAUDIT=settings):
            get("/graph/?operation=albums")
            get("/graph/?operation=labels")
        kinds = [{finding.kind for finding in audit.findings} for audit in audits]
        assert ("query_budget" in kinds[0], kinds[1]) == (True, set())

    def test_it_is_the_innermost_audit_that_is_named(self) -> None:
        queryaudit.label("nobody listens")
        with queryaudit.audit(label="outer") as outer, queryaudit.audit() as inner:
            queryaudit.label("load the cart")
        assert (outer.label, inner.label) == ("outer", "load the cart")

    @pytest.mark.parametrize(("name", "error"), [(None, TypeError), ("", ValueError)])
    def test_what_is_no_name_is_refused(self, name: Any, error: type[Exception]) -> None:
        with pytest.raises(error, match=r"label\(\) takes the name of an operation"):
            queryaudit.label(name)
