"""What holds on SQLite, PostgreSQL and MariaDB alike."""

import pickle
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.core.paginator import Paginator
from django.db import DatabaseError, connections, models, transaction

from queryaudit import rawsql
from queryaudit.errors import (
    ColumnError,
    IdentifierError,
    ParameterError,
    RawSQLError,
    StatementError,
)
from tests.rawsql.conftest import EVERY, FULL
from tests.rawsql.models import Measured, Owner

pytestmark = pytest.mark.django_db(databases=EVERY)


def rows_of(alias: str) -> Any:
    return Measured.rows.using(alias)


def test_rows_are_named_tuples(alias: str, measured: list[Measured]) -> None:
    rows = rows_of(alias).fetch("SELECT id, title, size AS wide FROM t ORDER BY size")
    assert [type(row).__mro__[1] for row in rows] == [tuple] * 5
    assert rows[0]._fields == ("id", "title", "wide")
    assert [row.wide for row in rows] == [0, 1, 2, 3, 4]
    assert rows[1] == (measured[1].pk, "row 1", 1)
    assert rows[1]._replace(wide=9).wide == 9
    assert pickle.loads(pickle.dumps(rows)) == rows
    assert type(pickle.loads(pickle.dumps(rows[0]))) is type(rows[0])


def test_no_row_is_an_empty_list(alias: str) -> None:
    assert rows_of(alias).fetch("SELECT id FROM t") == []
    assert list(rows_of(alias).iterator("SELECT id FROM t")) == []


def test_columns_of_the_model_have_its_types(alias: str, measured: list[Measured]) -> None:
    names = ", ".join(FULL)
    row = rows_of(alias).fetch_one(f"SELECT {names} FROM t WHERE size = 3")
    assert row._asdict() == FULL
    assert [type(value) for value in row] == [type(value) for value in FULL.values()]


def test_types_are_for_columns_of_no_model(alias: str, measured: list[Measured]) -> None:
    price = models.DecimalField(max_digits=8, decimal_places=2)
    sql = "SELECT SUM(price) AS total, MAX(seen_at) AS latest, MAX(size) AS size FROM t"
    types = {"total": price, "latest": models.DateTimeField()}
    row = rows_of(alias).fetch_one(sql, types=types)
    assert row == (Decimal("62.50"), FULL["seen_at"], 4)
    assert isinstance(row.total, Decimal)
    assert str(row.total) == "62.50"
    total = rows_of(alias).fetch_value(
        "SELECT SUM(price) AS total FROM t", types={"total": models.DecimalField()}
    )
    assert isinstance(total, Decimal)
    usual = Owner.rows.using(alias).fetch_one("SELECT SUM(price) AS total FROM t")
    assert str(usual.total) == "62.50"


def test_what_goes_in_comes_out(alias: str, measured: list[Measured]) -> None:
    for name, value in FULL.items():
        if name != "details":
            sql = f"SELECT size FROM t WHERE {name} = %({name})s ORDER BY size"
            found = rows_of(alias).fetch(sql, {name: value})
            assert [row.size for row in found] == [0, 1, 2, 3, 4], name


def test_parameters_go_by_name_and_by_position(alias: str, measured: list[Measured]) -> None:
    rows = rows_of(alias)
    sql = "SELECT size FROM t WHERE size > {} AND title LIKE 'row%%' AND size < {}"
    named = rows.fetch(sql.format("%(low)s", "%(high)s"), {"low": 1, "high": 3})
    assert named == rows.fetch(sql.format("%s", "%s"), [1, 3]) == [(2,)]
    assert rows.fetch("SELECT size FROM t WHERE title LIKE '%%3'", {}) == [(3,)]
    assert rows.fetch("SELECT size FROM t WHERE title LIKE '%3'") == [(3,)]


@pytest.mark.parametrize("values", [[1, 3], (1, 3), {1, 3}, range(1, 4, 2), {1: "", 3: ""}.keys()])
def test_a_list_after_in_is_expanded(alias: str, measured: list[Measured], values: Any) -> None:
    sql = "SELECT size FROM t WHERE size IN %(sizes)s AND size < %(most)s ORDER BY size"
    assert rows_of(alias).fetch(sql, {"sizes": values, "most": 9}) == [(1,), (3,)]


