"""Where a statement ends, as each database reads it."""

import pytest

from queryaudit.errors import StatementError
from queryaudit.rawsql.statements import measure

EVERY = ("sqlite", "postgresql", "mysql")

ONE = [
    ("SELECT 1 AS a;", EVERY),
    ("SELECT 1 AS a; -- the end; really", EVERY),
    ("SELECT ';' AS a, 'it''s; ok' AS b, \";\" AS c", EVERY),
    ("SELECT 1 /* ; DROP TABLE t */ AS a", EVERY),
    ("SELECT 1 AS a -- ; DROP TABLE t", EVERY),
    ("SELECT $$;$$ AS a, $x$ ; $$ ; $x$ AS b", ("postgresql",)),
    ("SELECT E'\\'; SELECT 1 -- ' AS a", ("postgresql",)),
    ("SELECT 1 /* /* ; */ ; */ AS a", ("postgresql",)),
    ("SELECT '\\'; SELECT 1 -- ' AS a", ("mysql",)),
    ("SELECT `;` AS a # ; DROP", ("mysql",)),
    ("SELECT [;] AS a", ("sqlite",)),
]
TWO = [
    ("SELECT 1 AS a; SELECT 2 AS b", EVERY),
    ("SELECT 1 AS a;;SELECT 2 AS b", EVERY),
    ("SELECT 'a''; SELECT 1' AS a; SELECT 2", EVERY),
    ("SELECT '\\'; SELECT 1 -- ' AS a", ("postgresql", "sqlite")),
    ("SELECT $$;$$ AS a", ("sqlite", "mysql")),
    ("SELECT $a$;$b$; SELECT 1", ("sqlite", "mysql")),
    ("SELECT /* /* */ 1 AS a; SELECT 2 AS b -- */", ("sqlite", "mysql")),
    ("SELECT 1 /*! ; DROP TABLE t */", ("mysql",)),
    ("SELECT 1 --; SELECT 2 AS b", ("mysql",)),
    ("SELECT name$$; DROP TABLE t; $$ FROM t", ("postgresql",)),
    ("SELECT e''''; DROP TABLE t", ("postgresql",)),
]


@pytest.mark.parametrize(
    ("sql", "vendor"), [(sql, vendor) for sql, vendors in ONE for vendor in vendors]
)
def test_one_statement_is_one(sql: str, vendor: str) -> None:
    assert measure(sql, vendor).word == "SELECT"


@pytest.mark.parametrize(
    ("sql", "vendor"), [(sql, vendor) for sql, vendors in TWO for vendor in vendors]
)
def test_two_statements_are_refused(sql: str, vendor: str) -> None:
    with pytest.raises(StatementError, match="a second statement begins at line 1"):
        measure(sql, vendor)


def test_a_text_is_measured_once() -> None:
    assert measure("SELECT 7 AS a", "sqlite") is measure("SELECT 7 AS a", "sqlite")


@pytest.mark.parametrize(
    ("sql", "writes", "brings_rows"),
    [
        ("SELECT a FROM t", False, True),
        ("(SELECT a FROM t)", False, True),
        ("WITH x AS (SELECT 1 AS a) SELECT a FROM x", False, True),
        ("SELECT a FROM t FOR UPDATE", True, True),
        ("INSERT INTO t VALUES (1)", True, False),
        ("INSERT INTO t VALUES (1) RETURNING a", True, True),
        ("WITH x AS (SELECT 1) UPDATE t SET a = 1", True, False),
        ("WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x", True, True),
        ("SELECT 'FOR UPDATE' AS a", False, True),
        ("VALUES (1)", False, True),
    ],
)
def test_what_writes_is_known(sql: str, writes: bool, brings_rows: bool) -> None:
    statement = measure(sql, "postgresql")
    assert (statement.writes, statement.brings_rows) == (writes, brings_rows)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n FROM t",
        "SELECT a, (SELECT max(b) FROM u) AS b FROM t WHERE (a)",
        "WITH x(a) AS (SELECT count(*)) SELECT a FROM x",
        "SELECT CASE WHEN a THEN 1 END AS b FROM t",
        "SELECT f(a) b FROM t ORDER BY f(a)",
        "SELECT DISTINCT ON (a) a FROM t",
    ],
)
def test_columns_with_names_are_not_refused(sql: str) -> None:
    assert measure(sql, "postgresql").unnamed is None


def test_the_time_to_measure_grows_with_the_text_alone() -> None:
    from time import process_time

    columns = ", ".join(f"'it''s {n}' AS c{n}, %(p{n})s AS p{n}" for n in range(5_000))
    begin = process_time()
    statement = measure(f"SELECT {columns} WHERE 1 IN /* {'far ' * 100} */ %(ids)s", "postgresql")
    assert process_time() - begin < 2
    assert [slot.name for slot in statement.slots if slot.is_list] == ["ids"]
