import logging
import time

import pytest
from django.test import override_settings

from queryaudit import stores
from queryaudit.errors import MissingExtraError, QueryAuditError, StoreError
from queryaudit.findings.record import AuditRecord
from queryaudit.stores import health as module
from queryaudit.stores.health import Health
from queryaudit.stores.memory import MemoryStore
from tests.records import make_record


class BrokenStore(MemoryStore):
    """Fails while ``reason`` says why."""

    reason = ""
    writes = 0

    def write(self, record: AuditRecord) -> None:
        self.writes += 1
        if self.reason:
            raise StoreError("test", self.reason)
        super().write(record)

    def recent(self, limit: int = 50) -> list[AuditRecord]:
        if self.reason:
            raise OSError(self.reason)
        return super().recent(limit)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> BrokenStore:
    store = BrokenStore(5)
    monkeypatch.setattr(stores, "current", lambda: store)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    return store


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "queryaudit"]


def test_all_is_well(store: BrokenStore) -> None:
    assert stores.keep(make_record())
    assert stores.recent() == [make_record()]
    assert stores.read("a1") == make_record()
    assert stores.read("a2") is None
    assert stores.problem() is None


def test_each_failure_is_told_once_until_it_works_again(
    store: BrokenStore, caplog: pytest.LogCaptureFixture
) -> None:
    for store.reason in ("full", "full", "locked", "full"):
        assert not stores.keep(make_record())
    told = [
        f"queryaudit: no audits are kept: the audit store test cannot be used: {reason}. "
        "Requests go on. This is told once, until it works again."
        for reason in ("full", "locked")
    ]
    assert messages(caplog) == told
    store.reason = ""
    assert stores.keep(make_record())
    store.reason = "full"
    assert not stores.keep(make_record())
    assert messages(caplog) == [*told, told[0]]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_the_page_is_told_what_since_when_and_how_many(
    store: BrokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = time.time()
    for store.reason in ("full", "locked"):
        stores.keep(make_record())
    problem = stores.problem()
    assert problem is not None
    assert (problem.part, problem.dropped) == ("writing", 2)
    assert before <= problem.since <= time.time()
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(problem.since))
    assert str(problem) == (
        f"Since {since} no audits are kept: "
        "the audit store test cannot be used: locked. Dropped so far: 2."
    )
    store.reason = ""
    stores.keep(make_record())
    assert stores.problem() is None


def test_after_a_failure_the_store_is_left_alone_for_a_while(
    store: BrokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.2)
    store.reason = "gone"
    kept = [stores.keep(make_record()) for _ in range(10)]
    assert kept == [False] * 10
    assert store.writes == 1
    problem = stores.problem()
    assert problem is not None
    assert problem.dropped == 10
    store.reason = ""
    time.sleep(0.25)
    assert stores.keep(make_record())
    assert stores.keep(make_record())
    assert store.writes == 3


def test_a_store_that_is_read_may_still_be_full(store: BrokenStore) -> None:
    store.reason = "full"
    assert not stores.keep(make_record())
    assert stores.recent() == []
    store.reason = ""
    assert stores.recent() == []
    problem = stores.problem()
    assert problem is not None
    assert problem.part == "writing"


def test_the_same_reason_is_told_once_of_reading_and_writing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health()
    for _ in range(2):
        health.fails("reading", "gone")
        health.fails("writing", "gone", dropped=1)
        health.works("reading")
    assert len(messages(caplog)) == 1
    health.works("writing")
    health.fails("reading", "gone")
    assert len(messages(caplog)) == 2


def test_a_read_that_fails_finds_nothing_and_says_so(
    store: BrokenStore, caplog: pytest.LogCaptureFixture
) -> None:
    stores.keep(make_record())
    store.reason = "gone"
    assert [stores.recent(), stores.recent()] == [[], []]
    assert str(stores.problem()).endswith(" kept audits cannot be read: gone.")
    assert len(messages(caplog)) == 1
    store.reason = ""
    assert stores.recent() == [make_record()]
    assert stores.problem() is None


def test_another_store_begins_healthy(store: BrokenStore) -> None:
    store.reason = "full"
    stores.keep(make_record())
    with override_settings(QUERYAUDIT={"STORE": "memory"}):
        assert stores.problem() is None


def test_a_full_queue_is_less_than_a_store_that_fails() -> None:
    health = Health()
    health.fails("reading", "gone")
    health.fails("queueing", "too many", dropped=1)
    problem = health.problem()
    assert problem is not None
    assert problem.part == "queueing"
    health.fails("writing", "full", dropped=1)
    for part in ("writing", "queueing", "reading"):
        problem = health.problem()
        assert problem is not None
        assert problem.part == part
        health.works(problem.part)
    assert health.problem() is None


def test_errors_are_of_the_family_and_name_what_to_do() -> None:
    missing, broken = MissingExtraError("STORE", "redis"), StoreError("x", OSError("full."))
    assert isinstance(missing, QueryAuditError)
    assert isinstance(missing, ImportError)
    assert str(missing) == (
        "STORE needs a package that is not installed: pip install 'queryaudit[redis]'"
    )
    assert isinstance(broken, QueryAuditError)
    assert isinstance(broken, OSError)
    assert (broken.store, str(broken)) == ("x", "the audit store x cannot be used: full")
