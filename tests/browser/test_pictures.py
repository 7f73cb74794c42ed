"""The pictures of the documentation, drawn anew by ``make screenshots``."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.panel import open_panel
from tests.browser.site import ROOT, Site

MAX_BYTES = 150_000


@pytest.fixture
def folder(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """Where pictures go: into docs/ with ``--screenshots`` only."""
    return ROOT / "docs" / "images" if pytestconfig.getoption("--screenshots") else tmp_path


def draw_panel(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/slow/albums/")
    open_panel(page)


def draw_requests(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/")


def draw_request(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/requests/{_last(site, 'slow')}/")


def draw_view(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/view/?name=slow/albums/")


def draw_findings(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/queryaudit/findings/")


def draw_compare(site: Site, page: Page) -> None:
    address = f"?a={_last(site, 'slow')}&b={_last(site, 'fast')}"
    page.goto(f"{site.url}/queryaudit/compare/{address}")


def _last(site: Site, variant: str) -> str:
    return str(site.records(view=f"{variant}/albums/")[0]["id"])


@pytest.mark.parametrize(
    ("name", "draw", "scheme"),
    [
        ("panel", draw_panel, "light"),
        ("dashboard-requests", draw_requests, "light"),
        ("dashboard-request", draw_request, "light"),
        ("dashboard-view", draw_view, "dark"),
        ("dashboard-findings", draw_findings, "light"),
        ("dashboard-compare", draw_compare, "light"),
    ],
)
def test_a_picture(
    name: str,
    draw: Callable[[Site, Page], None],
    scheme: Literal["light", "dark"],
    folder: Path,
    shop: Site,
    open_page: Open,
) -> None:
    page = open_page(color_scheme=scheme)
    page.set_viewport_size({"width": 1040, "height": 640})
    draw(shop, page)
    expect(page.locator(".qa-report").first).to_be_visible()
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"{name}.png"
    page.screenshot(path=picture)
    assert 5_000 < picture.stat().st_size < MAX_BYTES
