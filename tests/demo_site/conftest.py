"""A small shop to look at, and a browser to look with."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker
from shop.providers import seeding

CHROMIUM = os.environ.get("QUERYAUDIT_CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A seeded shop, committed, so that all threads see it, and emptied after the module."""
    with django_db_blocker.unblock():
        call_command("seed", "--size=s", "--replace", verbosity=0)
        yield
        seeding.delete_all()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; with CI=true it must be there."""
    if not Path(CHROMIUM).exists() and os.environ.get("CI") != "true":
        pytest.skip(f"there is no Chromium at {CHROMIUM} (QUERYAUDIT_CHROMIUM)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        )
        yield browser
        browser.close()
