"""Everything by keyboard: keys of the dashboard's own, and Tab."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.panel import show_toolbar, wait_for_script
from tests.browser.site import Site
from tests.browser.test_panel import FIX

# What has the focus, also inside the toolbar's shadow root.
FOCUSED = """() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return {
        tag: element.tagName,
        text: element.textContent.trim().replace(/\\s+/g, " "),
        name: element.getAttribute("name"),
        panel: element.className,
        isReport: Boolean(element.closest(".qa-report, .qa-bar")),
        isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1
            && box.width > 0 && box.height > 0,
    };
}"""


def focused(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(FOCUSED)
    return found


def open_dashboard(site: Site, page: Page, path: str = "") -> None:
    page.goto(f"{site.url}/queryaudit/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_j_and_k_walk_through_the_rows_and_enter_opens(shop: Site, page: Page) -> None:
    open_dashboard(shop, page)
    rows = page.locator("[data-qa-row]")
    page.keyboard.press("j")
    expect(rows.first).to_be_focused()
    page.keyboard.press("k")
    expect(rows.first).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    assert focused(page)["isSeen"]
    address = rows.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{shop.url}{address}")


def test_k_begins_at_the_last_row(shop: Site, page: Page) -> None:
    open_dashboard(shop, page, "views/")
    page.keyboard.press("k")
    expect(page.locator("[data-qa-row]").last).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("[data-qa-row]").last).to_be_focused()


def test_statements_of_a_request_are_rows(shop: Site, page: Page) -> None:
    open_dashboard(shop, page, f"requests/{shop.records(view='slow/albums/')[0]['id']}/")
    page.keyboard.press("j")
    expect(page.locator(".qa-shape summary").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".qa-shape pre").first).to_contain_text("SELECT")


def test_slash_goes_to_the_filter_and_typing_stays_typing(shop: Site, page: Page) -> None:
    open_dashboard(shop, page)
    page.keyboard.press("/")
    field = page.get_by_label("text")
    expect(field).to_be_focused()
    page.keyboard.type("/jk?")
    expect(field).to_have_value("/jk?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(field).to_be_focused()
    field.fill("slow/albums.json")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=slow%2Falbums\.json"))
    labels = page.locator("[data-qa-row]").all_inner_texts()
    assert labels
    assert set(labels) == {"GET /slow/albums.json"}


def test_escape_leaves_the_field_then_the_filter_then_the_page(shop: Site, page: Page) -> None:
    open_dashboard(shop, page, "?q=fast")
    page.keyboard.press("/")
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    expect(page.get_by_label("text")).not_to_be_focused()
    expect(page).to_have_url(re.compile("q=fast"))
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{shop.url}/queryaudit/")
    expect(page.get_by_label("text")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{shop.url}/queryaudit/")


def test_escape_empties_what_was_typed_and_not_sent(shop: Site, page: Page) -> None:
    open_dashboard(shop, page)
    page.get_by_label("text").fill("half a w")
    page.keyboard.press("Escape")
    expect(page.get_by_label("text")).to_have_value("half a w")
    page.keyboard.press("Escape")
    expect(page.get_by_label("text")).to_have_value("")


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("view/?name=slow/albums/", "views/"),
        ("findings/", ""),
        ("requests/{id}/", ""),
    ],
)
def test_escape_goes_up(path: str, above: str, shop: Site, page: Page) -> None:
    open_dashboard(shop, page, path.format(id=shop.records()[0]["id"]))
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{shop.url}/queryaudit/{above}")


def test_question_mark_opens_the_list_of_keys_and_escape_closes_it(shop: Site, page: Page) -> None:
    open_dashboard(shop, page, "views/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.keyboard.press("j")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(f"{shop.url}/queryaudit/views/")
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Keys")).to_be_focused()


def test_keys_of_the_browser_are_left_to_it(shop: Site, page: Page) -> None:
    open_dashboard(shop, page)
    press = """keys => document.body.dispatchEvent(
        new KeyboardEvent("keydown", {...keys, bubbles: true, cancelable: true}))"""
    for held in ("ctrlKey", "altKey", "metaKey"):
        for key in ("j", "/", "?"):
            # Whether the page leaves a key alone is what dispatchEvent returns.
            assert page.evaluate(press, {"key": key, held: True})
            assert focused(page)["tag"] == "BODY"
            expect(page.get_by_role("dialog")).to_be_hidden()
    assert not page.evaluate(press, {"key": "j"})


@pytest.mark.parametrize("path", ["?q=albums/", "findings/", "compare/", "requests/{id}/"])
def test_tab_reaches_everything_and_shows_where_it_is(path: str, shop: Site, page: Page) -> None:
    open_dashboard(shop, page, path.format(id=shop.records(view="slow/albums/")[0]["id"]))
    page.locator("tr:nth-child(n + 4)").evaluate_all("rows => rows.forEach(row => row.remove())")
    wanted: int = page.locator(
        ":is(a, button, input, select, summary, [tabindex='0']):visible:not(details .qa-loaded *)"
    ).count()
    page.keyboard.press("Tab")
    assert focused(page)["text"] == "Skip to the content"
    seen = [focused(page)]
    while len(seen) < wanted:
        page.keyboard.press("Tab")
        seen.append(focused(page))
    assert all(stop["isSeen"] for stop in seen), [stop for stop in seen if not stop["isSeen"]]
    page.keyboard.press("Tab")
    assert focused(page)["tag"] == "BODY", "all stops were counted"


def test_the_content_can_be_skipped_to(shop: Site, page: Page) -> None:
    open_dashboard(shop, page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page)["name"] == "q"


def test_from_the_toolbar_to_the_copied_fix(shop: Site, open_page: Open) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{shop.url}/slow/albums/")
    show_toolbar(page)

    def tab_to(text: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if focused(page)["text"].startswith(text):
                return
        raise AssertionError(f"Tab does not lead to {text}")

    tab_to("Query audit")
    page.keyboard.press("Enter")
    expect(page.locator("#QueryAuditPanel .qa-fix")).to_be_visible()
    wait_for_script(page, "report.js")
    tab_to("Copy the fix")
    assert focused(page)["isSeen"]
    page.keyboard.press("Enter")
    expect(page.locator("#QueryAuditPanel .qa-fix button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == FIX
    tab_to("shop/providers/albums.py:13")
    assert focused(page)["isSeen"]
    page.keyboard.press("Escape")
    expect(page.locator("#QueryAuditPanel")).to_be_hidden()
