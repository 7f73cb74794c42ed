import pytest

from queryaudit.findings.variation import Variation, roles_of, variation_of
from queryaudit.recording.events import Query, TemplatePlace
from queryaudit.recording.ledger import Group
from queryaudit.recording.statements import Sort

PLACE = TemplatePlace("/srv/a.html", "a.html", 1, "album", own=True)


def group(sql: str, *varied: int) -> Group:
    query = Query("default", sql, Sort.QUERY, sql.split(maxsplit=1)[0])
    made = Group(query, PLACE, None, "id", is_set=False)
    made.varied = set(varied)
    return made


@pytest.mark.parametrize(
    ("sql", "roles"),
    [
        ('SELECT 1 FROM "a" WHERE "a"."id" = %s LIMIT 21', [("id", "=")]),
        ('SELECT 1 FROM "a" WHERE "a"."id" IN (%s, %s)', [("id", "IN"), ("id", "IN")]),
        ('SELECT 1 FROM "a" WHERE "a"."n" > %s AND "a"."b" LIKE %s', [("n", ">"), ("b", "LIKE")]),
        ('UPDATE "a" SET "x" = %s WHERE "a"."id" = %s', [("x", "SET"), ("id", "=")]),
        ('INSERT INTO "a" ("x", "y") VALUES (%s, %s)', [("", "VALUES"), ("", "VALUES")]),
        ("SELECT %(name)s", [("", "")]),
        ('SELECT 1 FROM "a" WHERE ("a"."x", "a"."y") = (%s, %s)', [("x", "="), ("y", "=")]),
        ('SELECT 1 FROM "a" WHERE ("x", "y") IN ((%s, %s))', [("x", "IN"), ("y", "IN")]),
    ],
)
def test_each_placeholder_has_a_column_and_a_role(sql: str, roles: list[tuple[str, str]]) -> None:
    assert [role for _, role in roles_of(sql)] == [role for _, role in roles]
    assert [column for column, role in roles_of(sql) if role != "VALUES"] == [
        column for column, role in roles if role != "VALUES"
    ]


PAIRS = 'SELECT 1 FROM "a" WHERE ("x", "y") '
BOTH = '("x" = %s AND "y" = %s)'
ORED = 'SELECT 1 FROM "a" WHERE '
ONE = 'SELECT 1 FROM "a" WHERE "a"."id" '


@pytest.mark.parametrize(
    ("groups", "variation"),
    [
        ([group(ONE + "= %s", 0)], Variation.LOOP),
        ([group(ONE + "= %s")], Variation.REPEAT),
        ([group(ONE + "IN (%s, %s)", 0, 1)], Variation.BATCH),
        ([group(ONE + "IN (%s)", 0)], Variation.LOOP),
        ([group(ONE + 'IN (%s, %s) AND "a"."b" = %s', 0, 1, 2)], Variation.LOOP),
        ([group(ONE + "IN (%s, %s)"), group(ONE + "IN (%s)")], Variation.BATCH),
        ([group(ONE + "> %s LIMIT 100", 0)], Variation.PAGE),
        ([group(ONE + "> %s LIMIT 1", 0)], Variation.LOOP),
        ([group(ONE + "BETWEEN %s AND %s", 0, 1)], Variation.PAGE),
        ([group("SELECT 1 LIMIT 20"), group("SELECT 1 LIMIT 20 OFFSET 20")], Variation.LOOP),
        (
            [group("SELECT 1 LIMIT 20 OFFSET 20"), group("SELECT 1 LIMIT 20 OFFSET 40")],
            Variation.PAGE,
        ),
        ([group("SELECT 1 LIMIT 1 OFFSET 2"), group("SELECT 1 LIMIT 1 OFFSET 3")], Variation.LOOP),
        ([group("SELECT 1 WHERE a = 1"), group("SELECT 1 WHERE a = 2")], Variation.LOOP),
        ([group('INSERT INTO "a" ("x") VALUES (%s), (%s)', 0, 1)], Variation.BATCH),
        ([group('INSERT INTO "a" ("x") VALUES (%s)', 0)], Variation.LOOP),
        ([group('DELETE FROM "a" WHERE "a"."id" IN (%s, %s)', 0, 1)], Variation.BATCH),
        ([group('UPDATE "a" SET "x" = %s WHERE "a"."id" = %s', 1)], Variation.LOOP),
        ([group(PAIRS + "= (%s, %s)", 0, 1)], Variation.LOOP),
        ([group(PAIRS + "IN ((%s, %s))", 0, 1)], Variation.LOOP),
        ([group(PAIRS + "IN ((%s, %s), (%s, %s))", 0, 3)], Variation.BATCH),
        ([group(PAIRS + "IN (VALUES (%s, %s), (%s, %s))", 0, 3)], Variation.BATCH),
        ([group(PAIRS + "IN (SELECT * FROM unnest(%s::int[], %s::int[]))", 0)], Variation.BATCH),
        (
            [group(ORED + '(("x" = %s AND "y" = %s) OR ("x" = %s AND "y" = %s))', 0)],
            Variation.BATCH,
        ),
        ([group(ORED + '("x" = %s OR "y" = %s)', 0, 1)], Variation.LOOP),
    ],
)
def test_what_varies_tells_loops_from_batches_and_pages(
    groups: list[Group], variation: Variation
) -> None:
    assert variation_of(groups) is variation