def test_lists_after_in_stand_anywhere(alias: str, measured: list[Measured]) -> None:
    rows = rows_of(alias)
    sql = "SELECT size FROM t WHERE size NOT IN %s AND title in %s ORDER BY size"
    assert rows.fetch(sql, [[0, 1], ["row 1", "row 2"]]) == [(2,)]
    pairs = [(1, "row 1"), (2, "row 3")]
    sql = "SELECT size FROM t WHERE (size, title) IN %(pairs)s"
    assert rows.fetch(sql, {"pairs": pairs}) == [(1,)]


def test_an_empty_list_is_an_error_or_a_condition(alias: str, measured: list[Measured]) -> None:
    rows = rows_of(alias)
    sql = "SELECT COUNT(*) AS n FROM t WHERE size {} %(sizes)s"
    with pytest.raises(ParameterError, match="parameter sizes at line 1, column .*empty list") as e:
        rows.fetch(sql.format("IN"), {"sizes": []})
    assert 'empty="match_none"' in str(e.value)
    assert e.value.name == "sizes"
    for operator, count in (("IN", 0), ("NOT IN", 5)):
        asked: Any = sql.format(operator), {"sizes": []}
        assert rows.fetch(*asked, empty="match_none") == [(count,)]
        text = asked[0].replace("%(sizes)s", "%s").replace("size ", "title ", 1)
        assert rows.fetch(text, [[]], empty="match_none") == [(count,)]


def test_a_list_elsewhere_is_the_drivers(alias: str, measured: list[Measured]) -> None:
    sql = "SELECT size FROM t WHERE size = ANY(%(sizes)s) ORDER BY size"
    if alias == "postgres":
        assert rows_of(alias).fetch(sql, {"sizes": [1, 3]}) == [(1,), (3,)]
    else:
        with pytest.raises(ParameterError, match=r"sizes is a list.*write IN %\(sizes\)s"):
            rows_of(alias).fetch(sql, {"sizes": [1, 3]})


def test_identifiers_are_fields_quoted(alias: str, measured: list[Measured]) -> None:
    rows = rows_of(alias)
    sql = "SELECT size FROM t WHERE size < %(most)s ORDER BY {sort}"
    for sort, first in (("size", 0), ("-size", 2), ("pk", 0), ("odd", 0), ("title", 0)):
        found = rows.fetch(sql, {"most": 3}, identifiers={"sort": sort})
        assert found[0].size == first, sort
    assert rows.fetch_value("SELECT {c} FROM t WHERE size = 1", identifiers={"c": "odd"}) == 0
    for bad in ("size; DROP TABLE x", "no", "--", '"size"', "-no", "size DESC", 3):
        with pytest.raises(
            IdentifierError, match=r"sort.*(no field of rawsql.Measured|not the name)"
        ):
            rows.fetch(sql, {"most": 3}, identifiers={"sort": bad})
    with pytest.raises(IdentifierError, match="-name is for ORDER BY"):
        rows.fetch("SELECT {c} AS c FROM t", identifiers={"c": "-size"})
    with pytest.raises(IdentifierError, match="'sort' at line 1, column .* is missing"):
        rows.fetch(sql, {"most": 3})
    with pytest.raises(IdentifierError, match="'sorted' is superfluous"):
        rows.fetch(sql, {"most": 3}, identifiers={"sort": "size", "sorted": "size"})
    with pytest.raises(IdentifierError, match="no model"):
        rawsql.fetch("SELECT 1 AS n ORDER BY {sort}", identifiers={"sort": "n"}, using=alias)


