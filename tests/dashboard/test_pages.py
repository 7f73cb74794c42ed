"""The dashboard's pages, over a store with records of every sort."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import translation

from queryaudit import stores
from queryaudit.findings.base import Location
from queryaudit.findings.record import AuditRecord, Phase
from queryaudit.findings.shapes import Example, Shape
from queryaudit.stores.writer import writer
from tests.music.models import Album
from tests.records import USE, make_edit, make_finding, make_record

PAGES = ("", "views/", "findings/", "memory/", "compare/", "view/?name=albums", "requests/a1/")
LANE = "0012900" + "0" * 113
SITE = {
    "DEBUG": True,
    "ROOT_URLCONF": "tests.dashboard.urls",
    "MIDDLEWARE": ["queryaudit.middleware.QueryAuditMiddleware"],
    "QUERYAUDIT": {"ENABLED": True, "STORE": "memory"},
}

pytestmark = pytest.mark.urls("tests.dashboard.urls")


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with override_settings(**SITE):
        yield


def write(**values: Any) -> AuditRecord:
    shape = Shape("SELECT a FROM t WHERE b = ?", "default", 50, 0.02, USE, LANE)
    record = make_record(
        **{"shapes": (shape,), "phases": (Phase("albums.html", 0.01, 0.05),), **values}
    )
    stores.current().write(record)
    return record


def get(path: str, **headers: Any) -> Any:
    return Client().get(f"/audits/{path}", **headers)


def get_json(path: str) -> dict[str, Any]:
    response = get(path + ("&" if "?" in path else "?") + "format=json")
    assert response["Content-Type"] == "application/json"
    data: dict[str, Any] = json.loads(response.content)
    return data


def text_of(path: str) -> str:
    """Return what a page says, without its tags."""
    response = get(path)
    assert response.status_code == 200, response.content
    page = Words()
    page.feed(response.content.decode())
    return " ".join(" ".join(page.words).split())


class Words(HTMLParser):
    """Collects texts, links and elements."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("page", PAGES)
