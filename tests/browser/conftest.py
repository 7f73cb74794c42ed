"""Two served shops, and a browser that tells what its pages complain about."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.site import Site

CHROMIUM = os.environ.get("QUERYAUDIT_CHROMIUM", "/usr/bin/chromium")
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""

Open = Callable[..., Page]


class Loop:
    """Playwright's, which says that it runs for as long as the browser is there.

    Between its tests it must not: Django refuses databases within a running loop, and
    workers run files in any order.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.leave()

    def leave(self) -> None:
        asyncio._set_running_loop(None)

    @contextmanager
    def entered(self) -> Iterator[None]:
        asyncio._set_running_loop(self._loop)
        try:
            yield
        finally:
            self.leave()


@pytest.fixture(scope="session")
def launched() -> Iterator[tuple[Browser, Loop]]:
    """Headless Chromium; with CI=true it must be there."""
    if not Path(CHROMIUM).exists() and os.environ.get("CI") != "true":
        pytest.skip(f"there is no Chromium at {CHROMIUM} (QUERYAUDIT_CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-gpu",
                "--disable-lcd-text",
                "--host-resolver-rules=MAP shop.test 127.0.0.1",
            ],
        )
        loop = Loop()
        yield browser, loop
        with loop.entered():
            browser.close()
        # What stops Playwright runs in its loop as well.
        asyncio._set_running_loop(loop._loop)


@pytest.fixture(autouse=True)
def _loop(launched: tuple[Browser, Loop]) -> Iterator[None]:
    """The loop runs during the tests of this folder, and between them it does not."""
    with launched[1].entered():
        yield


@pytest.fixture(scope="session")
def browser(launched: tuple[Browser, Loop]) -> Browser:
    """The browser, to be used in tests and not in what is made for the session."""
    return launched[0]


@pytest.fixture(scope="session")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The shop as ``make demo`` serves it; each of its pages was asked for."""
    with Site(tmp_path_factory.mktemp("shop"), "tests.browser.settings").fill().served() as site:
        visit_all(site)
        yield site


@pytest.fixture(scope="session")
def guarded(
    shop: Site, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The same shop under a strict policy, keeping parameters; each page was asked for."""
    folder = tmp_path_factory.mktemp("guarded")
    shutil.copy(shop.folder / "shop.sqlite3", folder)
    with Site(folder, "tests.browser.guarded").served() as site:
        visit_all(site)
        yield site


def visit_all(site: Site) -> None:
    for path in ("albums/", "albums.json", "async/albums/"):
        for variant in ("fast", "slow", "slow"):
            site.visit(f"/{variant}/{path}")


@pytest.fixture
def complaints() -> list[str]:
    """What pages wrote into the console as errors, their violations of the policy among it.

    What a test expects, it takes out.
    """
    return []


@pytest.fixture
def open_page(browser: Browser, complaints: list[str]) -> Iterator[Open]:
    """Return a page in a window of its own; it must have had no complaints in the end."""
    contexts: list[BrowserContext] = []

    def note_error(message: ConsoleMessage) -> None:
        # A text alone names no icon, and the shop has none at the usual place.
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            complaints.append(message.text)

    def open_page(width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.add_init_script(_TELL_VIOLATIONS)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", note_error)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: Open) -> Page:
    """A page 1280 wide, in light colours."""
    return open_page()
