"""The served shop in a real browser: a process as ``make demo`` starts it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "images"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the shop, seeded and served by a process of its own."""
    folder = tmp_path_factory.mktemp("served")
    environment = {
        **os.environ,
        "DEMO_DATABASE": str(folder / "shop.sqlite3"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }

    def manage(*arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "demo_site" / "manage.py"), *arguments]

    for arguments in (("migrate", "--verbosity=0"), ("seed", "--size=s")):
        subprocess.run(manage(*arguments), env=environment, check=True, capture_output=True)
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            manage("runserver", "--noreload", address), env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(f"http://{address}/", process)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(10)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urlopen(url).close()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing answers at {url}")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    yield page
    context.close()


def open_panel(page: Page) -> None:
    # The toolbar remembers in the browser whether it is folded.
    handle = page.locator("#djShowToolBarButton, #djToggleButton").first
    if handle.is_visible():
        handle.click()
    page.locator(".QueryAuditPanel").first.click()
    expect(page.locator("#QueryAuditPanel table").first).to_be_visible()


def test_the_panel_shows_the_finding(served: str, page: Page, pytestconfig: pytest.Config) -> None:
    page.goto(f"{served}/slow/albums/")
    expect(page.locator("#queries")).to_have_text("101")
    expect(page.locator("li#djdt-QueryAuditPanel")).to_contain_text("2 N+1, 1 fix · 101 → 1 query")
    open_panel(page)
    panel = page.locator("#QueryAuditPanel")
    expect(panel).to_contain_text('.select_related("artist__label")')
    expect(panel).to_contain_text("shop.Album.artist")
    expect(panel).to_contain_text("shop.Artist.label")
    expect(panel).to_contain_text("shop/templates/shop/albums.html:14")
    link = panel.get_by_role("link", name="shop/providers/albums.py:13").first
    assert (link.get_attribute("href") or "").startswith("vscode://file/")
    if pytestconfig.getoption("--screenshots"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "panel.png")


def test_the_panel_of_the_twin_is_clean(served: str, page: Page) -> None:
    page.goto(f"{served}/fast/albums/")
    expect(page.locator("#queries")).to_have_text("1")
    subtitle = page.locator("li#djdt-QueryAuditPanel small")
    expect(subtitle).to_have_text("1 query")


def test_the_browser_is_told_the_counts(served: str, page: Page) -> None:
    page.goto(f"{served}/slow/async/albums/")
    timing = page.evaluate(
        "performance.getEntriesByType('navigation')[0].serverTiming"
        ".map(entry => entry.name + ' ' + entry.description)"
    )
    assert "db 101 queries" in timing
    assert "n1 2 N+1" in timing
