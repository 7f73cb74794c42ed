from typing import Any

import pytest

from queryaudit.recording import ledger as module
from queryaudit.recording.events import Query, TemplatePlace
from queryaudit.recording.ledger import Ledger
from queryaudit.recording.statements import Sort

PLACE = TemplatePlace("/srv/a.html", "a.html", 1, "album", own=True)


def query(sql: str) -> Query:
    return Query("default", sql, Sort.QUERY, sql.split(maxsplit=1)[0])


def record(ledger: Ledger, asked: Query, *params: Any, stack: int = 1) -> None:
    ledger.record(asked, PLACE, 0.1, stack, params, None)


def test_values_that_vary_are_numbered_and_none_is_held() -> None:
    ledger, select = Ledger(), query("SELECT 1 FROM t WHERE a = %s AND b = %s")
    for number in range(3):
        record(ledger, select, "a secret", number)
    (group,) = ledger.groups.values()
    assert (group.count, group.varied, group.stacks) == (3, {1}, {1: 3})
    assert group.first is not None
    assert all(isinstance(value, int) for value in group.first)


def test_the_same_question_is_known_again_until_its_table_is_written() -> None:
    ledger, select = Ledger(), query('SELECT 1 FROM "t" WHERE a = %s')
    record(ledger, select, 1)
    record(ledger, query('UPDATE "u" SET a = %s'), 1)
    record(ledger, select, 1)
    assert [asked.count for asked in ledger.repeated] == [2]
    record(ledger, query('INSERT INTO "t" VALUES (%s)'), 1)
    record(ledger, select, 1)
    assert [asked.count for asked in ledger.repeated] == [2]


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, bytearray(b"x"), object()])
def test_values_of_any_type_are_told_apart(value: Any) -> None:
    ledger, select = Ledger(), query("SELECT %s")
    record(ledger, select, value)
    record(ledger, select, value)
    record(ledger, select, "another")
    (group,) = ledger.groups.values()
    assert group.varied == {0}
    assert [asked.count for asked in ledger.repeated] == [2]


def test_minus_one_and_minus_two_are_two_questions() -> None:
    """They have the same hash in CPython."""
    ledger, select = Ledger(), query("SELECT 1 WHERE a = %s")
    record(ledger, select, -1)
    record(ledger, select, -2)
    (group,) = ledger.groups.values()
    assert group.varied == {0}
    assert ledger.repeated == []


def test_groups_questions_and_stacks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_GROUPS", 3)
    monkeypatch.setattr(module, "MAX_ASKED", 4)
    monkeypatch.setattr(module, "MAX_STACKS", 2)
    ledger = Ledger()
    for number in range(10):
        asked = query(f"SELECT {number} FROM t WHERE a = %s")
        for value in range(3):
            record(ledger, asked, value, stack=value)
    assert len(ledger.groups) == 3
    assert len(ledger._questions) == 4
    assert all(len(group.stacks) == 2 for group in ledger.groups.values())