def test_one_row_is_one(alias: str, measured: list[Measured]) -> None:
    rows = rows_of(alias)
    assert rows.fetch_one("SELECT title FROM t WHERE size = %s", [2]).title == "row 2"
    assert rows.fetch_value("SELECT COUNT(*) FROM t") == 5
    assert rows.fetch_value("SELECT price FROM t WHERE size = 0") == Decimal("12.50")
    for fetch in (rows.fetch_one, rows.fetch_value):
        with pytest.raises(Measured.DoesNotExist):
            fetch("SELECT title FROM t WHERE size = 99")
        with pytest.raises(Measured.MultipleObjectsReturned):
            fetch("SELECT title FROM t")
    with pytest.raises(ObjectDoesNotExist):
        rawsql.fetch_one("SELECT title FROM t WHERE size = 99", using=alias)
    with pytest.raises(MultipleObjectsReturned):
        rawsql.fetch_value("SELECT title FROM t", using=alias)
    with pytest.raises(ColumnError, match="a value is one column, not 2"):
        rows.fetch_value("SELECT id, title FROM t")


def test_instances_can_be_changed_and_saved(alias: str, measured: list[Measured]) -> None:
    rows = rows_of(alias)
    found = rows.fetch_models(
        "SELECT m.*, size + 1 AS next_size FROM t m WHERE size IN %(sizes)s ORDER BY size",
        {"sizes": [1, 2]},
    )
    assert found == measured[1:3]
    assert [each.next_size for each in found] == [2, 3]
    assert {name: getattr(found[0], name) for name in FULL} == FULL
    assert found[0]._state.db == alias
    for each in found:
        each.size *= 10
    assert Measured.objects.using(alias).bulk_update(found, ["size"]) == 2
    assert sorted(Measured.objects.using(alias).values_list("size", flat=True)) == [0, 3, 4, 10, 20]


def test_missing_columns_are_refused_or_deferred(alias: str, measured: list[Measured]) -> None:
    rows = rows_of(alias)
    sql = "SELECT id, title, size FROM t ORDER BY size"
    with pytest.raises(ColumnError, match=r"rawsql.Measured are missing: price, .*defer=True") as e:
        rows.fetch_models(sql)
    assert e.value.name == "price"
    found = rows.fetch_models(sql, defer=True)
    assert "price" in found[0].get_deferred_fields()
    with pytest.raises(ColumnError, match="missing: id, .*needs its key"):
        rows.fetch_models("SELECT title FROM t", defer=True)
    with pytest.raises(ColumnError, match="both named 'title', and the first would win"):
        rows.fetch_models("SELECT m.*, 'x' AS title FROM t m")
    with pytest.raises(StatementError, match="no model brings no instances"):
        rawsql.fetch_one.__self__.fetch_models(sql, using=alias)  # type: ignore[attr-defined]


def test_the_iterator_brings_the_same_rows(alias: str, measured: list[Measured]) -> None:
    sql = "SELECT size, price FROM t WHERE size > %(size)s ORDER BY size"
    whole = rows_of(alias).fetch(sql, {"size": 0})
    for size in (1, 2, 4, 100):
        assert list(rows_of(alias).iterator(sql, {"size": 0}, chunk_size=size)) == whole
    with pytest.raises(ParameterError, match="missing"):
        rows_of(alias).iterator(sql)  # at the call, not at the first row
    with pytest.raises(ParameterError, match="chunk_size is 0"):
        rows_of(alias).iterator(sql, {"size": 0}, chunk_size=0)
    some = rows_of(alias).iterator(sql, {"size": 0}, chunk_size=1)
    assert next(some) == whole[0]
    some.close()


