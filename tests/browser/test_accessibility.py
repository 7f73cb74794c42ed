"""axe finds nothing to complain about, in both colour schemes, on a desk and on a phone."""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.panel import open_panel, open_shape
from tests.browser.site import Site

Scheme = Literal["light", "dark"]

VARIANTS: list[tuple[Scheme, int]] = [
    ("light", 1280),
    ("light", 390),
    ("dark", 1280),
    ("dark", 390),
]


def open_requests(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/")
    expect(page.locator("[data-qa-row]").first).to_be_visible()


def open_views(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/views/")
    expect(page.locator(".qa-spark path").first).to_be_visible()


def open_view(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/view/?name=slow/albums/")
    expect(page.locator(".qa-plot rect").first).to_be_visible()


def open_findings(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/findings/")
    expect(page.locator("[data-qa-row]").first).to_be_visible()


def open_request(site: Site, page: Page) -> None:
    """With the text of a statement, its parameters and its plan."""
    audit = site.records(view="slow/albums/")[0]["id"]
    page.goto(f"{site.url}/queryaudit/requests/{audit}/")
    open_shape(page.get_by_role("main"))
    page.get_by_text("Explain").first.click()
    expect(page.locator(".qa-plan pre").first).to_be_visible()


def open_memory(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/memory/")
    expect(page.get_by_text("Each process has its own")).to_be_visible()


def open_compare(site: Site, page: Page) -> None:
    slow, fast = (site.records(view=f"{name}/albums/")[0]["id"] for name in ("slow", "fast"))
    page.goto(f"{site.url}/queryaudit/compare/?a={slow}&b={fast}")
    expect(page.get_by_text("2 findings gone")).to_be_visible()


def open_problem(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/compare/?a=gone&b=gone")
    expect(page.get_by_role("alert")).to_contain_text("Not kept any more")


def open_keys(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


PAGES = [
    open_requests,
    open_views,
    open_view,
    open_findings,
    open_request,
    open_memory,
    open_compare,
    open_problem,
    open_keys,
]


# Of the page with the toolbar, what is ours: a path through the toolbar's shadow root.
PANEL = {"include": [{"fromShadowDom": ["#djDebugRoot", ".qa-report"]}]}


def violations(page: Page, context: dict[str, Any] | None = None) -> list[str]:
    is_there = page.evaluate("typeof axe === 'object'")
    results: Any = Axe("" if is_there else AXE_SCRIPT).run(page, context=context)
    return [
        f"{violation['id']} at {node['target']}: {node['html'][:200]} {node['any']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("show", PAGES, ids=lambda show: show.__name__)
def test_a_page_of_the_dashboard(
    show: Callable[[Site, Page], None], guarded: Site, page: Page, subtests: pytest.Subtests
) -> None:
    show(guarded, page)
    for scheme, width in VARIANTS:
        with subtests.test(scheme=scheme, width=width):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("scheme", "width"), VARIANTS)
def test_the_panel(
    scheme: Scheme, width: int, guarded: Site, open_page: Open, complaints: list[str]
) -> None:
    page = open_page(width, color_scheme=scheme)
    page.goto(f"{guarded.url}/slow/albums/")
    report = open_panel(page)
    open_shape(report)
    report.get_by_text("Explain").first.click()
    expect(report.locator(".qa-plan pre").first).to_be_visible()
    inside = "element => [element.scrollWidth, element.clientWidth]"
    needed, given = page.locator("#QueryAuditPanel .djdt-scroll").evaluate(inside)
    assert needed <= given
    assert given > 300
    assert complaints == []
    assert violations(page, PANEL) == []
    complaints.clear()  # axe itself writes styles, which the policy forbids


def test_axe_sees_the_panel_through_its_shadow_root(
    guarded: Site, page: Page, complaints: list[str]
) -> None:
    """That it finds nothing there is no accident."""
    page.goto(f"{guarded.url}/slow/albums/")
    open_panel(page).evaluate("report => report.append(document.createElement('img'))")
    (found,) = violations(page, PANEL)
    assert found.startswith("image-alt")
    complaints.clear()
