"""The panel in the toolbar, as a visitor gets to it."""

from playwright.sync_api import Locator, Page, expect


def show_toolbar(page: Page) -> None:
    # The toolbar remembers in the browser whether it is folded.
    page.locator("#djDebug:not(.djdt-hidden)").wait_for(state="attached")
    handle = page.locator("#djShowToolBarButton")
    if handle.is_visible():
        handle.click()


def open_panel(page: Page) -> Locator:
    """Return the report in the panel, shown."""
    show_toolbar(page)
    page.locator("a.QueryAuditPanel").click()
    report = page.locator("#QueryAuditPanel .qa-report")
    expect(report).to_be_visible()
    wait_for_script(page, "report.js")
    return report


def wait_for_script(page: Page, name: str) -> None:
    """Wait until a panel's script runs, which the toolbar loads with the panel's content."""
    script = page.locator(f"script[src*='{name}']").first
    script.evaluate("script => import(script.src).then(() => null)")


def open_shape(report: Locator, number: int = 0) -> Locator:
    """Return the SQL text of a shape, loaded."""
    shape = report.locator(".qa-shape").nth(number)
    shape.locator("summary").click()
    text = shape.locator("pre.qa-text").first
    expect(text).to_be_visible()
    return text
