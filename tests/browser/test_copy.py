"""Buttons put on the clipboard what they say, also where a browser gives no clipboard."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.panel import open_panel
from tests.browser.site import Site
from tests.browser.test_panel import FIX


def open_report(where: str, url: str, site: Site, page: Page) -> Locator:
    if where == "panel":
        page.goto(f"{url}/slow/albums/")
        return open_panel(page)
    page.goto(f"{url}/queryaudit/requests/{site.records(view='slow/albums/')[0]['id']}/")
    return page.get_by_role("main")


@pytest.mark.parametrize("where", ["panel", "dashboard"])
def test_every_button_copies_what_it_says(where: str, shop: Site, open_page: Open) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.clock.install()
    buttons = open_report(where, shop.url, shop, page).locator("button")
    copied: dict[str, str] = {}
    for number, name in enumerate(buttons.all_text_contents()):
        buttons.nth(number).click()
        expect(buttons.nth(number)).to_have_text("Copied")
        copied[name] = page.evaluate("navigator.clipboard.readText()")
        page.clock.run_for(1500)
        expect(buttons.nth(number)).to_have_text(name)

    assert copied.pop("Copy the fix") == FIX
    assert copied.pop("Copy ignore comment").startswith("# queryaudit: ignore[n_plus_one] ")
    report = copied.pop("Copy report")
    assert report.startswith("GET /slow/albums/: 101 queries")
    assert "shop/templates/shop/albums.html:14" in report
    if where == "dashboard":
        assert copied.pop("Copy the curl line") == f"curl -i {shop.url}/slow/albums/"
        assert copied.pop("Copy the test").endswith("assert audit.query_count <= 1, str(audit)")
    assert copied == {}


@pytest.mark.parametrize("where", ["panel", "dashboard"])
def test_without_a_secure_context_it_is_copied_all_the_same(
    where: str, guarded: Site, page: Page, complaints: list[str]
) -> None:
    report = open_report(where, f"http://shop.test:{guarded.port}", guarded, page)
    assert page.evaluate("[isSecureContext, typeof navigator.clipboard]") == [False, "undefined"]
    button = report.get_by_role("button", name="Copy the fix")
    button.click()
    expect(report.get_by_role("button", name="Copied")).to_be_focused()
    assert page.locator("textarea").count() == 0
    page.goto(f"{guarded.url}/queryaudit/")
    page.keyboard.press("/")
    page.keyboard.press("Control+v")
    expect(page.get_by_label("text")).to_have_value(FIX)
    # Of headers that such a site cannot have.
    complaints[:] = [text for text in complaints if "origin was untrustworthy" not in text]