def test_a_lazy_sequence_is_paginated(
    alias: str, measured: list[Measured], django_assert_num_queries: Any
) -> None:
    sql = "SELECT size, price FROM t WHERE size > %(size)s ORDER BY size DESC; -- all"
    with django_assert_num_queries(0, using=alias):
        rows = rows_of(alias).lazy(sql, {"size": 0})
    with django_assert_num_queries(2, using=alias):
        page = Paginator(rows, 3).page(1)
        assert [row.size for row in page] == [4, 3, 2]
        assert page.paginator.count == 4
    assert [row.size for row in Paginator(rows, 3).page(2)] == [1]
    assert (len(rows), rows.count(), bool(rows), rows.ordered) == (4, 4, True, True)
    assert rows[0].size == 4
    assert rows[-1].size == 1
    assert [row.size for row in rows[1:]] == [3, 2, 1]
    assert [row.size for row in rows[1:][1:2]] == [2]
    assert [row.size for row in rows[-2:]] == [2, 1]
    assert [row.size for row in rows[::2]] == [4, 2]
    assert list(rows[2:1]) == []
    for number in (4, -5):
        with pytest.raises(IndexError):
            rows_of(alias).lazy(sql, {"size": 0})[number]
    with django_assert_num_queries(1, using=alias):
        again = rows_of(alias).lazy(sql, {"size": 0})
        assert (len(list(again)), len(again), again[1].size, again.count()) == (4, 4, 3, 4)
    bounded = rows_of(alias).lazy("SELECT size FROM t ORDER BY size LIMIT 3")
    assert (len(bounded), [row.size for row in bounded[1:9]]) == (3, [1, 2])
    assert not rows_of(alias).lazy("SELECT size FROM t").ordered


def test_the_plan_is_told(alias: str, measured: list[Measured]) -> None:
    plan = rows_of(alias).explain("SELECT * FROM t WHERE size = %(size)s", {"size": 1})
    assert "t" in plan
    if alias != "default":
        assert "{" in rows_of(alias).explain("SELECT * FROM t", format="json")


BAD: list[tuple[str, Any, type[RawSQLError], str, str, tuple[int, ...] | None]] = [
    ("SELECT size FROM t WHERE\n  size = %(size)s", None, ParameterError, "size", "'size' at line 2, column 10 is missing: pass {'size': ...}", (2, 10)),
    ("SELECT size FROM t WHERE size = %(size)s", {"sise": 1}, ParameterError, "size", "is missing: pass {'size': ...}; given: sise", (1, 33)),
    ("SELECT size FROM t WHERE size = %(size)s", {"size": 1, "more": 2}, ParameterError, "more", "'more' is superfluous", None),
    ("SELECT size FROM t WHERE size = %s", [], ParameterError, "1", "parameter 1 at line 1, column 33 is missing", (1, 33)),
    ("SELECT size FROM t WHERE size = %s", [1, 2], ParameterError, "2", "parameter 2 is superfluous", None),
    ("SELECT size FROM t WHERE size = %s", {"size": 1}, ParameterError, "", "takes a list, not a dict", (1, 33)),
    ("SELECT size FROM t WHERE size = %(size)s", [1], ParameterError, "size", "pass a dict", (1, 33)),
    ("SELECT size FROM t WHERE size = %s", 1, ParameterError, "", "a dict or a list, not int", None),
    ("SELECT size FROM t WHERE size = %s", "1", ParameterError, "", "a dict or a list, not str", None),
    ("SELECT size FROM t WHERE size IN %(size)s", {"size": 1}, ParameterError, "size", "is int, not a list", (1, 34)),
    ("SELECT size FROM t WHERE title IN %(size)s", {"size": "abc"}, ParameterError, "size", "is str, not a list", (1, 35)),
    ("SELECT size FROM t WHERE size = %(size)s", {"size": object()}, ParameterError, "size", "size is of type object", (1, 33)),
    ("SELECT size FROM t WHERE size = %s", [object()], ParameterError, "1", "parameter 1 is of type object", (1, 33)),
    ("SELECT size FROM t WHERE size = %(m)s", {"m": Measured()}, ParameterError, "m", "pass its key, m.pk", (1, 33)),
    ("SELECT size FROM t WHERE size = %s AND size = %(b)s", {"b": 1}, StatementError, "", "%s at line 1, column 33 stands beside named", (1, 33)),
    ("SELECT size FROM t WHERE title LIKE '%1' AND size = %(b)s", {"b": 1}, StatementError, "", "% at line 1, column 38 is no placeholder: beside parameters, write %%", (1, 38)),
    ("SELECT size % 2 AS odd FROM t WHERE size = %(b)s", {"b": 1}, StatementError, "", "% at line 1, column 13 is no", (1, 13)),
    ("SELECT size FROM t WHERE title = '%(b)s'", {"b": 1}, StatementError, "", "stands inside quotes", (1, 35)),
    ("SELECT size FROM t; SELECT 1 AS n", None, StatementError, "", "a second statement begins at line 1, column 21", (1, 21)),
    ("SELECT ';' AS a, size FROM t; DROP TABLE t --", None, StatementError, "", "column 31", (1, 31)),
    ("", None, StatementError, "", "holds no statement", None),
    ("-- nothing", None, StatementError, "", "holds no statement", None),
    ("UPDATE t SET size = 1", None, StatementError, "", "UPDATE returns no columns, and was not run", None),
    ("DROP TABLE t", None, StatementError, "", "DROP returns no columns, and was not run", None),
    ("SELECT count(*) FROM t", None, ColumnError, "count(*)", "column 1, count(*), has no name", (1,)),
    ("SELECT id, MAX(size) FROM t", None, ColumnError, "MAX(size)", "MAX(size) AS name", (2,)),
    ("SELECT id, title, size AS id FROM t", None, ColumnError, "id", "columns 1 and 3 are both named 'id'", (3,)),
    ("SELECT 1 AS class", None, ColumnError, "class", "column 1, 'class', has no name that an attribute", (1,)),
    ("SELECT id, 2 AS _private FROM t", None, ColumnError, "_private", "column 2, '_private'", (2,)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "params", "error", "name", "words", "position"), BAD, ids=[bad[4][:40] for bad in BAD]
)
def test_bad_input_is_named_with_its_position_and_the_cure(
    alias: str,
    measured: list[Measured],
    sql: str,
    params: Any,
    error: type[RawSQLError],
    name: str,
    words: str,
    position: tuple[int, ...] | None,
) -> None:
    with transaction.atomic(using=alias), pytest.raises(error) as raised:
        rows_of(alias).fetch(sql, params)
    assert words in str(raised.value)
    assert (raised.value.name, raised.value.position) == (name, position)
    assert type(pickle.loads(pickle.dumps(raised.value))) is error
    assert Measured.objects.using(alias).count() == 5, "the transaction goes on"