class TestEveryPage:
    def test_it_needs_nothing_but_its_own_files(self, page: str) -> None:
        write()
        response = get(page)
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        words = Words()
        words.feed(response.content.decode())
        for tag, attributes in words.elements:
            assert tag != "style"
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            if tag in {"script", "link", "img"}:
                address = attributes.get("src") or attributes.get("href") or ""
                assert re.fullmatch(r"/audits/assets/[\w.]+\?v=[0-9a-f]{12}", address)
                assert Client().get(address).status_code == 200

    def test_it_has_the_same_as_json(self, page: str) -> None:
        write()
        data = get_json(page)
        assert data["problem"] is None
        assert "a1" in str(data) or page in {"findings/", "memory/", "compare/"}

    def test_strangers_get_the_404_of_an_address_that_leads_nowhere(self, page: str) -> None:
        write()
        stranger = Client(REMOTE_ADDR="203.0.113.7")
        for path in (f"/audits/{page}", f"/audits/{page.partition('?')[0]}?format=json"):
            assert stranger.get(path).status_code == 404
            assert Client().post(path).status_code == 405

    def test_it_works_without_any_record(self, page: str) -> None:
        response = get(page)
        assert response.status_code == (404 if "a1" in page or "name=" in page else 200)
        assert "queryaudit" in response.content.decode()

    def test_a_sites_language_stays_out_of_its_drawings(self, page: str) -> None:
        write(query_count=12345, db_time=1.5)
        with translation.override("de"), override_settings(USE_THOUSAND_SEPARATOR=True):
            there = get(page).content
        assert there == get(page).content

    @override_settings(TEMPLATES=[], STATIC_URL=None, INSTALLED_APPS=["queryaudit"])
    def test_a_site_without_templates_has_it_as_well(self, page: str) -> None:
        write()
        assert get(page).status_code == 200

    @override_settings(
        TEMPLATES=[{"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": True}]
    )
    def test_a_site_with_jinja_alone_has_it_as_well(self, page: str) -> None:
        write()
        assert get(page).status_code == 200

    def test_what_is_wrong_with_the_store_stands_on_it(
        self, page: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write()

        def fail(*_: object) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr(type(stores.current()), "write", fail)
        assert stores.keep(make_record(id="lost")) is False
        assert "no space left on device" in text_of(page)
        assert "no space left" in get_json(page)["problem"]


class TestViewers:
    def test_without_debug_active_staff_sees_it_and_others_do_not(self, db: None) -> None:
        write()
        middleware = [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ]
        with override_settings(DEBUG=False, MIDDLEWARE=middleware):
            client = Client()
            for values, status in (
                ({}, 404),
                ({"is_staff": True, "is_active": False}, 404),
                ({"is_staff": True}, 200),
            ):
                user = User.objects.create(username=str(values), **values)
                client.force_login(user)
                assert client.get("/audits/").status_code == status
            assert client.get("/audits/assets/report.css").status_code == 200
            for path in ("", "assets/report.css", "requests/a1/plans/0/"):
                assert Client(enforce_csrf_checks=True).get(f"/audits/{path}").status_code == 404
                assert Client(enforce_csrf_checks=True).post(f"/audits/{path}").status_code == 404

    def test_a_site_without_users_has_no_staff(self) -> None:
        with override_settings(DEBUG=False):
            assert get("").status_code == 404

    def test_the_setting_decides(self) -> None:
        yes = {**SITE["QUERYAUDIT"], "VIEWERS": "tests.dashboard.test_pages.says_yes"}  # type: ignore[dict-item]
        with override_settings(DEBUG=False, QUERYAUDIT=yes):
            assert get("").status_code == 200
            assert Client(HTTP_X_WHO="other").get("/audits/").status_code == 404


def links_on(page: str) -> set[str]:
    response = Client().get(page)
    assert response.status_code == 200
    words = Words()
    words.feed(response.content.decode())
    found = {attributes.get(name) or "" for _, attributes in words.elements for name in LINKS}
    return {link for link in found if link.startswith("/")}


LINKS = ("href", "src", "data-qa-up")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("urlconf", "prefix", "values"),
    [
        ("nested_urls", "/ops/audits/", {}),
        ("named_urls", "/audits/", {}),
        ("i18n_urls", "/de/audits/", {"LANGUAGE_CODE": "de", "LANGUAGES": [("de", "Deutsch")]}),
    ],
)
def test_its_links_lead_to_pages_wherever_the_site_puts_it(
    urlconf: str, prefix: str, values: dict[str, Any], page: str
) -> None:
    write()
    write(id="a2", started_at=1_600_000_000.0)
    middleware = [*SITE["MIDDLEWARE"], "django.middleware.locale.LocaleMiddleware"]  # type: ignore[misc]
    with override_settings(
        ROOT_URLCONF=f"tests.dashboard.{urlconf}", MIDDLEWARE=middleware, **values
    ):
        links = links_on(prefix + page)
        assert len(links) >= 6
        for link in links:
            assert link.startswith(prefix)
            assert Client().get(link).status_code == 200, link


def says_yes(request: Any) -> bool:
    return "X-Who" not in request.headers


class TestRequests:
    def test_the_newest_come_first_with_counts_and_findings(self) -> None:
        write(id="a1", started_at=1.0)
        write(id="a2", started_at=2.0, label="GET /clean/", view="clean", findings=())
        text = text_of("")
        assert text.index("GET /clean/") < text.index("GET /albums/")
        assert "51 → 1 20.0 100 51 ms, 255 ms, 1.0 s → 1 ms, 5 ms, 20 ms N+1" in text
        assert "2 of 2 kept requests" in text

    def test_they_are_narrowed(self) -> None:
        write(id="a1")
        write(id="a2", label="POST /x/", view="x", method="POST", findings=())
        for query, ids in (
            ("view=x", ["a2"]),
            ("method=GET", ["a1"]),
            ("findings=1", ["a1"]),
            ("q=post+%2FX", ["a2"]),
            ("q=a2", ["a2"]),
            ("view=none", []),
        ):
            found = get_json(f"?{query}")
            assert [one["id"] for one in found["requests"]] == ids
        assert "None of the 2 kept requests fits" in text_of("?view=none")

    def test_an_open_page_is_told_how_many_are_newer_and_no_more(self) -> None:
        for number in range(3):
            write(id=f"a{number}")
        assert get_json("?only=newer&after=a0") == {"newer": 2, "problem": None}
        assert get_json("?only=newer&after=a2")["newer"] == 0
        assert get_json("?only=newer&after=a0&view=other")["newer"] == 0

    def test_what_is_new_is_told_apart(self) -> None:
        write(new={"N1-00000001": 1})
        assert "1 new" in text_of("")
        assert "new" in text_of("requests/a1/")

    def test_its_own_requests_are_not_kept(self, albums: list[Album]) -> None:
        Client().get("/albums/")
        for page in PAGES:
            get(page)
        assert writer.drain()
        assert [record.path for record in stores.recent()] == ["/albums/"]


