"""The dashboard: what it lists, that it stays put, and that it needs no script."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Open
from tests.browser.site import Site

POLL_MS = 5000


class TestNewerRequests:
    @pytest.fixture
    def polls(self, shop: Site, page: Page) -> list[Request]:
        """The list of requests, open on a clock that the test turns; what it asks."""
        asked: list[Request] = []
        page.on("request", lambda one: asked.append(one) if "only=newer" in one.url else None)
        page.clock.install()
        page.goto(f"{shop.url}/queryaudit/")
        expect(page.get_by_label("pause")).to_be_visible()
        return asked

    def turn(self, page: Page) -> None:
        page.clock.run_for(POLL_MS)

    def test_they_are_told_and_the_list_stays_as_it_is(
        self, polls: list[Request], shop: Site, page: Page
    ) -> None:
        rows = page.locator("[data-qa-row]")
        page.set_viewport_size({"width": 1280, "height": 300})
        rows.nth(4).focus()
        page.mouse.wheel(0, 60)
        page.wait_for_function("scrollY > 0")
        before = rows.evaluate_all("rows => rows.map(row => row.href)")
        place = "[scrollY, document.activeElement.href, document.body.scrollHeight]"
        was = page.evaluate(place)

        shop.visit("/fast/albums/")
        self.turn(page)
        status = page.get_by_role("status")
        expect(status).to_have_text("1 newer request: show")
        shop.visit("/fast/albums.json")
        self.turn(page)
        expect(status).to_have_text("2 newer requests: show")
        assert rows.evaluate_all("rows => rows.map(row => row.href)") == before
        assert page.evaluate(place) == was

        status.get_by_role("link").click()
        expect(rows.first).to_have_text("GET /fast/albums.json")
        expect(rows.nth(1)).to_have_text("GET /fast/albums/")
        assert rows.nth(2).evaluate("row => row.href") == before[0]
        expect(status).to_be_empty()

    def test_only_those_that_fit_the_filter_are_told(
        self, polls: list[Request], shop: Site, page: Page
    ) -> None:
        page.goto(f"{shop.url}/queryaudit/?q=albums.json")
        expect(page.get_by_label("pause")).to_be_visible()
        shop.visit("/fast/albums/")
        shop.visit("/fast/albums.json")
        self.turn(page)
        expect(page.get_by_role("status")).to_have_text("1 newer request: show")
        page.get_by_role("status").get_by_role("link").click()
        expect(page).to_have_url(f"{shop.url}/queryaudit/?q=albums.json")

    def test_a_pause_asks_nothing(self, polls: list[Request], page: Page) -> None:
        with page.expect_request("**only=newer**"):
            self.turn(page)
        page.get_by_label("pause").check()
        polls.clear()
        page.clock.run_for(4 * POLL_MS)
        assert polls == []
        page.get_by_label("pause").uncheck()
        with page.expect_request("**only=newer**"):
            self.turn(page)

    def test_a_hidden_page_asks_nothing(self, polls: list[Request], page: Page) -> None:
        page.evaluate("Object.defineProperty(document, 'hidden', {value: true, writable: true})")
        page.clock.run_for(4 * POLL_MS)
        assert polls == []
        page.evaluate("document.hidden = false")
        with page.expect_request("**only=newer**"):
            self.turn(page)

    def test_a_server_that_restarts_is_asked_again(
        self, polls: list[Request], shop: Site, page: Page, complaints: list[str]
    ) -> None:
        page.route("**only=newer**", lambda route: route.abort())
        with page.expect_event("requestfailed"):
            self.turn(page)
        page.unroute("**only=newer**")
        shop.visit("/fast/albums/")
        self.turn(page)
        expect(page.get_by_role("status")).to_have_text("1 newer request: show")
        assert len(complaints) == 1
        assert "ERR_FAILED" in complaints.pop()


class TestRequestsOfEverySort:
    ASK = """([path, headers]) => fetch(path, {headers})
        .then(response => response.headers.get("X-Queryaudit"))"""

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            ("/slow/albums.json", {"Accept": "application/json"}),
            ("/slow/albums/", {"HX-Request": "true"}),
            ("/slow/async/albums/", {"X-Requested-With": "XMLHttpRequest"}),
        ],
    )
    def test_what_a_script_asks_is_listed_like_a_page(
        self, path: str, headers: dict[str, str], shop: Site, page: Page
    ) -> None:
        page.goto(shop.url)
        told = page.evaluate(self.ASK, [path, headers])
        audit, queries, findings = (part.partition("=")[2] for part in told.split("; "))
        assert (queries, findings) == ("101", "2")
        shop.wait_for(audit)
        page.goto(f"{shop.url}/queryaudit/")
        row = page.locator("tr", has=page.locator(f"a[href$='{audit}/']"))
        expect(row.locator("[data-qa-row]")).to_have_text(f"GET {path}")
        expect(row).to_contain_text("101 → 1")
        expect(row.locator(".qa-tag")).to_have_text(["N+1", "N+1"])

    def test_counts_are_exact_under_eight_parallel_requests(self, shop: Site, page: Page) -> None:
        page.goto(shop.url)
        paths = [f"/{'slow' if n % 2 else 'fast'}/async/albums/?{n}" for n in range(8)]
        told: list[list[str]] = page.evaluate(
            """paths => Promise.all(paths.map(path => fetch(path).then(response =>
                ["Server-Timing", "X-Queryaudit"].map(name => response.headers.get(name)))))""",
            paths,
        )
        expected = [1, 101] * 4
        for (timing, header), count in zip(told, expected, strict=True):
            assert f'desc="{count} queries"' in timing
            assert f"; q={count}; " in header
        ids = [header.split(";")[0].removeprefix("id=") for _, header in told]
        shop.wait_for(*ids)
        records: dict[str, Any] = {record["id"]: record for record in shop.records()}
        assert [records[one]["query_count"] for one in ids] == expected
        assert [len(records[one]["findings"]) for one in ids] == [0, 2] * 4

    def test_the_browser_is_told_the_counts(self, shop: Site, page: Page) -> None:
        page.goto(f"{shop.url}/slow/async/albums/")
        timing = page.evaluate(
            "performance.getEntriesByType('navigation')[0].serverTiming"
            ".map(entry => entry.name + ' ' + entry.description)"
        )
        assert "db 101 queries" in timing
        assert "n1 2 N+1" in timing


class TestShareLinks:
    def test_every_page_has_the_same_as_json(self, shop: Site, page: Page) -> None:
        slow, fast = (shop.records(view=f"{name}/albums/")[0]["id"] for name in ("slow", "fast"))
        for path, key in {
            "?q=slow": "requests",
            "views/?": "views",
            "view/?name=slow/albums/": "view",
            "findings/?": "causes",
            f"requests/{slow}/?": "audit",
            f"compare/?a={slow}&b={fast}": "comparison",
        }.items():
            address = f"{shop.url}/queryaudit/{path}"
            page.goto(address)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert page.url == address
            found: dict[str, Any] = page.evaluate(
                "address => fetch(address).then(answer => answer.json())", f"{address}&format=json"
            )
            assert found[key]
            assert found["problem"] is None

    def test_a_filter_stands_in_the_address(self, shop: Site, page: Page) -> None:
        page.goto(f"{shop.url}/queryaudit/")
        page.get_by_label("view").select_option("slow/albums/")
        page.get_by_label("only with findings").check()
        page.get_by_role("button", name="Filter").click()
        expect(page).to_have_url(re.compile("view=slow%2Falbums%2F&method=&findings=1"))
        expect(page.get_by_label("view")).to_have_value("slow/albums/")
        expect(page.get_by_label("only with findings")).to_be_checked()
        assert set(page.locator("[data-qa-row]").all_inner_texts()) == {"GET /slow/albums/"}


class TestWithoutScripts:
    @pytest.fixture
    def page(self, open_page: Open) -> Page:
        return open_page(java_script_enabled=False)

    def test_pages_links_and_filters_work(self, shop: Site, page: Page) -> None:
        page.goto(f"{shop.url}/queryaudit/")
        expect(page.get_by_label("pause")).to_be_hidden()
        page.get_by_label("text").fill("slow/albums.json")
        page.get_by_role("button", name="Filter").click()
        page.locator("[data-qa-row]").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("GET /slow/albums.json")
        for name in ("Views", "Findings", "Compare", "Requests"):
            page.get_by_role("navigation").get_by_role("link", name=name).click()
            expect(page.get_by_role("heading", level=1)).to_have_text(name)

    def test_the_text_of_a_statement_and_its_plan_are_links(
        self, guarded: Site, page: Page
    ) -> None:
        audit = guarded.records(view="slow/albums/")[0]["id"]
        page.goto(f"{guarded.url}/queryaudit/requests/{audit}/")
        shape = page.locator(".qa-shape", has_text='FROM "shop_artist"').first
        shape.locator("summary").click()
        shape.get_by_role("link", name="SQL text").click()
        expect(page.locator("pre")).to_contain_text('WHERE "shop_artist"."id" = ?')
        page.get_by_role("link", name="Explain").click()
        expect(page.locator("pre")).to_contain_text("SEARCH shop_artist")

    def test_two_requests_are_compared(self, shop: Site, page: Page) -> None:
        slow, fast = (shop.records(view=f"{name}/albums/")[0]["id"] for name in ("slow", "fast"))
        page.goto(f"{shop.url}/queryaudit/compare/")
        page.locator("select[name=a]").select_option(slow)
        page.locator("select[name=b]").select_option(fast)
        page.get_by_role("button", name="Compare").click()
        expect(page).to_have_url(f"{shop.url}/queryaudit/compare/?a={slow}&b={fast}")
        expect(page.locator(".qa-counts")).to_contain_text("101 → 1 queries (-100)")


class TestPolicy:
    def test_a_violation_would_be_told(
        self, guarded: Site, page: Page, complaints: list[str]
    ) -> None:
        """That no test here has complaints is no accident."""
        for path in ("/fast/albums/", "/queryaudit/"):
            page.goto(guarded.url + path)
            page.evaluate("document.body.setAttribute('style', 'color: red')")
            page.wait_for_timeout(50)
            assert any(text.startswith("policy: style-src-attr inline") for text in complaints)
            complaints.clear()

    def test_nothing_comes_from_elsewhere(self, guarded: Site, page: Page) -> None:
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url))
        for path in ("", "views/", "findings/", "memory/", "compare/"):
            page.goto(f"{guarded.url}/queryaudit/{path}")
        assert len(asked) > 4
        assert all(url.startswith(f"{guarded.url}/queryaudit/") for url in asked)