def test_a_value_that_its_type_refuses_is_named(alias: str, measured: list[Measured]) -> None:
    sql = "SELECT size, title AS day FROM t"
    types = {"day": models.DecimalField()}
    with pytest.raises(ColumnError, match="column 2, 'day', str in row 1 of its chunk") as raised:
        rows_of(alias).fetch(sql, types=types)
    assert (raised.value.name, raised.value.position) == ("day", (2,))
    for wrong, words in (
        ({"dya": models.DateField()}, "'dya', which is no column: size, day"),
        ({"day": models.DateField}, "not a field of models"),
    ):
        with pytest.raises(ColumnError, match=words):
            rows_of(alias).fetch(sql, types=wrong)


@pytest.mark.parametrize("is_debugged", [False, True])
@pytest.mark.parametrize("value", [object(), {"a": 1}])
def test_a_value_that_no_driver_sends_is_named_under_debug_too(
    alias: str, monkeypatch: pytest.MonkeyPatch, is_debugged: bool, value: Any
) -> None:
    monkeypatch.setattr(connections[alias], "force_debug_cursor", is_debugged)
    with transaction.atomic(using=alias), pytest.raises(ParameterError, match="parameter n is of"):
        rows_of(alias).fetch("SELECT 1 AS a WHERE 1 = %(n)s", {"n": value})


@pytest.mark.parametrize("sql", [["SELECT 1 AS n"], b"SELECT 1 AS n", None])
def test_sql_is_text(alias: str, sql: Any) -> None:
    with pytest.raises(StatementError, match="SQL is text, not "):
        rows_of(alias).fetch(sql)


def test_what_the_database_refuses_is_its_own_error(alias: str) -> None:
    with transaction.atomic(using=alias), pytest.raises(DatabaseError):
        with transaction.atomic(using=alias):
            rows_of(alias).fetch("SELECT nothing FROM nowhere")


