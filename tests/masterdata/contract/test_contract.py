"""What holds for all that is held, whichever kind it is."""

import pickle
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

import queryaudit
from queryaudit import masterdata
from queryaudit.errors import DynamoDBError, MasterDataLimitError
from tests.conftest import needs_postgres, needs_redis
from tests.dynamodb.conftest import SETTINGS
from tests.masterdata.conftest import chosen_database, on
from tests.masterdata.contract import kinds
from tests.masterdata.waiting import in_forked_child, until

OF_TABLES: list[type[kinds.SQL]] = [
    kinds.OfModel, kinds.OfQuerySet, kinds.OfCompositeKey, kinds.OfRawSQL, kinds.OfRawParameters,
]  # fmt: skip
OF_ITEMS: list[type[kinds.OfPartition]] = [kinds.OfPartition, kinds.OfScan]


def _params() -> Iterator[Any]:
    for alias, marks in (("default", ()), ("postgres", (needs_postgres,))):
        for made in OF_TABLES:
            param = on(alias, *marks)
            yield pytest.param((made, alias), marks=param.marks, id=f"{made.__name__}-{alias}")
    for item in OF_ITEMS:
        yield pytest.param((item, ""), id=item.__name__)


@pytest.fixture(params=list(_params()))
def kind(request: pytest.FixtureRequest) -> Iterator[Any]:
    made, alias = request.param
    if not alias:
        request.getfixturevalue("tables")
        found = made(request.getfixturevalue("dynamodb_server"))
        found.fill()
        yield found
        return
    request.getfixturevalue("transactional_db")
    with chosen_database(alias):
        found = made(alias)
        found.fill()
        yield found


@contextmanager
def round_trips(count: int) -> Iterator[None]:
    with queryaudit.audit() as audit:
        yield
    shapes = audit.to_record().shapes
    polls = sum(
        one.count for one in shapes if re.search("TableVersion|queryaudit_versions", one.sql)
    )
    assert audit.query_count + audit.dynamodb_calls - polls == count, str(audit)


def stats_of(kind: Any) -> dict[str, Any]:
    return next(one for one in masterdata.stats() if one["model"] == kind.label and one["hits"])


def test_what_is_held_asks_nobody(kind: Any) -> None:
    assert kind.value(kind.get(2)) == 20
    with round_trips(0):
        assert [kind.value(row) for row in kind.all()] == [10, 20, 30]
        assert kind.value(kind.get(1)) == 10
        assert kind.value(kind.get(3)) == 30


def test_what_is_not_there(kind: Any) -> None:
    kind.get(1)
    with pytest.raises(Exception, match=r"matching query does not exist|has no row") as raised:
        kind.get(4)
    assert type(raised.value).__name__ in {"DoesNotExist", "ObjectDoesNotExist"}


def test_an_own_write_is_seen_at_once(kind: Any) -> None:
    assert kind.value(kind.get(1)) == 10
    for value in (71, 72):
        kind.write(1, value)
        assert kind.value(kind.get(1)) == value
        assert value in {kind.value(row) for row in kind.all()}


def test_a_write_of_another_process_is_seen_in_time(kind: Any) -> None:
    with kind.other() as other:
        assert kind.value(kind.get(1)) == 10
        delays = []
        for value in (71, 72):  # a busy machine may delay one of them
            other.ask(kind.other_writes(1, value))
            is_seen = partial(_has, kind, value)
            delays.append(until(is_seen, kind.within + 30))
        assert min(delays) < kind.within + 0.3, delays


def _has(kind: Any, value: int) -> bool:
    return bool(kind.value(kind.get(1)) == value)


def test_a_reader_gets_its_own(kind: Any) -> None:
    row = kind.get(1)
    if kind.is_shared:
        with pytest.raises(AttributeError):
            kind.spoil(row)
    else:
        kind.spoil(row)
        kind.spoil(kind.all()[1])
    kind.all().clear()
    with round_trips(0):
        assert [kind.value(one) for one in kind.all()] == [10, 20, 30]
        again = kind.get(1)
        assert kind.value(again) == 10
        assert getattr(again, "details", {"list": []}) == {"list": []}
        assert getattr(again, "words", ["a"]) == ["a"]


@pytest.mark.parametrize("limit", ["MAX_ROWS", "MAX_BYTES"])
def test_what_is_too_large_is_refused_by_name(kind: Any, limit: str) -> None:
    changed: dict[str, Any] = {"MASTERDATA": {limit: 2}}
    if isinstance(kind, kinds.OfPartition):
        changed["DYNAMODB"] = {"HOST": kind.address, **SETTINGS}
    with override_settings(QUERYAUDIT=changed):
        for _ in range(2):
            with pytest.raises(MasterDataLimitError, match=limit) as raised:
                kind.all()
            assert raised.value.setting == limit
        refused = [one for one in masterdata.stats() if one["state"] == "refused"]
        assert len(refused) == 1
        assert limit in refused[0]["problem"]


def test_statistics(kind: Any) -> None:
    kind.get(1)
    kind.get(2)
    kind.all()
    found = stats_of(kind)
    assert (found["state"], found["rows"], found["loads"], found["hits"]) == ("held", 3, 1, 2)
    assert found["bytes"] > 100
    assert "at once" in found["promise"] or "as it is told" in found["promise"]
    kind.write(1, 71)
    found = stats_of(kind)
    assert (found["state"], found["drops"], found["dropped_why"]) in {
        ("empty", 1, "a write"),
        ("held", 1, "a write"),  # a place for answers, without any
    }
    assert found["rows"] == 0


def test_audits_count_what_memory_answers(kind: Any) -> None:
    kind.get(1)
    with queryaudit.audit() as audit:
        kind.get(1)
        kind.all()
    (reads,) = audit.memory_reads
    assert (reads.source, reads.hits, reads.rows) == (kind.label, 2, 4)


def test_what_is_declared_is_not_pickled(kind: Any) -> None:
    """Rows are; what holds them belongs to its process, and a model's manager is found there."""
    assert [kind.value(row) for row in pickle.loads(pickle.dumps(kind.all()))] == [10, 20, 30]
    if isinstance(kind, (kinds.OfQuerySet, kinds.OfRawSQL, kinds.OfPartition)):
        with pytest.raises(TypeError, match="does not pickle: import it from where it is declared"):
            pickle.dumps(kind.cached)
    else:
        assert pickle.loads(pickle.dumps(kind.cached)) is kind.cached


@needs_redis
def test_a_lost_server(kind: Any, tmp_path: Path) -> None:
    """Nothing older than promised is served: the database answers, or its error is raised."""
    with kind.lost(tmp_path):
        if kind.is_asked_when_lost:
            kind.write(1, 71)
            until(lambda: kind.value(kind.get(1)) == 71, 30)
            return
        begin = time.monotonic()
        while time.monotonic() - begin < kind.within:
            try:
                assert kind.value(kind.get(1)) == 10
            except DynamoDBError:
                break
            time.sleep(0.02)
        time.sleep(max(0.0, kind.within - (time.monotonic() - begin)))
        with pytest.raises(DynamoDBError, match=kind.address.rpartition("/")[0]):
            kind.get(1)


def test_a_forked_child_begins_with_nothing(kind: Any) -> None:
    assert kind.value(kind.get(1)) == 10

    def say() -> Iterator[str]:
        yield str(kind.value(kind.get(1)))
        kind.write(1, 71)
        yield str(kind.value(kind.get(1)))

    assert in_forked_child(say) == "10,71"
    until(lambda: kind.value(kind.get(1)) == 71, kind.within + 30)
