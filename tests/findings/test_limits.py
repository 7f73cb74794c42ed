"""What goes over a limit of the settings: slow queries, budgets, layers."""

import threading

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, connections
from django.test import override_settings

import queryaudit
from queryaudit.errors import FindingsError
from tests.findings.layered import providers
from tests.music.models import Album, Label


def test_a_slow_query_is_told_with_its_line(db: None) -> None:
    sql = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) "
        "SELECT MAX(i) FROM n"
    )

    def ask(rows: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [rows])  # slow

    with override_settings(QUERYAUDIT={"LIMITS": {"SLOW_MS": 20}}):
        with queryaudit.audit() as audit:
            ask(300_000)
            ask(2)
        (finding,) = audit.findings
        assert (finding.kind, finding.count, finding.severity) == ("slow_query", 1, "warning")
        assert finding.duration >= 0.02
        assert finding.used_at is not None
        assert finding.used_at.text.endswith("# slow")
        assert finding.expected_count == 2
        with queryaudit.audit() as quick:
            ask(2)
    assert quick.findings == []


@pytest.mark.parametrize("name", ["orders", "orders of today"])
def test_a_budget_of_a_label(db: None, name: str) -> None:
    with override_settings(QUERYAUDIT={"BUDGETS": {name: 1}}):
        with queryaudit.audit(label=name, raise_=False) as audit:
            Label.objects.count()
            Album.objects.count()
        with queryaudit.audit(label=name) as within:
            Label.objects.count()
        with queryaudit.audit(label="others") as other:
            Label.objects.count()
            Album.objects.count()
        with pytest.raises(FindingsError), queryaudit.audit(label=name, raise_=True):
            Label.objects.count()
            Album.objects.count()
        (finding,) = audit.findings
        assert (finding.kind, finding.count) == ("query_budget", 2)
        assert "allowed are 1" in finding.fix
        assert name in str(audit)
        assert (within.findings, other.findings) == ([], [])


LAYERS = override_settings(QUERYAUDIT={"LAYERS": {"allowed": ["*.providers"]}})


@LAYERS
def test_a_query_outside_the_layer_is_told(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        Label.objects.count()  # outside
    (finding,) = audit.findings
    assert (finding.kind, finding.relation, finding.origin) == ("outside_layer", "music.Label", "")
    assert finding.used_at is not None
    assert finding.used_at.text.endswith("# outside")
    assert finding.fix == "ask in *.providers, not in the other code"


@LAYERS
def test_what_the_layer_reads_itself_is_silent(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        assert [album.artist.name for album in providers.at_once()]
    assert audit.findings == []


@LAYERS
def test_a_queryset_that_leaves_the_layer_unread_leaves_lazily(albums: list[Album]) -> None:
    """The rows, and their relations, too: both were built in the provider."""
    with queryaudit.audit() as audit:
        _ = [album.artist for album in providers.lazily()[:1]]
    assert [finding.origin for finding in audit.findings] == ["leaves lazily"] * 2
    assert {finding.relation for finding in audit.findings} == {"music.Album", "music.Album.artist"}
    for finding in audit.findings:
        assert finding.queryset_at is not None
        assert finding.queryset_at.text.endswith("# built")


@LAYERS
@pytest.mark.django_db(transaction=True)
def test_threads_and_awaited_code_of_the_layer_are_inside() -> None:
    async def page() -> int:
        return await providers.acount()

    def count() -> None:
        providers.count()
        connections.close_all()

    with queryaudit.audit() as audit:
        async_to_sync(page)()
        thread = threading.Thread(target=count)
        thread.start()
        thread.join()
    assert audit.query_count == 2
    assert {finding.kind for finding in audit.findings} == {"duplicate"}


def test_without_the_setting_nothing_is_told(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        Label.objects.count()
    assert audit.findings == []
