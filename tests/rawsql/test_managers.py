"""Where the methods stand, and which database is asked."""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, models
from django.test import override_settings

from queryaudit.errors import ColumnError, ParameterError, UnknownQueryError
from queryaudit.rawsql import RawSQLManager
from queryaudit.rawsql.rows import MAX_CLASSES, row_class
from tests.conftest import needs_postgres
from tests.rawsql.models import Base, Measured, MeasuredProxy, MeasuredRows, Owner, Special


class Router:
    """Reads go to one alias, writes to the other."""

    def db_for_read(self, model: type, **_: object) -> str:
        return "other"

    def db_for_write(self, model: type, **_: object) -> str:
        return "default"

    def allow_relation(self, *_: object, **__: object) -> bool:
        return True


@pytest.mark.parametrize("model", [Measured, Special, MeasuredProxy])
def test_the_manager_answers_for_the_class_it_is_asked_on(db: None, model: Any) -> None:
    assert model.rows.model is model
    assert model.rows is model.rows
    assert type(model.rows) is MeasuredRows
    row = model.objects.create(title="one", size=3)
    assert model.rows.above(2) == [(row.pk, 3)]
    columns = "t.*, rawsql_special.*" if model is Special else "*"
    join = " JOIN rawsql_special ON measured_ptr_id = id" if model is Special else ""
    (found,) = model.rows.fetch_models(f"SELECT {columns} FROM t{join}")
    assert (type(found), found) == (model, row)


def test_an_abstract_base_has_one_too() -> None:
    assert Base.rows.model is Base


def test_djangos_managers_stay_as_they_are() -> None:
    assert [manager.name for manager in Measured._meta.managers] == ["objects"]
    assert type(Owner._default_manager) is type(Owner._base_manager) is models.Manager
    assert type(Owner.objects) is models.Manager
    assert "rows" not in {field.name for field in Owner._meta.get_fields()}
    with pytest.raises(AttributeError, match="asked of the class Measured, not of its instances"):
        Measured().rows  # noqa: B018


def test_a_real_manager_has_the_same_methods_and_its_own(db: None) -> None:
    row = Measured.objects.create(title="one", size=3)
    sql = "SELECT size FROM t WHERE size = %(size)s"
    manager = Measured.objects
    assert manager.fetch(sql, {"size": 3}) == [(3,)]
    assert list(manager.iterator(sql, {"size": 3})) == [(3,)]
    assert list(manager.iterator()) == list(manager.iterator(chunk_size=10)) == [row]
    assert "t" in manager.explain(sql, {"size": 3})
    assert "t" in manager.explain()
    assert manager.larger_than(size=2, sort="size")[0].title == "one"
    assert manager.using("default").get() == row
    assert pickle.loads(pickle.dumps(manager.all()))[0] == row
    with pytest.raises(AttributeError):
        manager.no_such_thing  # noqa: B018


@pytest.mark.django_db(databases=["default", "other"])
def test_the_alias_is_that_of_using_of_the_manager_or_of_routers() -> None:
    Measured.objects.using("other").create(title="other", size=1)
    sql = "SELECT title FROM t"
    assert Measured.rows.fetch(sql) == []
    for rows in (
        Measured.rows.fetch(sql, using="other"),
        Measured.rows.using("other").fetch(sql),
        Measured.objects.db_manager("other").fetch(sql),
        list(Measured.rows.using("other").iterator(sql)),
    ):
        assert rows == [("other",)]
    with override_settings(DATABASE_ROUTERS=[Router()]):
        assert Measured.rows.fetch(sql) == [("other",)]
        assert Measured.rows.fetch(sql, using="default") == []
        written = "INSERT INTO rawsql_owner (name, measured_id) SELECT 'a', id FROM t RETURNING id"
        assert Owner.rows.fetch(written) == []  # on the default, which has no row to copy
    (found,) = Measured.rows.using("other").fetch_models("SELECT * FROM t")
    assert found._state.db == "other"


def test_the_choices_of_a_manager_hold_for_its_calls(db: None) -> None:
    class Quiet(RawSQLManager):
        pass

    rows = Quiet(empty="match_none", pause_gc=True, types={"n": models.DecimalField()})
    assert rows.fetch("SELECT 1 AS m WHERE 1 IN %s", [[]]) == []
    assert str(rows.fetch_one("SELECT 1 AS n").n) == "1"
    assert rows.fetch_one("SELECT 1 AS m").m == 1
    with pytest.raises(ParameterError, match='"raise" or "match_none"'):
        RawSQLManager(empty="none")  # type: ignore[arg-type]


def test_an_unknown_query_is_named_with_the_one_that_is_near() -> None:
    with pytest.raises(
        UnknownQueryError, match="'largr_than'; 'larger_than'\\? Known queries: "
    ) as e:
        Measured.rows.largr_than(size=1)
    assert e.value.name == "largr_than"
    assert not hasattr(Measured.rows, "no_such_query")
    assert "larger_than" in dir(Measured.rows)
    assert repr(Measured.rows.larger_than).startswith("<NamedQuery larger_than at ")
    assert Measured.rows.larger_than.__doc__ == ("What is larger than a size.\nSorted by a field.")


def test_rows_load_in_another_process() -> None:
    data = pickle.dumps([row_class(("a", "b"))(1, "x")])
    program = f"import pickle; (row,) = pickle.loads({data!r}); print(row.a, row.b, row._fields)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": ".:demo_site"},
    )
    assert done.stdout.strip() == "1 x ('a', 'b')"


def test_classes_of_rows_are_bounded_and_rows_outlive_them() -> None:
    first = row_class(("a_first_one",))(1)
    for n in range(MAX_CLASSES + 1):
        row_class((f"name_{n}",))
    assert row_class.cache_info().currsize <= MAX_CLASSES
    assert pickle.loads(pickle.dumps(first)) == first
    assert first.a_first_one == 1
    with pytest.raises(ColumnError):
        row_class(("a", "a"))


@pytest.fixture
def _as_configured() -> Iterator[None]:
    yield
    connections["postgres"].settings_dict.pop("DISABLE_SERVER_SIDE_CURSORS", None)


@needs_postgres
@pytest.mark.django_db(databases=["postgres"], transaction=True)
@pytest.mark.parametrize("is_pooled", [False, True])
@pytest.mark.parametrize("in_transaction", [False, True])
@pytest.mark.usefixtures("_as_configured")
def test_rows_come_from_a_cursor_on_the_server(is_pooled: bool, in_transaction: bool) -> None:
    from contextlib import nullcontext

    from django.db import transaction

    connections["postgres"].settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = is_pooled
    cursors = "SELECT name FROM pg_cursors WHERE name LIKE '_django_curs%%'"
    with transaction.atomic("postgres") if in_transaction else nullcontext():
        rows = Measured.rows.using("postgres").iterator(
            "SELECT n FROM generate_series(1, %(most)s) AS n", {"most": 10_000}, chunk_size=100
        )
        assert next(rows) == (1,)
        open_now = Measured.rows.using("postgres").fetch(cursors, {})
        assert len(open_now) == (0 if is_pooled else 1)
        assert sum(row.n for row in rows) == 50_005_000 - 1
        assert Measured.rows.using("postgres").fetch(cursors, {}) == []
        abandoned = Measured.rows.using("postgres").iterator(
            "SELECT n FROM generate_series(1, 9999) AS n", chunk_size=10
        )
        next(abandoned)
        abandoned.close()
        assert Measured.rows.using("postgres").fetch(cursors, {}) == []