class TestRequest:
    def test_it_has_findings_waterfall_statements_and_what_runs_it_again(self) -> None:
        write(expected_count=1)
        text = text_of("requests/a1/")
        assert 'fix .select_related("artist") Copy the fix' in text
        assert "whole request 100.0 ms albums.html 50.0 ms SELECT a FROM t WHERE b = ?" in text
        assert "50 times, 20.0 ms" in text
        assert "curl -i http://testserver/albums/" in text
        assert "assert audit.query_count <= 1, str(audit)" in text
        assert "101 ms" not in text

    def test_the_sql_of_a_shape_is_loaded_alone(self) -> None:
        write()
        response = get("requests/a1/shapes/0/")
        assert '<span class="qa-sql-keyword">SELECT</span>' in response.content.decode()
        assert get("requests/a1/shapes/1/").status_code == 404
        assert get("requests/gone/shapes/0/").status_code == 404
        stranger = Client(REMOTE_ADDR="203.0.113.7")
        assert stranger.get("/audits/requests/a1/shapes/0/").status_code == 404

    def test_a_plan_is_offered_where_all_parameters_were_kept(self, db: None) -> None:
        sql = "SELECT name FROM music_label WHERE name = %s"
        for audit_id, example in (
            ("none", None),
            ("masked", Example(sql, ["..."], False)),
            ("whole", Example(sql, ["x"], True)),
        ):
            write(id=audit_id, shapes=(Shape(sql, "default", 1, 0.1, USE, LANE, example),))
        offered = {
            audit_id: "Explain" in get(f"requests/{audit_id}/shapes/0/").content.decode()
            for audit_id in ("none", "masked", "whole")
        }
        assert offered == {"none": False, "masked": False, "whole": True}
        assert "SCAN music_label" in get("requests/whole/plans/0/").content.decode()
        assert "['PARAMS'] = True" in get("requests/none/plans/0/").content.decode().replace(
            "&#x27;", "'"
        )
        assert "masked or cut" in get("requests/masked/plans/0/").content.decode()
        stranger = Client(REMOTE_ADDR="203.0.113.7")
        assert stranger.get("/audits/requests/whole/plans/0/").status_code == 404

    def test_asking_for_a_plan_is_no_query_of_the_page(self, db: None) -> None:
        write(
            shapes=(Shape("x", "default", 1, 0.1, USE, LANE, Example("SELECT 1 AS x", [], True)),)
        )
        response = get("requests/a1/plans/0/")
        assert "q=0" in response["X-Queryaudit"]

    def test_the_parameters_of_a_real_page_come_masked(self, albums: list[Album]) -> None:
        with override_settings(QUERYAUDIT={**SITE["QUERYAUDIT"], "PARAMS": True}):  # type: ignore[dict-item]
            Client().get("/albums/")
            assert writer.drain()
            (record,) = stores.recent()
            number = next(n for n, shape in enumerate(record.shapes) if shape.count == 6)
            page = get(f"requests/{record.id}/shapes/{number}/").content.decode()
            assert "Parameters of the slowest statement" in page
            plan = get(f"requests/{record.id}/plans/{number}/").content.decode()
            assert "music_artist USING INTEGER PRIMARY KEY" in plan


