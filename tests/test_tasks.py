"""Audits of tasks, by the signals of their queues."""

from collections.abc import Iterator
from typing import Any

import django
import pytest
from celery import Celery
from django.test import override_settings

from queryaudit import stores, tasks
from queryaudit.stores.writer import writer
from tests.music.models import Artist, Label

pytestmark = pytest.mark.django_db

app = Celery("tests", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True


@app.task(name="music.read_slowly")  # type: ignore[untyped-decorator]
def read_slowly() -> list[str]:
    return [artist.label.name for artist in Artist.objects.all()]


@app.task(name="music.fail")  # type: ignore[untyped-decorator]
def fail() -> None:
    Label.objects.count()
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _connected() -> Iterator[None]:
    for number in range(3):
        label = Label.objects.create(name=f"label {number}")
        Artist.objects.create(name=f"artist {number}", label=label)
    with override_settings(QUERYAUDIT={"ENABLED": True, "STORE": "memory"}):
        tasks.connect()
        tasks.connect()
        yield
        tasks.disconnect()


def kept() -> list[Any]:
    assert writer.drain()
    return stores.recent()


def test_a_task_of_celery_is_audited_under_its_name() -> None:
    assert read_slowly.delay().get() == ["label 0", "label 1", "label 2"]
    (record,) = kept()
    assert (record.label, record.view) == ("task music.read_slowly", "music.read_slowly")
    assert [finding.relation for finding in record.findings] == ["music.Artist.label"]


def test_a_task_that_fails_is_audited_and_leaves_nothing_open() -> None:
    assert fail.apply().failed()
    (record,) = kept()
    assert (record.label, record.query_count) == ("task music.fail", 1)
    assert tasks._running == {}


def test_where_audits_are_off_tasks_are_left_alone() -> None:
    for settings in (
        {"ENABLED": False, "STORE": "memory"},
        {"ENABLED": True, "SAMPLE": 0.0, "STORE": "memory"},
        {"ENABLED": "tests.test_tasks.kept", "STORE": "memory"},
    ):
        with override_settings(QUERYAUDIT=settings):
            read_slowly.delay()
            assert kept() == []


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django's tasks came with 6.0")
def test_a_task_of_django_is_audited_under_its_path() -> None:
    from tests.music.jobs import count_labels

    backend = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    with override_settings(TASKS=backend):
        assert count_labels.enqueue().return_value == 3
    (record,) = kept()
    assert (record.view, record.query_count) == ("tests.music.jobs.count_labels", 1)
    tasks.disconnect()
    with override_settings(TASKS=backend):
        count_labels.enqueue()
    assert len(kept()) == 1