@pytest.mark.parametrize("pause_gc", [True, False])
def test_many_rows_come_in_chunks(alias: str, pause_gc: bool) -> None:
    import gc

    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {})"
    with connections[alias].cursor() as cursor:
        if alias == "mariadb":
            cursor.execute("SET SESSION max_recursive_iterations = 10000")
    for count in (1_999, 2_000, 2_001, 4_000):
        sql = f"{numbers.format(count)} SELECT i AS number FROM n"
        rows = rawsql.fetch(sql, using=alias, pause_gc=pause_gc)
        assert (len(rows), rows[0].number, rows[-1].number) == (count, 1, count)
        assert list(rawsql.iterator(sql, using=alias)) == rows
    assert gc.isenabled()


class Collecting(models.IntegerField):  # type: ignore[type-arg]
    def from_db_value(self, *_: Any) -> bool:
        import gc

        return gc.isenabled()


def test_the_collector_is_held_where_it_is_asked_for(alias: str) -> None:
    import gc

    sql, types = "SELECT 1 AS n", {"n": Collecting()}
    ask = rows_of(alias)
    assert ask.fetch(sql, types=types) == [(True,)]
    assert ask.fetch(sql, types=types, pause_gc=True) == [(False,)]
    with pytest.raises(ColumnError):
        ask.fetch("SELECT 1 AS class", pause_gc=True)
    assert gc.isenabled()
    gc.disable()
    try:
        assert ask.fetch(sql, types=types, pause_gc=True) == [(False,)]
        assert not gc.isenabled(), "what was off stays off"
    finally:
        gc.enable()


async def collect(rows: Any) -> list[Any]:
    return [row async for row in rows]


@pytest.mark.django_db(databases=EVERY, transaction=True)
def test_each_method_has_an_async_twin(alias: str, measured: list[Measured]) -> None:
    from asgiref.sync import async_to_sync

    rows = rows_of(alias)
    sql = "SELECT size, title FROM t WHERE size > %(size)s ORDER BY size"
    asked = sql, {"size": 2}
    whole = rows.fetch(*asked)
    assert async_to_sync(rows.afetch)(*asked) == whole
    assert async_to_sync(rows.afetch_one)(sql, {"size": 3}) == whole[-1]
    assert async_to_sync(rows.afetch_value)("SELECT MAX(size) FROM t") == 4
    assert len(async_to_sync(rows.afetch_models)("SELECT * FROM t")) == 5
    assert " t" in async_to_sync(rows.aexplain)(*asked)
    assert async_to_sync(collect)(rows.aiterator(*asked, chunk_size=1)) == whole
    lazy = rows.lazy(*asked)
    assert async_to_sync(lazy.acount)() == 2
    assert async_to_sync(collect)(lazy[:1]) == whole[:1]
    assert async_to_sync(rows.larger_than.afetch)(size=2, sort="size")[0].size == 3
    assert async_to_sync(rawsql.afetch)(*asked, using=alias) == whole


def test_a_named_query_is_called_with_its_parameters(alias: str, measured: list[Measured]) -> None:
    rows = rows_of(alias)
    assert [row.size for row in rows.larger_than(size=2, sort="-size")] == [4, 3]
    assert rows.larger_than.fetch_one(size=3, sort="pk").title == "row 4"
    assert [each.title for each in rows.by_keys(ids=[measured[0].pk])] == ["row 0"]
    assert rows.by_keys.lazy(ids=[measured[0].pk]).count() == 1
    assert len(list(rows.all_of_them.iterator())) == 5
    first = rows.all_of_them()[0]
    assert (first.price, first.details, first.n) == (FULL["price"], FULL["details"], 5)
    assert " t" in rows.all_of_them.explain()
    with pytest.raises(ParameterError, match="'size' at line 2, column 14 is missing"):
        rows.larger_than(sort="size")
    with pytest.raises(ParameterError, match="'more' is superfluous"):
        rows.larger_than(size=1, sort="size", more=1)
    with pytest.raises(IdentifierError, match="no field"):
        rows.larger_than(size=1, sort="sizes")
