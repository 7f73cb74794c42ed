"""Attributes of the current span, and metrics, for a collector."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from queryaudit.reports import opentelemetry
from queryaudit.stores.writer import writer
from tests.music.models import Album, Artist, Label

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.middleware.pages")]


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    label = Label.objects.create(name="label")
    for number in range(3):
        artist = Artist.objects.create(name=f"artist {number}", label=label)
        Album.objects.create(title=f"album {number}", artist=artist)
    middleware = ["queryaudit.middleware.QueryAuditMiddleware"]
    # A machine under load is no slow query.
    settings = {"ENABLED": True, "STORE": "memory", "LIMITS": {"SLOW_MS": 60_000}}
    with override_settings(DEBUG=True, MIDDLEWARE=middleware, QUERYAUDIT=settings):
        yield


def test_the_current_span_tells_what_the_audit_found() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("site").start_as_current_span("GET /albums/"):
        Client().get("/albums/")
    (span,) = exporter.get_finished_spans()
    found: Any = span.attributes
    assert (found["queryaudit.queries"], found["queryaudit.expected_queries"]) == (7, 1)
    assert found["queryaudit.findings"] == 2
    assert set(found["queryaudit.relations"]) == {"music.Album.artist", "music.Artist.label"}
    assert found["queryaudit.finding_ids"][0].startswith("N1-")
    assert found["queryaudit.db_time"] > 0


def test_without_a_span_that_records_nothing_is_judged_for_it() -> None:
    assert not opentelemetry.has_span()
    assert trace.get_current_span().is_recording() is False
    assert Client().get("/albums/").status_code == 200


def test_metrics_are_told_by_view_and_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    monkeypatch.setattr(metrics, "get_meter", provider.get_meter)
    opentelemetry._instruments.cache_clear()
    for _ in range(2):
        Client().get("/albums/")
    assert writer.drain()
    opentelemetry._instruments.cache_clear()
    data: Any = reader.get_metrics_data()
    told = {
        metric.name: metric.data.data_points[0]
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
    }
    assert (told["queryaudit.queries"].count, told["queryaudit.queries"].sum) == (2, 14)
    assert told["queryaudit.queries"].attributes == {"view": "albums"}
    assert told["queryaudit.findings"].value == 4
    assert told["queryaudit.findings"].attributes == {"view": "albums", "kind": "n_plus_one"}
    assert told["queryaudit.db_time"].sum > 0


def test_nothing_is_imported_where_the_site_has_not() -> None:
    code = (
        "import sys, django; from django.conf import settings; settings.configure(); "
        "django.setup(); import queryaudit.middleware, queryaudit.reports.opentelemetry as one; "
        "assert not one.has_span(); assert 'opentelemetry' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
