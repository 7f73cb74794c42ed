import pytest

from queryaudit.recording.statements import Sort, sort_of


@pytest.mark.parametrize(
    ("sql", "sort"),
    [
        ("SELECT 1", Sort.QUERY),
        ("  insert into t values (1)", Sort.QUERY),
        ("WITH x AS (SELECT 1) SELECT * FROM x", Sort.QUERY),
        ("(SELECT 1) UNION (SELECT 2)", Sort.QUERY),
        ("CREATE TABLE t (a int)", Sort.QUERY),
        ("PRAGMA table_info(t)", Sort.QUERY),
        ("PRAGMA foreign_keys = OFF", Sort.UNCOUNTED),
        ("SET CONSTRAINTS ALL IMMEDIATE", Sort.UNCOUNTED),
        ("SET SQL_AUTO_IS_NULL = 0", Sort.UNCOUNTED),
        ("SHOW server_version", Sort.UNCOUNTED),
        ("BEGIN", Sort.TRANSACTION),
        ("begin immediate;", Sort.TRANSACTION),
        ("START TRANSACTION", Sort.TRANSACTION),
        ("/* app='shop' */ SAVEPOINT x", Sort.TRANSACTION),
        ("-- a comment\nRELEASE SAVEPOINT x", Sort.TRANSACTION),
        ("COMMIT", Sort.TRANSACTION),
        ("ROLLBACK TO SAVEPOINT x", Sort.TRANSACTION),
        ("", Sort.QUERY),
    ],
)
def test_a_statement_is_sorted_by_its_first_word(sql: str, sort: Sort) -> None:
    assert sort_of(sql)[0] is sort
