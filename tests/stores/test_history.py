"""What is new in a view, and what was always there."""

import sys

import pytest
from django.test import override_settings

from queryaudit import stores
from queryaudit.stores.history import MAX_VIEWS, History
from queryaudit.stores.history import history as shared
from tests.records import make_finding, make_record

OLD, NEW = make_finding(id="N1-0000000a"), make_finding(id="N1-0000000b")


def told(history: History, *findings: object, **values: object) -> dict[str, int]:
    record = history.compare(make_record(findings=findings, **values))
    history.add(record)
    return dict(record.new)


def test_on_the_first_day_nothing_is_new() -> None:
    history = History()
    assert [told(history, OLD, NEW) for _ in range(3)] == [{}, {}, {}]


def test_a_finding_is_new_since_the_last_request_without_it() -> None:
    history = History()
    assert told(history, OLD) == {}
    assert told(history, OLD, NEW) == {NEW.id: 1}
    assert told(history, OLD, NEW) == {NEW.id: 2}
    assert told(history, OLD) == {}
    assert told(history, NEW, OLD) == {NEW.id: 1}


def test_views_and_methods_are_told_apart() -> None:
    history = History()
    told(history)
    assert told(history, NEW, view="other") == {}
    assert told(history, NEW, method="POST") == {}
    assert told(history, NEW) == {NEW.id: 1}


def test_a_block_without_a_view_is_known_by_its_label() -> None:
    history = History()
    told(history, view="", label="nightly import")
    assert told(history, NEW, view="", label="nightly import") == {NEW.id: 1}
    assert told(history, NEW, view="", label="another") == {}


def test_what_an_earlier_process_kept_counts() -> None:
    kept = [make_record(id="b", findings=(OLD,)), make_record(id="a", findings=())]
    history = History()
    assert history.is_due()
    history.begin(kept)
    assert not history.is_due()
    assert told(history, OLD, NEW) == {OLD.id: 2, NEW.id: 1}


def test_it_is_begun_anew_with_what_other_processes_have_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    history = History()
    history.begin([])
    monkeypatch.setattr(sys.modules[History.__module__], "REFRESH_SECONDS", -1.0)
    assert history.is_due()
    history.begin([make_record(findings=())])
    assert told(history, NEW) == {NEW.id: 1}


@pytest.mark.parametrize("status", [204, 302, 304, 404, 500])
def test_redirects_and_errors_are_no_clean_requests(status: int) -> None:
    history = History()
    told(history, status=status)
    assert told(history, NEW) == {}


def test_the_store_is_asked_again_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(QUERYAUDIT={"STORE": "memory"}):
        store = stores.current()
        store.write(make_record(findings=()))
        with monkeypatch.context() as broken:
            broken.setattr(type(store), "recent", refuse)
            stores.refresh_history()
            assert shared.is_due()
        stores.refresh_history()
        assert not shared.is_due()
        assert shared.compare(make_record(findings=(NEW,))).new == {NEW.id: 1}


def refuse(*_: object) -> None:
    raise OSError("gone")


def test_memory_is_bounded() -> None:
    history = History()
    for number in range(MAX_VIEWS + 5):
        told(history, view=f"view {number}")
    assert len(history._views) == MAX_VIEWS
    assert told(history, NEW, view="view 0") == {}, "the oldest was forgotten"
    assert told(history, NEW, view=f"view {MAX_VIEWS + 4}") == {NEW.id: 1}
