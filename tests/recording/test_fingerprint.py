import pytest

from queryaudit.recording.fingerprint import MAX_SHAPE, shape_of


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        (
            'SELECT "a"."id" FROM "a" WHERE "a"."id" = %s',
            'SELECT "a"."id" FROM "a" WHERE "a"."id" = ?',
        ),
        ("SELECT 1 WHERE a = 'it''s' AND b=-1.5", "SELECT ? WHERE a = ? AND b=?"),
        ("SELECT * FROM t WHERE id IN (%s, %s,%s)", "SELECT * FROM t WHERE id IN (?)"),
        ("SELECT * FROM t WHERE id IN (1,\n 2)", "SELECT * FROM t WHERE id IN (?)"),
        ("INSERT INTO t (a, b) VALUES (%s, %s), (%s, %s)", "INSERT INTO t (a, b) VALUES (?)"),
        ("SELECT %(name)s -- a comment\n  FROM t /* another */", "SELECT ? FROM t"),
        ("SELECT $1, ?, :name", "SELECT ?"),
        ("SELECT `a` FROM `b` LIMIT 21 OFFSET 42", "SELECT `a` FROM `b` LIMIT ? OFFSET ?"),
        ("", ""),
    ],
)
def test_values_lists_and_spacing_are_taken_out(sql: str, shape: str) -> None:
    assert shape_of(sql) == shape


def test_statements_that_differ_in_more_than_values_have_two_shapes() -> None:
    assert shape_of("SELECT a FROM t") != shape_of("SELECT b FROM t")


@pytest.mark.parametrize("quote", ["'", "$$"])
def test_a_literal_that_the_cut_goes_through_is_no_part_of_a_shape(quote: str) -> None:
    doc = "my password is hunter2 " * 1_000
    shape = shape_of(f"UPDATE t SET doc = {quote}{doc}{quote} WHERE id = 3")
    assert shape == "UPDATE t SET doc = ..."


def test_a_literal_without_an_end_is_a_value() -> None:
    assert "hunter2" not in shape_of("SELECT 'hunter2")


def test_long_texts_are_cut() -> None:
    columns = ", ".join(f"column_{n}" for n in range(5_000))
    shape = shape_of(f"SELECT {columns} FROM t")
    assert len(shape) == MAX_SHAPE + len("... #12345678")
    assert shape[MAX_SHAPE:].startswith("... #")


def test_what_differs_beyond_the_cut_has_another_shape() -> None:
    """The columns of a wide model alone are longer than a shape."""
    columns = ", ".join(f"column_{n}" for n in range(200))
    first, second = (shape_of(f"SELECT {columns} FROM t WHERE {name} = %s") for name in "ab")
    assert first != second
