"""In which layer queries are asked, and which querysets leave theirs unread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.template import engines
from django.test import override_settings

import queryaudit
from queryaudit.dashboard.waterfall import layer_rows_of
from queryaudit.findings.layering import LayerUse, layer_of
from queryaudit.findings.record import AuditRecord
from queryaudit.recording.events import Place, TemplatePlace
from queryaudit.reports import console, html
from tests.findings.layered import providers, views
from tests.music.models import Album, Artist, Label

LAYERS = override_settings(QUERYAUDIT={"LAYERS": {"allowed": ["*.providers"]}})
NAMED = override_settings(QUERYAUDIT={"LAYERS": {"names": {"shelf": ["*.layered.providers"]}}})


@pytest.fixture(autouse=True)
def _albums(db: None) -> None:
    artist = Artist.objects.create(name="a", label=Label.objects.create(name="l"))
    for number in range(3):
        Album.objects.create(title=str(number), artist=artist)


def used(audit: queryaudit.Audit) -> dict[str, tuple[int, int]]:
    assert sum(use.queries for use in audit.layers) == audit.query_count
    assert sum(use.seconds for use in audit.layers) == pytest.approx(audit.db_time)
    return {use.layer: (use.queries, use.lazy) for use in audit.layers}


@LAYERS
def test_each_query_belongs_to_the_layer_that_asks() -> None:
    template = engines["django"].get_template("layered.html")
    with queryaudit.audit() as audit:
        providers.count()
        views.count()
        template.render({"albums": providers.lazily()})
    assert used(audit) == {"template": (4, 4), "provider": (1, 0), "view": (1, 0)}
    record = audit.to_record()
    line = "template 4 queries, 4 of them left lazily; provider 1 query; view 1 query"
    assert f"  in layers: {line}" in console.render(record)
    assert f"In layers: {line}." in html.render(record)
    assert AuditRecord.from_dict(record.to_dict()).layers == record.layers
    rows = layer_rows_of(record)
    assert [(row.name, bool(row.lazy_path)) for row in rows] == [
        ("template", True),
        ("provider", False),
        ("view", False),
    ]
    assert rows[0].path.startswith("M0.0 1H")


@LAYERS
def test_a_finding_names_the_layer() -> None:
    with queryaudit.audit() as audit:
        views.count()
    (finding,) = audit.findings
    assert finding.fix == "ask in *.providers, not in the view"


@NAMED
def test_names_of_ones_own_forbid_nothing() -> None:
    with queryaudit.audit() as audit:
        providers.count()
        views.count()
    assert used(audit) == {"shelf": (1, 0), "view": (1, 0)}
    assert audit.findings == []


@LAYERS
def test_audits_inside_are_added() -> None:
    with queryaudit.audit() as audit:
        providers.count()
        with queryaudit.audit():
            views.count()
            providers.count()
    assert used(audit) == {"provider": (2, 0), "view": (1, 0)}


@LAYERS
@pytest.mark.django_db(transaction=True)
def test_threads_and_tasks_belong_to_who_waits_for_them() -> None:
    """Each query is counted once, wherever it runs."""

    async def page() -> None:
        await asyncio.gather(*(sync_to_async(views.count)() for _ in "abc"))
        await sync_to_async(providers.count)()

    def run(ask: Callable[[], int]) -> int:
        try:
            return ask()
        finally:
            connection.close()

    with queryaudit.audit() as audit, ThreadPoolExecutor(2) as pool:
        list(pool.map(run, [providers.count, views.count, views.count]))
        async_to_sync(page)()
    assert used(audit) == {"view": (5, 0), "provider": (2, 0)}


def test_without_the_setting_nothing_is_counted() -> None:
    with queryaudit.audit() as audit:
        providers.count()
    assert audit.layers == audit.to_record().layers == ()
    assert "in layers" not in str(audit)


def test_the_bar_of_what_never_asked() -> None:
    record: Any = SimpleNamespace(layers=())
    assert layer_rows_of(record) == []
    record.layers = (LayerUse("view", 0, 0.0, 0),)
    assert layer_rows_of(record)[0].detail.startswith("0 queries")


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("shop/views/albums.py", "view"),
        ("shop/api/services/prices.py", "service"),
        ("shop/repositories.py", "provider"),
        ("shop/management/commands/seed.py", "task"),
        ("shop/templatetags/prices.py", "template"),
        ("shop/words.py", "other code"),
    ],
)
def test_layers_by_the_names_of_modules(
    path: str, layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from queryaudit.findings import layering

    monkeypatch.setattr(layering, "locate_use", lambda _: SimpleNamespace(path=path))
    code = compile("", path, "exec")
    assert layer_of(Place(code, 0, own=True), {}) == layer
    assert layer_of(Place(code, 0, own=False), {}) == "package"
    assert layer_of(Place(code, 0, own=True), {"bus": ["shop.*"]}) == "bus"
    assert layer_of(TemplatePlace("a.html", "a", 1, "", own=True), {}) == "template"
