"""The panel in the real toolbar, over the demo shop."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from debug_toolbar.middleware import show_toolbar_func_or_path
from debug_toolbar.toolbar import DebugToolbar
from django.db import connection
from django.test import AsyncClient, Client, override_settings
from django.urls import clear_url_caches

import queryaudit
from queryaudit import errors
from tests.music.models import Album

MIDDLEWARES = [
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    "queryaudit.middleware.QueryAuditMiddleware",
]
CONFIG = {"SHOW_TOOLBAR_CALLBACK": "tests.panel.urls.show", "IS_RUNNING_TESTS": False}
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.panel.urls")]


def forget_toolbar() -> None:
    """The toolbar keeps its panels, URLs and callback for the life of a process."""
    DebugToolbar._panel_classes = DebugToolbar._urlpatterns = None
    show_toolbar_func_or_path.cache_clear()
    clear_url_caches()


@pytest.fixture(autouse=True)
def _on() -> Iterator[None]:
    forget_toolbar()
    with override_settings(
        DEBUG=True,
        MIDDLEWARE=MIDDLEWARES,
        DEBUG_TOOLBAR_PANELS=["queryaudit.panel.QueryAuditPanel"],
        DEBUG_TOOLBAR_CONFIG=CONFIG,
        QUERYAUDIT={"ENABLED": True, "STORE": "memory"},
    ):
        yield
    forget_toolbar()


def subtitle(page: str) -> str:
    (text,) = re.findall(r"<small>(.*?)</small>", page, re.DOTALL)
    return unescape(text).strip()


def open_panel(page: str) -> str:
    """Return the panel as the toolbar fetches it from its store when it is clicked."""
    (request_id,) = re.findall(r'data-request-id="([^"]+)"', page)
    response = Client().get(
        "/__debug__/render_panel/", {"request_id": request_id, "panel_id": "QueryAuditPanel"}
    )
    content: str = json.loads(response.content)["content"]
    return content


def get(path: str) -> str:
    return str(Client().get(path).content.decode())


def get_async(path: str) -> str:
    async def ask() -> Any:
        return await AsyncClient().get(path)

    return str(async_to_sync(ask)().content.decode())


@pytest.mark.parametrize("ask", [get, get_async])
@pytest.mark.parametrize("order", [1, -1], ids=["inside the toolbar", "around the toolbar"])
def test_the_panel_tells_the_findings(ask: Any, order: int, albums: list[Album]) -> None:
    with override_settings(MIDDLEWARE=MIDDLEWARES[::order]):
        page = ask("/albums/")
    assert subtitle(page) == "2 N+1, 1 fix · 13 → 1 query"
    panel = open_panel(page)
    assert "music.Album.artist" in panel
    assert ".select_related(&quot;artist__label&quot;)" in panel
    assert "tests/panel/urls.py" in panel
    assert "tests/templates/albums.html:4" in panel


def test_a_page_without_findings(albums: list[Album]) -> None:
    page = get("/repaired/")
    assert subtitle(page) == "1 query"
    assert "No findings." in open_panel(page)


def test_a_request_that_was_not_audited_says_why() -> None:
    with override_settings(MIDDLEWARE=MIDDLEWARES[:1]):
        page = get("/albums/")
    assert subtitle(page) == "not audited"
    assert "MIDDLEWARE must list" in open_panel(page)


def test_an_error_of_the_panel_leaves_the_page(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, albums: list[Album]
) -> None:
    def fail(record: object) -> str:
        raise RuntimeError("a bug")

    monkeypatch.setattr(errors, "_told", set())
    monkeypatch.setattr("queryaudit.panel.summary", fail)
    page = get("/albums/")
    assert subtitle(page) == "failed"
    assert "the log says why" in open_panel(page)
    assert "filling the toolbar's panel" in caplog.text


def test_the_panel_is_kept_by_the_toolbars_database_store(albums: list[Album]) -> None:
    with connection.cursor() as cursor:  # the toolbar hides its migration without that store
        cursor.execute(
            "CREATE TABLE debug_toolbar_historyentry "
            "(request_id char(32) PRIMARY KEY, data text, created_at datetime)"
        )
    config = {**CONFIG, "TOOLBAR_STORE_CLASS": "debug_toolbar.store.DatabaseStore"}
    with override_settings(DEBUG_TOOLBAR_CONFIG=config, MIDDLEWARE=MIDDLEWARES[::-1]):
        with queryaudit.audit() as audit:
            page = get("/albums/")
        assert subtitle(page) == "2 N+1, 1 fix · 13 → 1 query"
        assert "music.Artist.label" in open_panel(page)
    assert audit.query_count == 13, "the store's own queries do not count"


def test_without_the_toolbar_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib
    import sys

    monkeypatch.setitem(sys.modules, "debug_toolbar.panels", None)
    monkeypatch.delitem(sys.modules, "queryaudit.panel")
    with pytest.raises(ImportError, match=r"pip install 'queryaudit\[toolbar\]'"):
        importlib.import_module("queryaudit.panel")