class TestViews:
    def test_the_one_that_takes_most_time_stands_first(self) -> None:
        write(id="a1", view="slow once", duration=0.5)
        for number in range(6):
            write(id=f"b{number}", view="often", duration=0.1)
        views = get_json("views/")["views"]
        assert [(view["view"], view["requests"]) for view in views] == [
            ("often", 6),
            ("slow once", 1),
        ]
        assert views[0]["share"] == pytest.approx(0.6 / 1.1)

    def test_one_view_has_its_series_and_shares(self) -> None:
        for number, count in enumerate((51, 51, 3)):
            findings = (make_finding(duration=0.015),) if count == 51 else ()
            write(id=f"a{number}", started_at=float(number), query_count=count, findings=findings)
        view = get_json("view/?name=albums")["view"]
        assert [one["query_count"] for one in view["series"]] == [51, 51, 3]
        assert view["shares"] == {
            "N+1 shop.Album.artist": pytest.approx(0.1),
            "other queries": pytest.approx(0.1),
            "outside the database": pytest.approx(0.8),
        }
        text = text_of("view/?name=albums")
        assert "10 % N+1 shop.Album.artist" in text
        (cause,) = get_json("findings/")["causes"]
        assert cause["series"] == [50, 50, 0]
        assert cause["is_gone"] is True
        assert cause["query_count"] == 100

    def test_causes_are_one_over_pages_ranked_by_their_total(self) -> None:
        small = make_finding(id="N1-0000000a", count=5, edit=make_edit(id="FX-a"))
        big = make_finding(id="N1-0000000b", count=9, edit=make_edit(id="FX-b"))
        write(id="a1", view="one", findings=(small, big), started_at=1.0)
        write(id="a2", view="two", findings=(small,), started_at=2.0)
        causes = get_json("findings/")["causes"]
        assert [(cause["id"], cause["query_count"], cause["views"]) for cause in causes] == [
            ("N1-0000000a", 10, ["one", "two"]),
            ("N1-0000000b", 9, ["one"]),
        ]


class TestCompare:
    def test_what_is_gone_and_what_is_new(self) -> None:
        gone, new = make_finding(id="N1-0000000a"), make_finding(id="N1-0000000b")
        both = make_finding(id="N1-0000000c")
        write(id="a", findings=(gone, both), query_count=101)
        write(id="b", findings=(both, new), query_count=3, shapes=())
        found = get_json("compare/?a=a&b=b")["comparison"]
        assert [one["id"] for one in found["fixed"]] == [gone.id]
        assert [one["id"] for one in found["new"]] == [new.id]
        assert [one["id"] for one in found["same"]] == [both.id]
        assert found["shapes"] == [{"sql": "SELECT a FROM t WHERE b = ?", "a": 50, "b": 0}]
        assert "101 → 3 queries (-98), 1 finding gone, 1 new" in text_of("compare/?a=a&b=b")

    def test_a_request_that_is_not_kept_is_named(self) -> None:
        write()
        assert "Not kept any more: zzz" in text_of("compare/?a=a1&b=zzz")


EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "</title></dialog></svg><b>",
    "javascript:alert(1)",
    "</script><!--",
)


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("page", [*PAGES[:4], "requests/a1/", "compare/?a=a1&b=a1"])
def test_nothing_breaks_out(page: str, evil: str) -> None:
    place = Location(evil, 1, f"/srv/{evil}", evil)
    finding = make_finding(
        relation=evil,
        uses=(place,),
        queryset_at=place,
        edit=make_edit(paths=(evil,), at=place),
        origin=evil,
    )
    shape = Shape(evil, evil, 1, 0.1, place, LANE, Example(evil, [evil], True))
    write(
        label=evil,
        view=evil,
        method="GET",
        path=evil,
        findings=(finding,),
        shapes=(shape,),
        phases=(Phase(evil, 0, 0.1),),
    )
    for path in (page, f"?q={evil}&view={evil}", f"view/?name={evil}", "requests/a1/shapes/0/"):
        words = Words()
        words.feed(get(path).content.decode())
        for tag, attributes in words.elements:
            assert tag not in {"img", "b"}
            assert not any(name.startswith("on") for name in attributes)
            assert tag != "script" or (attributes.get("src") or "").startswith("/audits/assets/")
            link = attributes.get("href") or ""
            assert not link.startswith("javascript:")
    data = get(f"{page}{'&' if '?' in page else '?'}format=json")
    assert data["Content-Type"] == "application/json"
    assert data["X-Content-Type-Options"] == "nosniff"
    json.loads(data.content)
