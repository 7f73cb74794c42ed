"""What is new in a view, and what was always there."""

from queryaudit.stores.history import MAX_VIEWS, History
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


def test_a_page_of_errors_is_not_clean() -> None:
    history = History()
    told(history, OLD)
    told(history, status=500)
    assert told(history, OLD) == {}


def test_what_an_earlier_process_kept_counts() -> None:
    kept = [make_record(id="b", findings=(OLD,)), make_record(id="a", findings=())]
    history = History()
    history.begin(lambda limit: kept[:limit])
    history.begin(lambda limit: [make_record(findings=())] * limit)  # asked once only
    assert told(history, OLD, NEW) == {OLD.id: 2, NEW.id: 1}


def test_memory_is_bounded() -> None:
    history = History()
    for number in range(MAX_VIEWS + 5):
        told(history, view=f"view {number}")
    assert len(history._views) == MAX_VIEWS
    assert told(history, NEW, view="view 0") == {}, "the oldest was forgotten"
    assert told(history, NEW, view=f"view {MAX_VIEWS + 4}") == {NEW.id: 1}
